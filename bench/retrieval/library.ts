import { maxChunksAtOnce, newId, type Model } from '../../shared/src/index.ts'
import { createHash } from 'node:crypto'
import { migrate } from '../../db/migrate.ts'
import { openStore } from '../../worker/src/adapters/database/index.ts'
import { neonLink } from '../../worker/src/adapters/database/neon.ts'
import { openModels } from '../../worker/src/adapters/model.ts'
import { languageOf } from '../../worker/src/knowledge/language.ts'
import { costMicros, mostTokens } from '../../worker/src/spending/price.ts'
import { reserveCall, settleCall } from '../../worker/src/spending/purse.ts'
import { defaultDimensions as dimensions, written } from '../../worker/src/vectors.ts'
import type { Platform } from '../../worker/local/platform.ts'
import type { CorpusDocument } from './corpus.ts'

export type Embedder = { model: Model; baseUrl: string; apiKey: string }

const plenty = { userBytes: 1e9, instanceBytes: 1e9, userChunks: 1e6, instanceChunks: 1e6 }
/** Of all that a whole run may spend. */
const cap = 200_000
const caps = { turn: cap, userDay: cap, userMonth: cap, instanceMonth: cap }
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** The app's own store in an empty database, and what adds and finds documents in it. */
export const openLibrary = async ({ database }: Platform) => {
  const target = { databaseUrl: database.url, fetchEndpoint: database.endpoint }
  await migrate(target)
  const link = neonLink({ url: database.url, fetchEndpoint: database.endpoint, onTrip: () => undefined })
  const store = openStore({ link })
  const now = () => Date.now()

  /** Texts as vectors, for money that is held first as everywhere. */
  const embed = async (userId: string, { model, ...provider }: Embedder, texts: string[]): Promise<string[]> => {
    const inputTokens = texts.reduce((sum, text) => sum + mostTokens(text) + 16, 0)
    const held = await reserveCall(
      { store, caps, now },
      { id: newId(), userId, purpose: 'embedding', model, inputTokens },
    )
    const signal = AbortSignal.timeout(60_000)
    const { vectors, usage } = await openModels(provider).embed(held, texts, dimensions, signal)
    const told = usage ?? { inputTokens, cachedTokens: 0, outputTokens: 0 }
    await settleCall({ store, now }, held, { ...told, costMicros: costMicros(model, told) })
    return vectors.map(written)
  }

  return {
    store,
    link,
    embed,
    newOwner: async () => {
      const id = newId()
      await link([{ sql: 'insert into users (id) values ($1::uuid)', params: [id] }])
      return id
    },
    /** Adds a document as the app does: some passages at a time, embedded as they come. */
    add: async (ownerId: string, { title, chunks }: CorpusDocument, embedder: Embedder): Promise<void> => {
      const id = newId()
      const digested = chunks.map((chunk, position) => ({ ...chunk, position, digest: sha256(chunk.text) }))
      const model = embedder.model.id
      const language = languageOf(chunks.map(({ text }) => text).join('\n'))
      const row = { id, ownerId, fileId: null, title, digest: sha256(title), total: chunks.length, language }
      for (let at = 0; at < digested.length; at += maxChunksAtOnce) {
        const some = { ownerId, documentId: id, chunks: digested.slice(at, at + maxChunksAtOnce), model }
        const claim = { now: new Date(), until: new Date(now() + 60_000) }
        const added = await (at === 0
          ? store.addDocument(row, some, plenty, claim.now, claim)
          : store.addChunks(some, plenty, claim.now, claim))
        if ('full' in added) throw new Error('the library is full')
        const { bare } = added.claimed
        if (bare.length === 0) continue
        const vectors = await embed(
          ownerId,
          embedder,
          bare.map(({ text }) => text),
        )
        const rows = bare.map(({ id }, index) => ({ id, vector: vectors[index] ?? '' }))
        await store.embedChunks(ownerId, model, rows)
      }
    },
  }
}

export type Library = Awaited<ReturnType<typeof openLibrary>>
