import * as z from 'zod'

/** Keyset paging: `{items, nextCursor}`; a cursor is opaque and only good for the list that gave it. */
export const PageQuery = z.object({
  cursor: z.string().min(1).max(500).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})
export type PageQuery = z.infer<typeof PageQuery>

/** For a list of a hundred at most: all of it, unless less is asked for. */
export const ShortListQuery = PageQuery.extend({ limit: PageQuery.shape.limit.unwrap().default(100) })

export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })
export type Page<Item> = { items: Item[]; nextCursor: string | null }
