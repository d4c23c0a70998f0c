import type { Conversation } from '@macro-ai/shared'
import type { ListPage } from '../adapters/database/lists.ts'

const pageSize = 50

/** Each change on top of what the database told counts for so much of a revision: its next one is newer than all. */
const step = 0.001

const later = (a: Conversation, b: Conversation): number =>
  Number(b.pinned) - Number(a.pinned) || b.updatedAt.localeCompare(a.updatedAt) || b.id.localeCompare(a.id)

/**
 * A person's first page after a change of one conversation that the database has not got yet: in the order in which it
 * would list them. Nothing when the conversation is not on the page, since then nobody here knows what it looks like.
 */
export const pageAfter = (
  page: ListPage,
  id: string,
  change: Partial<Conversation>,
  made?: Conversation,
): ListPage | undefined => {
  const old = page.items.find((item) => item.id === id) ?? made
  if (!old) return undefined
  const items = [...page.items.filter((item) => item.id !== id), { ...old, ...change }].sort(later)
  const kept = items.slice(0, pageSize)
  const last = kept.at(-1)
  return {
    revision: page.revision + step,
    items: kept,
    next: items.length > pageSize && last ? { pinned: last.pinned, updatedAt: last.updatedAt, id: last.id } : page.next,
  }
}
