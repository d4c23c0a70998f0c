import type { Message, OpenConversation } from '@macro-ai/shared'
import { getAccess } from './access.svelte'
import { findConversation } from './conversations.svelte'
import { keepsAnswers, savedAddress } from './saved'
import type { Thread } from './thread.svelte'

/** What is older is loaded as the reader goes up. */
const mostMessages = 50

/**
 * Hands the service worker a conversation as it is on the page, in place of the API's last answer: what was said since
 * can be read with no network too, and is there at once the next time.
 */
export const keepCopy = async ({ id, entries, older, turn }: Thread): Promise<void> => {
  // In no list: another tab has deleted it.
  const conversation = findConversation(id)
  const leafId = entries.at(-1)?.id
  // An answer that has begun meanwhile has its own end.
  if (!conversation || !leafId || turn || !(await keepsAnswers())) return
  const newest = entries.slice(-mostMessages)
  const messages = newest.map(
    ({ id, parentId, turnId, role, text, attachments, sources, status, error, model, usage, siblings, createdAt }) =>
      ({
        ...{ id, parentId, turnId, role, text, attachments, sources, status },
        ...{ error, model, usage, siblings, createdAt },
      }) satisfies Message,
  )
  // What is older ends with the parent of the first.
  const olderCursor = newest.length < entries.length ? (newest[0]?.parentId ?? null) : older.cursor
  const copy: OpenConversation = { conversation: { ...conversation, leafId }, messages, olderCursor }
  const { accessToken } = await getAccess()
  const headers = { authorization: `Bearer ${accessToken}` }
  await fetch(savedAddress(`/conversations/${id}`), { method: 'PUT', headers, body: JSON.stringify(copy) })
}
