import { Id, Time, type PageQuery } from '@macro-ai/shared'
import type { ListKey } from '../adapters/database/lists.ts'
import { base64url } from '../digest.ts'
import { Problem } from '../problem.ts'

/** Where a list goes on, as opaque text. */
export const cursorOf = ({ pinned, updatedAt, id }: ListKey): string =>
  base64url(new TextEncoder().encode(JSON.stringify([pinned, updatedAt, id])))

export const unreadable = () => new Problem('bad_request', { detail: 'The cursor can not be read.' })

export const readCursor = (cursor: string): ListKey => {
  try {
    const [pinned, updatedAt, id] = JSON.parse(atob(cursor.replaceAll('-', '+').replaceAll('_', '/'))) as unknown[]
    // PostgreSQL has no year 0.
    if (typeof pinned !== 'boolean' || String(updatedAt) < '0001') throw unreadable()
    return { pinned, updatedAt: Time.parse(updatedAt), id: Id.parse(id) }
  } catch {
    throw unreadable()
  }
}

/** The cursor of older messages is the message they start from. */
export const readMessageCursor = (cursor: string): string => {
  const id = Id.safeParse(cursor)
  if (!id.success) throw unreadable()
  return id.data
}

/** A page of a list in the order of its ids, of which `found` has one more than the page where it goes on. */
export const pageById = <Item extends { id: string }>(found: Item[], limit: number) => {
  const items = found.slice(0, limit)
  return { items, nextCursor: found.length > limit ? (items.at(-1)?.id ?? null) : null }
}

/** A page of a list that is read whole: after what the cursor names or, if that is gone, after its place. */
export const shortList = <Item extends { id: string }>(all: Item[], { cursor, limit }: PageQuery) => {
  const [place = '', named] = cursor?.split('.') ?? []
  if (cursor !== undefined && !/^\d{1,3}\.[\da-f-]{36}$/.test(cursor)) throw unreadable()
  const from = all.findIndex(({ id }) => id === named) + 1 || Number(place)
  const items = all.slice(from, from + limit)
  return { items, nextCursor: from + limit < all.length ? `${from + limit - 1}.${items.at(-1)?.id}` : null }
}
