import { overlay } from '$lib/ui/overlay'

/** A document, or a passage of it that an answer cites or a search found. */
export type Shown = { documentId: string; title: string; position?: number; page?: number; text?: string }

/** Opens a document beside the conversation, at the passage in question. */
export const showPassages = (shown: Shown): void => void overlay(() => import('./Passages.svelte'), { shown })
