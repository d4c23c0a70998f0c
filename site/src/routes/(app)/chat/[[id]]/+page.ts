import { browser } from '$app/environment'
import type { Thread } from '$lib/chat/thread.svelte'
import { newThread, openThread } from '$lib/chat/threads'
import type { EntryGenerator, PageLoad } from './$types'

/** `/chat` is built once and serves every conversation: the shell holds nothing of anyone, the browser fills it. */
export const prerender = 'auto'
export const entries: EntryGenerator = () => [{}]

export const load: PageLoad<{ thread: Thread | undefined }> = ({ params }) => ({
  thread: browser ? (params.id ? openThread(params.id) : newThread()) : undefined,
})
