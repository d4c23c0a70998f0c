import { Hono } from 'hono'
import type { SignedInApp } from '../middleware/context.ts'
import { signedIn } from '../middleware/signed-in.ts'
import { listModels, usage } from '../spending/report.ts'

export const spendingRoutes = new Hono<SignedInApp>()
  .get('/usage', signedIn, async (c) => c.json(await usage(c.var.deps, c.var.user)))
  .get('/models', signedIn, (c) => c.json(listModels(c.var.deps)))
