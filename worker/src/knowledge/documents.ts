import {
  maxChunksAtOnce,
  type DocumentCard,
  type MoreChunks,
  type NewChunk,
  type NewDocument,
  type OpenDocument,
} from '@macro-ai/shared'
import type { Claim, Claimed, DigestedChunk, Full } from '../adapters/database/knowledge.ts'
import { failed, ModelFailure } from '../chat/failure.ts'
import { pageById, readMessageCursor } from '../conversations/cursor.ts'
import type { Deps } from '../deps.ts'
import { log } from '../log.ts'
import { Problem } from '../problem.ts'
import { sha256 } from '../digest.ts'
import { claimOf, lettingGo } from './claims.ts'
import { embedRows, type EmbeddingNeeds } from './embedding.ts'
import { languageOf } from './language.ts'

type Needs = EmbeddingNeeds & Pick<Deps, 'storageCaps'>
type Owner = { id: string }

const passagesAtOnce = 100

/** About as long as a call to the model takes that goes well; each wait ends with one look into the database. */
const waitsMs = [250, 500, 1_000, 2_000]

const full: Record<Full, string> = {
  user: 'Your documents have no room for this one. Delete some that you no longer need.',
  instance: 'The documents of everybody here have no room for this one. The owner can make more room.',
  operations: 'The documents have no room for this one.',
}

/** What passages have to be embedded by to be found by meaning. */
const modelIn = ({ embedding }: Pick<Deps, 'embedding'>) => embedding?.space ?? ''

/** Letters as people type them: a PDF may have each apart from its accent, and so would never be found. */
const composed = (chunks: NewChunk[]): NewChunk[] =>
  chunks.map((chunk) => ({ ...chunk, text: chunk.text.normalize('NFC') }))

const digested = (chunks: NewChunk[], position: number): Promise<DigestedChunk[]> =>
  Promise.all(
    chunks.map(async (chunk, at) => ({ ...chunk, position: position + at, digest: await sha256(chunk.text) })),
  )

/** Keeps a document's text at once, to be found by words, and embeds it as far as money and model allow. */
export const addDocument = async (needs: Needs, user: Owner, given: NewDocument): Promise<DocumentCard> => {
  const { id, fileId = null } = given
  const [title, chunks] = [given.title.normalize('NFC'), composed(given.chunks)]
  const total = given.total ?? chunks.length
  const first = await digested(chunks, 0)
  const digest = await sha256(JSON.stringify([title, fileId, total, first.map((chunk) => chunk.digest)]))
  const language = languageOf(chunks.map(({ text }) => text).join('\n'))
  const claim = claimOf(needs)
  const { claimed } = await lettingGo(needs, user.id, claim, async () => {
    const added = await needs.store.addDocument(
      { id, ownerId: user.id, fileId, title, digest, total, language },
      { ownerId: user.id, documentId: id, chunks: first, model: modelIn(needs) },
      needs.storageCaps,
      claim.now,
      needs.embedding ? claim : null,
    )
    if ('full' in added) throw new Problem('too_large', { detail: full[added.full] })
    if (!added.ours || added.added?.clashes) throw await clashOrMissing(needs, user, id, fileId)
    return added
  })
  await tryToEmbed(needs, user, { id, atOnce: first.length, claim, claimed })
  return cardOf(needs, user, id)
}

/** Adds passages at a place in a document. The same again changes nothing. */
export const addChunks = async (
  needs: Needs,
  user: Owner,
  id: string,
  { position, chunks }: MoreChunks,
): Promise<DocumentCard> => {
  const known = await needs.store.findDocument(user.id, id, '')
  if (!known) throw new Problem('not_found')
  if (position + chunks.length > known.total)
    throw new Problem('invalid', {
      errors: [{ path: 'position', message: `is past the ${known.total} passages it has` }],
    })
  const claim = claimOf(needs)
  const more = await digested(composed(chunks), position)
  const { claimed } = await lettingGo(needs, user.id, claim, async () => {
    const added = await needs.store.addChunks(
      { ownerId: user.id, documentId: id, chunks: more, model: modelIn(needs) },
      needs.storageCaps,
      claim.now,
      needs.embedding ? claim : null,
    )
    if ('full' in added) throw new Problem('too_large', { detail: full[added.full] })
    if (!added.added) throw new Problem('not_found')
    if (added.added.clashes > 0) throw new Problem('conflict', { detail: 'Another passage is there already.' })
    return added
  })
  await tryToEmbed(needs, user, { id, atOnce: chunks.length, claim, claimed })
  return cardOf(needs, user, id)
}

/** Embeds some of what is not embedded yet, or only by an earlier model; says why not when it can't. */
export const embedMore = async (needs: Needs, user: Owner, id: string): Promise<DocumentCard> => {
  await cardOf(needs, user, id)
  await embed(needs, user, { id, atOnce: maxChunksAtOnce, isPart: true }).catch((error: unknown) => {
    throw error instanceof ModelFailure ? failed(error) : error
  })
  return cardOf(needs, user, id)
}

type Asked = { id: string; atOnce: number }

/**
 * Embeds what is claimed, and waits a moment for what somebody else has claimed: who sends the same twice is told the same.
 * Who asks for a part and got one does not wait for the rest.
 */
const embed = async (
  needs: EmbeddingNeeds,
  user: Owner,
  { id, atOnce, isPart = false, ...first }: Asked & Partial<{ claim: Claim; claimed: Claimed; isPart: boolean }>,
): Promise<void> => {
  const { embedding, store } = needs
  if (!embedding) return
  const embedOnce = (claim: Claim, known?: Claimed) =>
    lettingGo(needs, user.id, claim, async () => {
      const { bare, awaited } = known ?? (await store.claimPassages(user.id, id, embedding.space, atOnce, claim))
      await embedRows(needs, { userId: user.id, embedding }, bare, (rows) =>
        store.embedChunks(user.id, embedding.space, rows),
      )
      return awaited && !(isPart && bare.length > 0)
    })
  let awaited = await embedOnce(first.claim ?? claimOf(needs), first.claimed)
  for (const ms of waitsMs) {
    if (!awaited) return
    await new Promise((resolve) => setTimeout(resolve, ms))
    awaited = await embedOnce(claimOf(needs))
  }
}

/** Without embeddings a document is still found by its words, so nothing that stands in their way stands in its. */
const tryToEmbed = (...asked: Parameters<typeof embed>): Promise<void> =>
  embed(...asked).catch((error: unknown) => log.warn('embedding', { error: String(error) }))

const cardOf = async (needs: Pick<Needs, 'store' | 'embedding'>, user: Owner, id: string) => {
  const card = await needs.store.findDocument(user.id, id, modelIn(needs))
  if (!card) throw new Problem('not_found')
  return card
}

/** Why a document was not taken: its file is not there, or its id means another one. */
const clashOrMissing = async (needs: Needs, user: Owner, id: string, fileId: string | null): Promise<Problem> => {
  const known = await needs.store.findDocument(user.id, id, '')
  if (!known && fileId !== null) return new Problem('not_found', { detail: 'There is no such file.' })
  return new Problem('conflict', { detail: 'This id means another document.' })
}

export const openDocument = async (needs: Needs, user: Owner, id: string, from: number): Promise<OpenDocument> => {
  const document = await needs.store.openDocument(user.id, id, modelIn(needs), from, passagesAtOnce)
  if (!document) throw new Problem('not_found')
  return document
}

export const listDocuments = async (needs: Needs, user: Owner, cursor: string | undefined, limit: number) => {
  const after = cursor === undefined ? null : readMessageCursor(cursor)
  return pageById((await needs.store.listDocuments(user.id, modelIn(needs), after, limit)) ?? [], limit)
}
