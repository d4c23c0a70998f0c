import type { Attached } from './attached'

/** What is to be said once the running answer is complete. Its turn's id makes saying it from two tabs harmless. */
export type Queued = { turnId: string; text: string; attachments?: Attached[] }

/**
 * What is being written, by conversation, so that no reload, crash or session's end loses it. Drafts are all that is
 * kept here: never a token. A draft that was sent keeps its turn's id and its model until the API has accepted it.
 */
export type Draft = {
  text: string
  attachments?: Attached[]
  turnId?: string
  model?: string | null
  assistantId?: string | null
  queued?: Queued | null
}

const keyOf = (conversationId: string) => `draft:${conversationId}`

/** For a browser without storage, or with a full one: drafts then live as long as the page. */
const unstored = new Map<string, string>()

const stored = (key: string): string | null => {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

export const readDraft = (conversationId: string): Draft => {
  const key = keyOf(conversationId)
  try {
    const draft = JSON.parse(stored(key) ?? unstored.get(key) ?? '{}') as Partial<Draft>
    return { ...draft, text: typeof draft.text === 'string' ? draft.text : '' }
  } catch {
    return { text: '' }
  }
}

export const keepDraft = (conversationId: string, draft: Draft) => {
  const key = keyOf(conversationId)
  const empty = !draft.text && !draft.attachments?.length && !draft.queued && !draft.model && !draft.assistantId
  unstored.delete(key)
  try {
    localStorage.removeItem(key)
    if (!empty) localStorage.setItem(key, JSON.stringify(draft))
  } catch {
    if (!empty) unstored.set(key, JSON.stringify(draft))
  }
}

/** The conversation whose first words were sent last and have not arrived: nothing else leads there yet. */
export const keepUnsent = (conversationId: string) => keepDraft('unsent', { text: conversationId })
export const readUnsent = (): string => readDraft('unsent').text

/** Who signs out leaves no words behind for whoever sits here next. */
export const forgetDrafts = () => {
  unstored.clear()
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith('draft:')) localStorage.removeItem(key)
  } catch {
    // No storage, no drafts.
  }
}
