import * as z from 'zod'

/** Keyset paging: `{items, nextCursor}`; a cursor is opaque and only good for the list that gave it. */
export const PageQuery = z.object({
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})

export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })
