import { newId } from '@macro-ai/shared/uuid'
import { readDraft, readUnsent } from './drafts'
import { hearTabs } from './tabs'
import { Thread } from './thread.svelte'

const threads = new Map<string, Thread>()

/** Those in which another tab, or another device, went on. */
const behind = new Set<string>()
hearTabs((hint) => hint.type === 'conversation' && behind.add(hint.id))

const keep = (thread: Thread): Thread => {
  threads.set(thread.id, thread)
  return thread
}

/** The conversation by that id, kept while the page lives: an answer goes on while another conversation is read. */
export const openThread = (id: string): Thread => {
  const known = threads.get(id)
  if (known && !known.turn && behind.delete(id)) void known.load()
  return known ?? keep(new Thread(id, false))
}

/** Has those loaded again that `wentOn` when they are opened next. */
export const fallBehind = (wentOn: (thread: Thread) => boolean) => {
  for (const thread of threads.values()) if (wentOn(thread)) behind.add(thread.id)
}

/** A conversation that nobody has said anything in; the one whose first words did not arrive, if there is nothing newer. */
export const newThread = (): Thread => {
  const unsent = readUnsent()
  const known = unsent && readDraft(unsent).text && !readDraft('new').text ? openThread(unsent) : undefined
  return known && !known.turn ? known : keep(new Thread(newId(), true))
}

/** Ends a conversation that is deleted: nothing more of it is heard, and opened again it is loaded anew. */
export const endThread = (id: string) => {
  threads.get(id)?.leave()
  threads.delete(id)
}
