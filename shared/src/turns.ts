import * as z from 'zod'
import { MessageStatus, Source, Usage } from './conversations.ts'
import { Id } from './id.ts'
import { ModelId } from './models.ts'
import { ProblemBody } from './problem.ts'
import { Micros, Text, VisibleText } from './text.ts'

/** What a browser sends. `turnId` is the idempotency key: the same body twice attaches to the same answer. */
export const NewTurn = z
  .strictObject({
    turnId: Id,
    conversationId: Id,
    parentId: Id.nullable(),
    text: Text.max(32_000),
    attachments: z.array(Id).max(10).optional(),
    model: ModelId.optional(),
    assistantId: Id.optional().meta({ description: 'used by the turn that begins a conversation' }),
    useKnowledge: z.boolean().optional(),
    regenerate: Id.optional().meta({ description: 'the answer to which this turn adds a sibling; text is not used' }),
  })
  .refine((turn) => turn.regenerate !== undefined || VisibleText.safeParse(turn.text).success, {
    path: ['text'],
    message: 'must not be empty',
  })
  .meta({ id: 'NewTurn' })
export type NewTurn = z.infer<typeof NewTurn>

/** Where a turn is: saves a look into the database. */
export const TurnQuery = z.object({ conversationId: Id.optional() })

/** The events of a turn, by type. A type that is not here is ignored by every reader. */
export const turnEvents = {
  start: z.object({
    turnId: Id,
    conversationId: Id,
    userMessageId: Id,
    messageId: Id,
    model: z.string(),
    reservedMicros: Micros,
  }),
  sources: z.object({ items: z.array(Source) }),
  delta: z.object({ text: z.string() }),
  title: z.object({ title: z.string() }),
  end: z.object({ status: MessageStatus, usage: Usage, error: ProblemBody.optional() }),
}
export type TurnEventType = keyof typeof turnEvents
export type TurnEventData<Type extends TurnEventType> = z.infer<(typeof turnEvents)[Type]>
export type TurnEvent = {
  [Type in TurnEventType]: { id: number; type: Type; data: TurnEventData<Type> }
}[TurnEventType]

/** One server-sent event. JSON escapes CR and LF, so nothing inside `data` can forge another event. */
export const encodeEvent = (event: TurnEvent): string =>
  `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`
