import * as z from 'zod'
import { Assistant } from './assistants.ts'
import { MessageStatus, Source } from './conversations.ts'
import { Id } from './id.ts'
import { Time } from './text.ts'

/**
 * What `GET /me/export` writes: a JSON object a line, each with its `type`. The first is the header, the last is `end`
 * with the number of lines before it. Assistants come before the conversations that use them, a conversation before its
 * messages, a message before its replies. Other types (me, share, key, file, document, chunk, collection, spending) are for reading;
 * these are what an import takes.
 */
export const ExportHeader = z.object({ type: z.literal('macro-ai-export'), version: z.literal(1), exportedAt: Time })
export type ExportHeader = z.infer<typeof ExportHeader>

export const ExportedAssistant = Assistant.extend({ type: z.literal('assistant') })
export type ExportedAssistant = z.infer<typeof ExportedAssistant>

export const ExportedConversation = z.object({
  type: z.literal('conversation'),
  id: Id,
  title: z.string().max(2_000),
  pinned: z.boolean(),
  archived: z.boolean(),
  model: z.string().max(100).nullable(),
  assistantId: Id.nullish(),
  instructions: z.string().max(8_000),
  leafId: Id.nullable(),
  createdAt: Time,
})
export type ExportedConversation = z.infer<typeof ExportedConversation>

export const ExportedMessage = z.object({
  type: z.literal('message'),
  id: Id,
  conversationId: Id,
  parentId: Id.nullable(),
  role: z.enum(['user', 'assistant']),
  status: MessageStatus,
  text: z.string().max(1_000_000),
  model: z.string().max(100).nullable(),
  sources: z.array(Source).max(100),
  createdAt: Time,
})
export type ExportedMessage = z.infer<typeof ExportedMessage>

export const ExportedMemory = z.object({ type: z.literal('memory'), id: Id, text: z.string().max(10_000) })
export type ExportedMemory = z.infer<typeof ExportedMemory>

export const ImportedLine = z.union([
  ExportedConversation,
  ExportedMessage,
  ExportedMemory,
  ExportedAssistant,
  ExportHeader,
  z.object({ type: z.enum(['me', 'share', 'key', 'file', 'document', 'chunk', 'collection', 'spending', 'end']) }),
])
export type ImportedLine = z.infer<typeof ImportedLine>

/** A conversation of ChatGPT's `conversations.json`: only what is read of it, since OpenAI promises no format. */
export const ChatGptConversation = z.object({
  id: z.string().max(100).nullish(),
  conversation_id: z.string().max(100).nullish(),
  title: z.string().nullish(),
  create_time: z.number().nullish(),
  is_archived: z.boolean().nullish(),
  current_node: z.string().nullish(),
  mapping: z.record(
    z.string(),
    z.object({
      parent: z.string().nullish(),
      message: z
        .object({
          author: z.object({ role: z.string() }),
          create_time: z.number().nullish(),
          content: z.object({
            parts: z.array(z.unknown()).nullish(),
            text: z.string().nullish(),
            content_type: z.string(),
          }),
          metadata: z
            .object({
              model_slug: z.string().max(100).nullish(),
              is_visually_hidden_from_conversation: z.boolean().nullish(),
            })
            .nullish(),
        })
        .nullish(),
    }),
  ),
})
export type ChatGptConversation = z.infer<typeof ChatGptConversation>

export const Imported = z
  .object({
    conversations: z.int(),
    messages: z.int(),
    memories: z.int(),
    known: z.int().meta({ description: 'conversations that were here already' }),
  })
  .meta({ id: 'Imported' })
export type Imported = z.infer<typeof Imported>
