import * as z from 'zod'
import { Id } from './id.ts'
import { maxChunksAtOnce, maxMemoryLength } from './limits.ts'
import { page } from './page.ts'
import { Line, Time, VisibleText } from './text.ts'

/** A passage of a document, as the browser cuts it: about half a page. */
export const NewChunk = z.strictObject({ text: VisibleText.max(4_000), page: z.int().min(1).max(100_000).optional() })
export type NewChunk = z.infer<typeof NewChunk>

const Chunks = z.array(NewChunk).min(1).max(maxChunksAtOnce)

export const NewDocument = z
  .strictObject({
    id: Id,
    fileId: Id.optional(),
    title: Line.max(200),
    chunks: Chunks,
    total: z.int().min(1).max(10_000).optional().meta({
      description: 'how many passages it has in all; the others follow at /documents/{id}/chunks. Default: these',
    }),
  })
  .refine(({ chunks, total }) => total === undefined || total >= chunks.length, {
    path: ['total'],
    message: 'must not be less than the passages given',
  })
  .meta({ id: 'NewDocument' })
export type NewDocument = z.infer<typeof NewDocument>

export const MoreChunks = z.strictObject({
  position: z.int().min(0).max(10_000).meta({ description: 'of the first one; the document’s first is 0' }),
  chunks: Chunks,
})
export type MoreChunks = z.infer<typeof MoreChunks>

export const DocumentCard = z
  .object({
    id: Id,
    title: z.string(),
    fileId: Id.nullable(),
    total: z.int().meta({ description: 'passages it has in all' }),
    chunks: z.int().meta({ description: 'passages that are here' }),
    embedded: z.int().meta({ description: 'passages that can be found by meaning; all that are here, by words' }),
    createdAt: Time,
  })
  .meta({ id: 'Document' })
export type DocumentCard = z.infer<typeof DocumentCard>

export const OpenDocument = DocumentCard.extend({
  passages: z.array(z.object({ position: z.int(), page: z.int().nullable(), text: z.string() })),
  nextPosition: z.int().nullable(),
})
export type OpenDocument = z.infer<typeof OpenDocument>

export const PassagesQuery = z.object({ from: z.coerce.number().int().min(0).max(10_000).default(0) })

export const NewCollection = z.strictObject({ id: Id, name: Line.max(100) })
export type NewCollection = z.infer<typeof NewCollection>
const Ids = z.array(Id).max(500)
export const CollectionPatch = z.strictObject({
  name: Line.max(100).optional(),
  documentIds: Ids.optional().meta({ description: 'what is in it from now on' }),
  attachedTo: Ids.optional().meta({
    description: 'conversations and assistants that look only into the collections attached to them',
  }),
})
export type CollectionPatch = z.infer<typeof CollectionPatch>
export const Collection = z
  .object({ id: Id, name: z.string(), documentIds: z.array(Id), attachedTo: z.array(Id), createdAt: Time })
  .meta({ id: 'Collection' })
export type Collection = z.infer<typeof Collection>
export const CollectionPage = page(Collection)
export type CollectionPage = z.infer<typeof CollectionPage>

const MemoryText = Line.max(maxMemoryLength)
export const NewMemory = z.strictObject({ id: Id, text: MemoryText })
export type NewMemory = z.infer<typeof NewMemory>
export const MemoryPatch = z.strictObject({ text: MemoryText })
export type MemoryPatch = z.infer<typeof MemoryPatch>
export const Memory = z.object({ id: Id, text: z.string(), createdAt: Time }).meta({ id: 'Memory' })
export type Memory = z.infer<typeof Memory>
export const MemoryPage = page(Memory)
export type MemoryPage = z.infer<typeof MemoryPage>

const Used = z.object({ used: z.int(), cap: z.int() })
export const LibraryRoom = z
  .object({
    files: Used.meta({ description: 'bytes of my files' }),
    passages: Used.meta({ description: 'passages of my documents' }),
    instance: z.object({ files: Used, passages: Used }).meta({ description: 'of everybody here together' }),
    largest: z
      .array(z.object({ id: Id, title: z.string(), passages: z.int(), createdAt: Time }))
      .meta({ description: 'the documents that take most room' }),
  })
  .meta({ id: 'LibraryRoom' })
export type LibraryRoom = z.infer<typeof LibraryRoom>
