import { MePatch } from '@macro-ai/shared'
import { Hono } from 'hono'
import { changeMe, me } from '../identity/me.ts'
import type { SignedInApp } from '../middleware/context.ts'
import { body } from '../middleware/input.ts'
import { signedIn } from '../middleware/signed-in.ts'

export const meRoutes = new Hono<SignedInApp>()
  .use(signedIn)
  .get('/', async (c) => c.json(await me(c.var.deps, c.var.user)))
  .patch('/', body(MePatch), async (c) => c.json(await changeMe(c.var.deps, c.var.user, c.var.body)))
