import type { SearchHit, SearchPage, SearchQuery } from '@macro-ai/shared'
import { termsOf, type Term } from '@macro-ai/shared/terms'
import { unreadable } from '../conversations/cursor.ts'
import type { Deps } from '../deps.ts'
import { embedTexts, type Embedding, type EmbeddingNeeds } from '../knowledge/embedding.ts'
import { log } from '../log.ts'
import { extractOf } from './extract.ts'

type Needs = EmbeddingNeeds &
  Pick<Deps, 'messageEmbedding'> & {
    /** Has read in the background what cannot be found by its meaning yet. */
    reread: (userId: string) => void
  }

/** Who has not found it among so many had better ask for something else. */
const mostHits = 200

/** What is found in one way, the best first: at most so many. */
type Found = { hits: SearchHit[]; stale: boolean; incomplete: boolean }
type Way = (most: number) => Promise<Found>
type Said = Awaited<ReturnType<Needs['store']['searchMessages']>>[number]

/** In one conversation: what its words find. */
const thereIn =
  ({ store }: Needs, user: { id: string }, conversationId: string, terms: Term[]): Way =>
  async (most) => {
    const said = await store.searchMessages({ ownerId: user.id, terms, most, conversationId })
    return { hits: said.map((found) => extracted(found, terms)), stale: false, incomplete: false }
  }

const extracted = ({ piece, ...hit }: Said, terms: Term[]): SearchHit => ({ ...hit, extract: extractOf(piece, terms) })

const waysOf = (needs: Needs, user: { id: string }, text: string, terms: Term[]): Way[] => [
  async (most) => {
    const [said, meant] = await Promise.all([
      needs.store.searchMessages({ ownerId: user.id, terms, most }),
      meanings(needs, user, text, terms, most),
    ])
    const known = new Set(said.map(({ messageId }) => messageId))
    const near = meant.hits.filter(({ messageId, questionId }) => !known.has(messageId) && !known.has(questionId))
    const hits = [
      ...said.map((found) => extracted(found, terms)),
      ...near.map(({ piece, questionId: _, ...hit }) => ({ ...hit, extract: extractOf(piece, terms.map(loosely)) })),
    ]
    // What was said since the last search is found by its words: that is no news worth telling.
    return { hits: hits.slice(0, most), stale: meant.stale && needs.messageEmbedding !== undefined, incomplete: false }
  },
  async (most) => {
    const { hits, stale } = await passages(needs, user, text, terms, most)
    const extracted = hits.map(({ piece, ...hit }) => ({ ...hit, extract: extractOf(piece, terms.map(loosely)) }))
    const incomplete = stale && needs.embedding !== undefined
    return { hits: extracted, stale: incomplete, incomplete }
  },
]

/** In a document also other forms of a word match: its stem with whatever ends it. */
const loosely = (term: Term): Term =>
  term.kind === 'run'
    ? term
    : { kind: 'beginning', text: [...term.text].slice(0, Math.max(4, term.text.length - 2)).join('') }

/** One word alone says too little to be worth asking a model what it means. */
const fewestTerms = 2

/** The embedding of what is looked for, for who has something that it can be compared with. */
const vectorFor = async (
  needs: Needs,
  user: { id: string },
  text: string,
  { embedding, embedded, terms }: { embedding: Embedding | undefined; embedded: boolean; terms: Term[] },
): Promise<string | undefined> => {
  if (!embedding || !embedded || terms.length < fewestTerms) return undefined
  try {
    return (await embedTexts(needs, { userId: user.id, embedding, texts: [text] }))[0]
  } catch (error) {
    log.warn('embedding', { error: String(error) })
    return undefined
  }
}

/** By words at first; where there is something to find by meaning, by both together. */
const passages = async (needs: Needs, user: { id: string }, text: string, terms: Term[], most: number) => {
  const { store, embedding } = needs
  const sought = { ownerId: user.id, terms, most, model: embedding?.space ?? '' }
  try {
    const found = await store.searchPassages({ ...sought, vector: null })
    const vector = await vectorFor(needs, user, text, { embedding, embedded: found.embedded, terms })
    return vector === undefined ? found : store.searchPassages({ ...sought, vector })
  } catch (error) {
    if (!store.knowledgeIsOff(error)) throw error
    return { hits: [], stale: false }
  }
}

/** Answers by what they and their questions are about. */
const meanings = async (needs: Needs, user: { id: string }, text: string, terms: Term[], most: number) => {
  const { store, messageEmbedding: embedding } = needs
  const sought = { ownerId: user.id, terms, most, model: embedding?.space ?? '' }
  const found = await store.searchMeanings({ ...sought, vector: null })
  const vector = await vectorFor(needs, user, text, { embedding, embedded: found.embedded, terms })
  return vector === undefined ? found : store.searchMeanings({ ...sought, vector })
}

/** The cursor is how many hits came before. */
const readOffset = (cursor: string | undefined): number => {
  if (cursor === undefined) return 0
  if (!/^[1-9]\d{0,2}$/.test(cursor) || Number(cursor) >= mostHits) throw unreadable()
  return Number(cursor)
}

const keyOf = (hit: SearchHit) => (hit.type === 'message' ? hit.messageId : `${hit.documentId} ${hit.position}`)

/** Several lists, each the best first, as one, by reciprocal rank: what stands high in any of them, or in several. */
const fuse = (lists: SearchHit[][]): SearchHit[] => {
  const scores = new Map<string, { hit: SearchHit; score: number }>()
  for (const list of lists)
    for (const [place, hit] of list.entries()) {
      const known = scores.get(keyOf(hit))
      scores.set(keyOf(hit), { hit: known?.hit ?? hit, score: (known?.score ?? 0) + 1 / (60 + place) })
    }
  return [...scores.values()].sort((a, b) => b.score - a.score).map(({ hit }) => hit)
}

export const search = async (needs: Needs, user: { id: string }, query: SearchQuery): Promise<SearchPage> => {
  const from = readOffset(query.cursor)
  const to = Math.min(from + query.limit, mostHits)
  const terms = termsOf(query.q)
  if (terms.length === 0) return { items: [], nextCursor: null }
  const ways = query.conversationId
    ? [thereIn(needs, user, query.conversationId, terms)]
    : waysOf(needs, user, query.q, terms)
  const found = await Promise.all(ways.map((find) => find(to + 1)))
  const hits = fuse(found.map((way) => way.hits))
  const incomplete = found.some((way) => way.incomplete)
  if (found.some(({ stale }) => stale)) needs.reread(user.id)
  return {
    items: hits.slice(from, to),
    nextCursor: hits.length > to && to < mostHits ? String(to) : null,
    ...(incomplete && { incomplete }),
  }
}
