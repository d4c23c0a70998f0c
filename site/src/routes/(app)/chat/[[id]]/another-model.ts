import type { Entry } from '$lib/chat/entry.svelte'
import type { Thread } from '$lib/chat/thread.svelte'
import { overlay } from '$lib/ui/overlay'

/** Lets somebody choose who answers anew, beside this answer. */
export const askAnother = (anchor: HTMLElement, thread: Thread, entry: Entry) =>
  overlay(() => import('./ModelMenu.svelte'), {
    anchor,
    chosen: entry.model ?? undefined,
    onchoose: (id: string) => thread.regenerate(entry, id),
  })
