import type { Conversation, NewTurn } from '@macro-ai/shared'

/** How a conversation looks until the API tells: called by its first words. */
export const freshConversation = (
  { conversationId, text, model, assistantId }: NewTurn,
  now: string,
): Conversation => ({
  id: conversationId,
  title: text.trim().split('\n')[0]?.slice(0, 60) ?? '',
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
