import { Hono } from 'hono'
import type { App } from '../middleware/context.ts'
import { limitAddress } from '../middleware/limit.ts'

export const statusRoutes = new Hono<App>().get('/', limitAddress, async (c) => c.json(await c.var.deps.status()))
