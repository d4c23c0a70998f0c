import { conversations } from './conversations.svelte'
import type { Thread } from './thread.svelte'
import { fallBehind } from './threads'

/** Whoever comes back, or opens something, may have gone on elsewhere. The list comes from a cache: looking wakes no database. */
export const comeBack = async (shown: Thread | undefined): Promise<void> => {
  if (!navigator.onLine || conversations.isFresh()) return
  await conversations.refresh()
  if (!conversations.isFresh()) return
  fallBehind((thread) => thread !== shown && wentOn(thread))
  if (shown && wentOn(shown)) await shown.load()
}

/** Whether the list tells of another end than the one that is known here, and nothing is being done here. */
const wentOn = (thread: Thread): boolean => {
  const end = conversations.find(thread.id)?.leafId
  const busy = thread.busy || thread.opening !== 'ready' || thread.entries.some(({ editing }) => editing)
  return !!end && end !== thread.entries.at(-1)?.id && !busy
}
