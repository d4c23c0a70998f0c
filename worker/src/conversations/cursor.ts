import { Id, Time } from '@macro-ai/shared'
import type { ListKey } from '../adapters/database/lists.ts'
import { Problem } from '../problem.ts'

/** Where a list goes on, as opaque text. */
export const cursorOf = ({ pinned, updatedAt, id }: ListKey): string =>
  btoa(JSON.stringify([pinned, updatedAt, id]))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

export const unreadable = () => new Problem('bad_request', { detail: 'The cursor can not be read.' })

export const readCursor = (cursor: string): ListKey => {
  try {
    const [pinned, updatedAt, id] = JSON.parse(atob(cursor.replaceAll('-', '+').replaceAll('_', '/'))) as unknown[]
    if (typeof pinned !== 'boolean') throw unreadable()
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
