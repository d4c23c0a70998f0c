import { SearchQuery } from '@macro-ai/shared'
import { Hono } from 'hono'
import { beginRereading } from '../chat/rereading.ts'
import type { SignedInApp } from '../middleware/context.ts'
import { query } from '../middleware/input.ts'
import { signedIn } from '../middleware/signed-in.ts'
import { search } from '../search/search.ts'

export const searchRoutes = new Hono<SignedInApp>().get('/', signedIn, query(SearchQuery), async (c) => {
  const reread = (userId: string) => c.executionCtx.waitUntil(beginRereading(c.env.CHAT, userId))
  return c.json(await search({ ...c.var.deps, reread }, c.var.user, c.var.query))
})
