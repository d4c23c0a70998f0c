import { ConversationPage } from '@macro-ai/shared'
import type { Cache } from '../adapters/cache.ts'
import type { ListPage } from '../adapters/database/lists.ts'
import { Embedded } from '../vectors.ts'
import { cursorOf } from './cursor.ts'

/**
 * An hour: who comes back within it wakes no database, and a change that the cache missed for good shows after no more
 * than that. 100 people's pages are about a megabyte of Upstash's 256.
 */
const ttlSeconds = 3_600
const KeptPage = ConversationPage.extend({ asked: Embedded.optional() })
/** Where a person's first page is kept, and with it the embedding of what they asked their documents last. */
export const pageSlot = (userId: string) => ({ key: `page:1:${userId}`, schema: KeptPage })

export const pageOf = ({ items, next }: ListPage): ConversationPage => ({
  items,
  nextCursor: next && cursorOf(next),
})

/** The first page of each person's conversations, kept in the cache as every change leaves it. */
export const openPages = (cache: Cache) => {
  const told =
    (tell: Cache['put']) =>
    /** A list of somebody who is not there any more is not kept. */
    async (userId: string, page: ListPage, asked?: Embedded): Promise<boolean> =>
      page.revision >= 0 && tell(pageSlot(userId).key, page.revision, { ...pageOf(page), asked }, ttlSeconds)
  return {
    /** Makes a change of what is on the page: see the cache's own. */
    changing: <Result>(userId: string, change: () => Promise<Result>) => cache.changing(pageSlot(userId).key, change),
    /** Keeps a page that was read. */
    keep: told(cache.put),
    /** Keeps what a change has made of it. */
    change: told(cache.tell),
    /** A change was made whose result is not at hand: pages from before it must not be shown. */
    stale: (userId: string, revision: number) => cache.tell(pageSlot(userId).key, revision, undefined, ttlSeconds),
  }
}

export type Pages = ReturnType<typeof openPages>
