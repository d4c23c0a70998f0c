import { newId, type NewTurn } from '@macro-ai/shared'

/** What a person's conversation is called among the objects. */
export const chatName = (userId: string, conversationId: string) => `${userId}/${conversationId}`

/** On answers whose turn was known before, so that no statement has looked at who asks. */
export const rememberedHeader = 'x-remembered-turn'

/** A turn as the Worker hands it over: checked, and with who asks for it. */
export type AskedTurn = { user: { id: string; issuedAt: number }; turn: NewTurn; requestId: string }

/** What makes two requests the same turn: everything in the body, in a fixed order. */
export const digestOf = async (turn: NewTurn): Promise<string> => {
  const { conversationId, parentId, text, attachments, model, useKnowledge, regenerate } = turn
  const body = JSON.stringify([conversationId, parentId, text, attachments ?? [], model, useKnowledge, regenerate])
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body)))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const titleLength = 60

/** A first title from the first words, until somebody finds a better one. */
export const titleOf = (text: string): string => {
  const line = text
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  const characters = [...line]
  return characters.length <= titleLength
    ? line
    : `${characters
        .slice(0, titleLength - 1)
        .join('')
        .trimEnd()}…`
}

/** Ids that sort in the order question, answer, also within one millisecond. */
export const messageIds = (now: number) => {
  const [userMessageId, messageId] = [newId(now), newId(now + 1)]
  return { userMessageId, messageId }
}
