import { browser } from '$app/environment'
import type { Thread } from '$lib/chat/thread.svelte'
import { newThread, openThread } from '$lib/chat/threads'
import type { EntryGenerator, PageLoad } from './$types'

/** `/chat` is built once and serves every conversation: the shell holds nothing of anyone, the browser fills it. */
export const prerender = 'auto'
export const entries: EntryGenerator = () => [{}]

export const load: PageLoad<{ thread: Thread | undefined }> = ({ params }) => {
  if (!browser) return { thread: undefined }
  if (!params.id) return { thread: newThread() }
  // What draws a conversation comes at the same time as what it holds.
  void import('./Messages.svelte')
  return { thread: openThread(params.id) }
}
