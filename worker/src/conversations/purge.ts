import type { Deps } from '../deps.ts'
import { deleteFile } from '../files/files.ts'
import { log } from '../log.ts'

type Needs = Pick<Deps, 'store' | 'files' | 'now' | 'storageCaps'>
/** Has the objects of some conversations forget everything. */
export type EraseChats = (conversationIds: string[]) => Promise<void>

/** So long can what was deleted be brought back. */
export const undoMs = 30 * 86_400_000
/** Few enough for the fifty calls that a request may make. */
const atOnce = { conversations: 20, files: 6 }

/**
 * Erases some of the conversations that were deleted before a moment, with the files that were attached to nothing else.
 * Files go first: whatever breaks half-way, the next time finds the rest by its conversation. Whether there are more.
 */
export const purge = async (
  needs: Needs,
  user: { id: string },
  before: Date,
  eraseChats: EraseChats,
): Promise<boolean> => {
  const { conversations, files } = await needs.store.someGone(user.id, before, atOnce.conversations)
  if (conversations.length === 0) return false
  // A document is kept apart from the conversation that its file was attached to, and so is its file.
  const documents = new Set(needs.files ? await needs.store.filesOfDocuments(user.id, files) : files)
  const alone = files.filter((id) => !documents.has(id))
  for (const id of alone.slice(0, atOnce.files)) await deleteFile(needs, user, id)
  if (alone.length > atOnce.files) return true
  await eraseChats(conversations)
  await needs.store.eraseConversations(user.id, conversations)
  return conversations.length === atOnce.conversations
}

/** Erases what nobody can bring back any more. It comes along when more is deleted, and so never wakes the database. */
export const purgeOld = async (needs: Needs, user: { id: string }, eraseChats: EraseChats): Promise<void> => {
  try {
    await purge(needs, user, new Date(needs.now() - undoMs), eraseChats)
  } catch (error) {
    log.warn('purge', { error: String(error) })
  }
}
