import type { SearchHit, SearchPage, SearchQuery } from '@macro-ai/shared'
import { unreadable } from '../conversations/cursor.ts'
import type { Deps } from '../deps.ts'
import { extractOf } from './extract.ts'
import { termsOf, type Term } from './terms.ts'

type Needs = Pick<Deps, 'store'>

/** Who has not found it among so many had better ask for something else. */
const mostHits = 200

/** What is found in one way, the best first: at most so many. */
type Way = (most: number) => Promise<SearchHit[]>

const waysOf = ({ store }: Needs, user: { id: string }, terms: Term[]): Way[] => [
  async (most) =>
    (await store.searchMessages(user.id, terms, most)).map(({ piece, ...hit }) => ({
      ...hit,
      extract: extractOf(piece, terms),
    })),
]

/** The cursor is how many hits came before. */
const readOffset = (cursor: string | undefined): number => {
  if (cursor === undefined) return 0
  if (!/^[1-9]\d{0,2}$/.test(cursor) || Number(cursor) >= mostHits) throw unreadable()
  return Number(cursor)
}

const keyOf = (hit: SearchHit) => (hit.type === 'message' ? hit.messageId : `${hit.documentId} ${hit.page}`)

/** Several lists, each the best first, as one, by reciprocal rank: what stands high in any of them, or in several. */
export const fuse = (lists: SearchHit[][]): SearchHit[] => {
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
  const hits = fuse(await Promise.all(waysOf(needs, user, terms).map((find) => find(to + 1))))
  return { items: hits.slice(from, to), nextCursor: hits.length > to && to < mostHits ? String(to) : null }
}
