import * as z from 'zod'
import { Id } from './id.ts'
import { ModelId } from './models.ts'
import { PageQuery, page } from './page.ts'
import { ProblemBody } from './problem.ts'
import { Line, Micros, Text, Time } from './text.ts'

export const Usage = z
  .object({ inputTokens: z.int(), cachedTokens: z.int(), outputTokens: z.int(), costMicros: Micros })
  .meta({ id: 'Usage' })
export type Usage = z.infer<typeof Usage>

export const MessageStatus = z.enum(['streaming', 'complete', 'stopped', 'interrupted', 'failed'])
export type MessageStatus = z.infer<typeof MessageStatus>

export const Source = z.object({
  n: z.int(),
  documentId: Id,
  title: z.string(),
  page: z.int().optional(),
  text: z.string(),
})
export type Source = z.infer<typeof Source>

export const Message = z
  .object({
    id: Id,
    parentId: Id.nullable(),
    turnId: Id.nullable().meta({ description: 'of an answer: the turn whose events can be read' }),
    role: z.enum(['user', 'assistant']),
    text: z.string(),
    attachments: z.array(z.object({ id: Id, name: z.string(), type: z.string(), bytes: z.int() })),
    sources: z.array(Source),
    status: MessageStatus,
    error: ProblemBody.nullable().meta({ description: 'why an answer failed' }),
    model: z.string().nullable(),
    usage: Usage.nullable(),
    siblings: z.object({ index: z.int(), count: z.int(), ids: z.array(Id) }),
    createdAt: Time,
  })
  .meta({ id: 'Message' })
export type Message = z.infer<typeof Message>

export const Conversation = z
  .object({
    id: Id,
    title: z.string(),
    pinned: z.boolean(),
    archived: z.boolean(),
    model: z.string().nullable(),
    assistantId: Id.nullable(),
    instructions: z.string(),
    leafId: Id.nullable(),
    costMicros: Micros,
    createdAt: Time,
    updatedAt: Time,
  })
  .meta({ id: 'Conversation' })
export type Conversation = z.infer<typeof Conversation>

export const ConversationQuery = PageQuery.extend({
  view: z.enum(['active', 'archived', 'deleted']).default('active').meta({
    description: 'deleted: what can be restored, the last to be deleted first',
  }),
})
export type ConversationQuery = z.infer<typeof ConversationQuery>
export const ConversationPage = page(Conversation)
export type ConversationPage = z.infer<typeof ConversationPage>

export const OpenConversation = z.object({
  conversation: Conversation,
  messages: z.array(Message),
  olderCursor: z.string().nullable(),
})
export type OpenConversation = z.infer<typeof OpenConversation>

export const MessagesQuery = z.object({ before: z.string().max(500) })
export const MessagesPage = z.object({ messages: z.array(Message), olderCursor: z.string().nullable() })
export type MessagesPage = z.infer<typeof MessagesPage>

export const ExportQuery = z.object({ format: z.enum(['json', 'markdown']).default('json') })

export const ConversationPatch = z.strictObject({
  title: Line.max(200).optional(),
  pinned: z.boolean().optional(),
  archived: z.boolean().optional(),
  model: ModelId.nullable().optional(),
  instructions: Text.max(8_000).optional(),
  leafId: Id.optional(),
})
export type ConversationPatch = z.infer<typeof ConversationPatch>
