import { conversations } from './conversations.svelte'
import type { Thread } from './thread.svelte'

/** Whoever comes back may have gone on elsewhere. The list comes from a cache: looking wakes no database. */
export const comeBack = async (thread: Thread | undefined): Promise<void> => {
  if (conversations.isFresh()) return
  await conversations.refresh()
  if (conversations.isFresh() && thread) await catchUp(thread)
}

/** Loads what was said on another device, if the list tells of another end than the one that is shown. */
const catchUp = async (thread: Thread) => {
  const end = conversations.find(thread.id)?.leafId
  const busy = thread.busy || thread.opening !== 'ready' || thread.entries.some(({ editing }) => editing)
  if (end && end !== thread.entries.at(-1)?.id && !busy) await thread.load()
}
