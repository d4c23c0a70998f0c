import * as z from 'zod'
import { Id } from './id.ts'
import { page, PageQuery } from './page.ts'
import { Time, VisibleText } from './text.ts'

export const SearchQuery = PageQuery.extend({
  q: VisibleText.max(200).meta({
    description:
      'all of these words, of which the last may be the beginning of one; in documents also what means the same',
  }),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  conversationId: Id.optional().meta({ description: 'only what was said there, by its words' }),
})
export type SearchQuery = z.infer<typeof SearchQuery>

/** A few words around what was found, as plain text in parts: the ones that match are to be marked. */
export const Extract = z.array(z.object({ text: z.string(), match: z.boolean() }))
export type Extract = z.infer<typeof Extract>

export const MessageHit = z.object({
  type: z.literal('message'),
  conversationId: Id,
  messageId: Id.meta({ description: 'on any branch; where only the title matches, the end of the conversation' }),
  title: z.string(),
  role: z.enum(['user', 'assistant']),
  extract: Extract,
  createdAt: Time,
})
export type MessageHit = z.infer<typeof MessageHit>

export const DocumentHit = z.object({
  type: z.literal('document'),
  documentId: Id,
  title: z.string(),
  position: z.int().meta({ description: 'of the passage in its document, where GET /documents/{id}?from= finds it' }),
  page: z.int().nullable(),
  extract: Extract,
})
export type DocumentHit = z.infer<typeof DocumentHit>

export const SearchHit = z.discriminatedUnion('type', [MessageHit, DocumentHit]).meta({ id: 'SearchHit' })
export type SearchHit = z.infer<typeof SearchHit>
export const SearchPage = page(SearchHit).extend({
  incomplete: z
    .boolean()
    .optional()
    .meta({ description: 'some documents are being read again: so far they are found by their words alone' }),
})
export type SearchPage = z.infer<typeof SearchPage>
