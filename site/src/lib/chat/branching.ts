import type { OpenConversation } from '@macro-ai/shared'
import { callJson } from './api'
import { problemOf } from './problem'
import { tellTabs } from './tabs'
import type { Thread } from './thread.svelte'

/** Makes the branch that goes through this message the active one. */
export const showBranch = async (thread: Thread, messageId: string): Promise<void> => {
  const path = `/conversations/${thread.id}`
  thread.problem = null
  try {
    await callJson(path, { method: 'PATCH', body: { leafId: messageId } })
    const opened = await callJson<OpenConversation>(path)
    // What is said meanwhile is not in it.
    if (thread.turn) return
    thread.show(opened)
    await loadBackTo(thread, messageId)
    tellTabs({ type: 'conversation', id: thread.id })
  } catch (thrown) {
    thread.problem = problemOf(thrown)
  }
}

/** Loads older messages until that one is here, or all that is as old. Ids are made in the order of time. */
export const loadBackTo = async (thread: Thread, messageId: string): Promise<void> => {
  for (let first; (first = thread.entries[0]) && first.id > messageId && thread.older.more;) {
    await thread.older.load()
    if (thread.entries[0] === first) return
  }
}
