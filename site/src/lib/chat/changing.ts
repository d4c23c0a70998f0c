import type { Conversation, ConversationPatch } from '@macro-ai/shared'
import { callJson } from './api'
import { archive, conversations, findConversation } from './conversations.svelte'
import { tellTabs } from './tabs'
import type { Thread } from './thread.svelte'

/** Puts a conversation into the list that it belongs to now, and out of the other. */
export const putConversation = (conversation: Conversation) => {
  conversations.put(conversation)
  // A list that was never opened learns it all from the API when it is.
  if (archive.loaded) archive.put(conversation)
}

/** Shows a change before the API has agreed to it, and takes it back if it does not. */
export const changeConversation = async (id: string, patch: ConversationPatch): Promise<Conversation> => {
  const before = findConversation(id)
  if (before) putConversation({ ...before, ...patch })
  try {
    const changed = await callJson<Conversation>(`/conversations/${id}`, { method: 'PATCH', body: patch })
    // It may have been deleted meanwhile.
    if (!before || findConversation(id)) putConversation(changed)
    tellTabs({ type: 'conversations' })
    return changed
  } catch (thrown) {
    if (before) putConversation(before)
    throw thrown
  }
}

/** Lets another model answer from now on. */
export const chooseModel = async (thread: Thread, model: string | null): Promise<void> => {
  if (!thread.conversation) return thread.writing.choose(model)
  const before = thread.loaded
  if (before) thread.loaded = { ...before, model }
  try {
    thread.loaded = await changeConversation(thread.id, { model })
  } catch (thrown) {
    thread.loaded = before
    throw thrown
  }
}
