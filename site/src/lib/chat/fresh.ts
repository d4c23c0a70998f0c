import type { Conversation, NewTurn } from '@macro-ai/shared'
import { titleOf } from '@macro-ai/shared/title'

/** How a conversation looks until the API tells: called by its first words. */
export const freshConversation = (
  { conversationId, text, model, assistantId }: NewTurn,
  now: string,
): Conversation => ({
  id: conversationId,
  title: titleOf(text),
  pinned: false,
  archived: false,
  model: model ?? null,
  assistantId: assistantId ?? null,
  instructions: '',
  leafId: null,
  costMicros: 0,
  createdAt: now,
  updatedAt: now,
})
