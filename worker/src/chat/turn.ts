import { newId, type NewTurn, type Reduction } from '@macro-ai/shared'
import { titleOf } from '@macro-ai/shared/title'
import { sha256 } from '../digest.ts'
import { mostTokens } from '../spending/price.ts'
import { passageTokens } from '../knowledge/passages.ts'
import { systemTokens } from './prompt.ts'
import { titleTokensOf } from './title.ts'

/** What a person's conversation is called among the objects. */
export const chatName = (userId: string, conversationId: string) => `${userId}/${conversationId}`

/** On answers whose turn was known before, so that no statement has looked at who asks. */
export const rememberedHeader = 'x-remembered-turn'

/** On answers to the Worker: how the month stands, which the statement told the object alone. */
export const monthHeader = 'x-month-so-far'

/** A turn as the Worker hands it over: checked, with who asks for it, and what keeps new ones from beginning, if anything does. */
export type AskedTurn = {
  user: { id: string; issuedAt: number }
  turn: NewTurn
  requestId: string
  shut?: Reduction
}

/** What makes two requests the same turn: everything in the body, in a fixed order. */
export const digestOf = (turn: NewTurn): Promise<string> => {
  const { conversationId, parentId, text, attachments, model, useKnowledge, regenerate, assistantId } = turn
  const asked = [conversationId, parentId, text, attachments ?? [], model, useKnowledge, regenerate]
  return sha256(JSON.stringify(assistantId === undefined ? asked : [...asked, assistantId]))
}

/** What a turn asks of the purse. Its ids sort in the order question, answer, also within one millisecond. */
export const reservationOf = ({ user, turn }: Pick<AskedTurn, 'user' | 'turn'>, digest: string, at: number) => ({
  userId: user.id,
  issuedAt: new Date(user.issuedAt * 1000),
  turnId: turn.turnId,
  digest,
  conversationId: turn.conversationId,
  parentId: turn.regenerate ? null : turn.parentId,
  regenerate: turn.regenerate ?? null,
  text: turn.text,
  attachments: turn.regenerate ? [] : [...new Set(turn.attachments)],
  title: titleOf(turn.text),
  userMessageId: newId(at),
  messageId: newId(at + 1),
  model: turn.model ?? null,
  assistantId: turn.assistantId ?? null,
  now: new Date(at),
  systemTokens: systemTokens + (turn.useKnowledge ? passageTokens : 0),
  newTextTokens: turn.regenerate ? 0 : mostTokens(turn.text),
  titleTokens: turn.regenerate ? 0 : titleTokensOf(turn.text),
})
