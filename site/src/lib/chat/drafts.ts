/**
 * What is being written, by conversation, so that no reload, crash or session's end loses it. Drafts are all that is
 * kept here: never a token. A draft that was sent keeps its turn's id until the API has accepted it.
 */
export type Draft = { text: string; turnId?: string }

const keyOf = (conversationId: string) => `draft:${conversationId}`

export const readDraft = (conversationId: string): Draft => {
  try {
    const draft = JSON.parse(localStorage.getItem(keyOf(conversationId)) ?? '{}') as Partial<Draft>
    return { ...draft, text: typeof draft.text === 'string' ? draft.text : '' }
  } catch {
    return { text: '' }
  }
}

export const keepDraft = (conversationId: string, draft: Draft) => {
  try {
    if (draft.text) localStorage.setItem(keyOf(conversationId), JSON.stringify(draft))
    else localStorage.removeItem(keyOf(conversationId))
  } catch {
    // No storage, or a full one: the draft then lives as long as the page.
  }
}

/** Who signs out leaves no words behind for whoever sits here next. */
export const forgetDrafts = () => {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith('draft:')) localStorage.removeItem(key)
  } catch {
    // No storage, no drafts.
  }
}
