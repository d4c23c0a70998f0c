import { goto } from '$app/navigation'
import type { SearchHit } from '@macro-ai/shared'
import { showPassages } from '$lib/knowledge/show'
import { nameOf } from './name'

/** What to look for in a long message: the first of what matches. */
const wordOf = ({ extract }: SearchHit): string => {
  const word = extract.find(({ match }) => match)?.text
  return word ? `&word=${encodeURIComponent(word)}` : ''
}

/** Where what was found is: the message in its conversation, or the passage in its document. */
export const hrefOf = (hit: SearchHit): string =>
  hit.type === 'message'
    ? `/chat/${hit.conversationId}?message=${hit.messageId}${wordOf(hit)}`
    : `/library?document=${hit.documentId}&passage=${hit.position}`

/** What it is in: a conversation, or a document, whose name is a file's. */
export const titleOf = (hit: SearchHit): string => (hit.type === 'message' ? nameOf(hit) : hit.title)

/** Goes there; a passage opens over the page, so that the other results stay. A click that opens a tab is left alone. */
export const openHit = (hit: SearchHit, event?: MouseEvent) => {
  if (event && (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0)) return
  if (hit.type === 'message') return event ? undefined : goto(hrefOf(hit))
  event?.preventDefault()
  showPassages({ documentId: hit.documentId, title: hit.title, position: hit.position })
}
