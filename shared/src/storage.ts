import * as z from 'zod'
import { Id } from './id.ts'
import { Time } from './text.ts'

const Kept = z.object({ count: z.int(), bytes: z.int() })

const Bound = z.object({
  what: z.enum(['files', 'passages', 'database']).meta({ description: 'passages are counted, the others are bytes' }),
  whose: z.enum(['mine', 'everybody']),
  used: z.int(),
  cap: z.int(),
})

/** What somebody keeps here, about how much room it takes, and of how much there is. */
export const StorageReport = z
  .object({
    conversations: Kept,
    deleted: Kept.meta({ description: 'conversations that can still be restored; they are part of no other figure' }),
    messages: Kept,
    files: Kept,
    documents: Kept,
    memories: Kept,
    bounds: z.array(Bound).meta({ description: 'past 80 % of one of them something should be let go' }),
  })
  .meta({ id: 'StorageReport' })
export type StorageReport = z.infer<typeof StorageReport>

const Thing = z.object({
  id: Id,
  title: z.string(),
  bytes: z.int().meta({ description: 'what deleting it gives back' }),
})

/** What takes most room of somebody's, the largest first: each can be deleted by the route of its kind. */
export const LargestThings = z
  .object({
    documents: z.array(Thing.extend({ fileId: Id.nullable(), createdAt: Time })),
    files: z.array(
      Thing.extend({
        createdAt: Time,
        conversation: z
          .object({ id: Id, title: z.string(), updatedAt: Time, deleted: z.boolean() })
          .nullable()
          .meta({ description: 'one that it is attached to; none where nothing uses it any more' }),
      }),
    ),
    conversations: z.array(Thing.extend({ updatedAt: Time })),
  })
  .meta({ id: 'LargestThings' })
export type LargestThings = z.infer<typeof LargestThings>
