import { goto } from '$app/navigation'
import type { LibraryRoom } from '@macro-ai/shared'
import { callJson } from '$lib/chat/api'
import { toasts } from '$lib/chat/toasts.svelte'
import * as m from '$messages'
import { documents } from './use.svelte'

/** With an empty library every answer would be that nothing was found: says so, and leads there. */
export const tellIfEmpty = async (): Promise<void> => {
  const { passages } = await callJson<LibraryRoom>('/library')
  if (passages.used > 0) return
  documents.on = false
  toasts.show({ text: m.libraryEmpty(), action: { label: m.library(), run: () => void goto('/library') } })
}
