import * as z from 'zod'

const Kept = z.object({ count: z.int(), bytes: z.int() })

/** What somebody keeps here, and about how much room it takes. */
export const StorageReport = z
  .object({
    conversations: Kept,
    deleted: Kept.meta({ description: 'conversations that can still be restored; they are part of no other figure' }),
    messages: Kept,
    files: Kept,
    documents: Kept,
    memories: Kept,
  })
  .meta({ id: 'StorageReport' })
export type StorageReport = z.infer<typeof StorageReport>
