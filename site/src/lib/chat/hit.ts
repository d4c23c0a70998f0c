import { goto } from '$app/navigation'
import type { Extract, SearchHit } from '@macro-ai/shared'
import { markTerms, termsOf } from '@macro-ai/shared/terms'
import { showPassages } from '$lib/knowledge/show'
import { nameOf } from './name'

/** What to look for in a long message: the first of what matches. */
const wordOf = ({ extract }: SearchHit): string => {
  const word = extract.find(({ match }) => match)?.text
  return word ? `&word=${encodeURIComponent(word)}` : ''
}

const isMarked = (extract: Extract) => extract.some(({ match }) => match)

/** Whether a conversation was found by its title alone: its message is then only where it ends. */
export const isByTitle = (hit: SearchHit, words: string): boolean =>
  hit.type === 'message' &&
  !isMarked(hit.extract) &&
  termsOf(words).every((term) => isMarked(markTerms(hit.title.normalize(), [term])))

/** Where what was found is: the message in its conversation, or the passage in its document. */
export const hrefOf = (hit: SearchHit, words: string): string => {
  if (hit.type === 'document') return `/library?document=${hit.documentId}&passage=${hit.position}`
  const there = isByTitle(hit, words) ? '' : `?message=${hit.messageId}${wordOf(hit)}`
  return `/chat/${hit.conversationId}${there}`
}

/** Of all that was found in one search only this. */
export const keyOf = (hit: SearchHit): string =>
  hit.type === 'message' ? hit.messageId : `${hit.documentId} ${hit.position}`

/** What it is in: a conversation, or a document, whose name is a file's. */
export const titleOf = (hit: SearchHit): string => (hit.type === 'message' ? nameOf(hit) : hit.title)

export const markedTitleOf = (hit: SearchHit, words: string): Extract =>
  markTerms(titleOf(hit).normalize(), termsOf(words))

/** Goes there; a passage opens over the page, so that the other results stay. A click that opens a tab is left alone. */
export const openHit = (hit: SearchHit, words: string, event?: MouseEvent) => {
  if (event && (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0)) return
  if (hit.type === 'message') return event ? undefined : goto(hrefOf(hit, words))
  event?.preventDefault()
  showPassages({ documentId: hit.documentId, title: hit.title, position: hit.position })
}
