import { NewKey, ShortListQuery } from '@macro-ai/shared'
import { Hono } from 'hono'
import { shortList } from '../conversations/cursor.ts'
import { listKeys, makeKey, revokeKey } from '../keys/keys.ts'
import type { SignedInApp } from '../middleware/context.ts'
import { body, query } from '../middleware/input.ts'
import { signedIn } from '../middleware/signed-in.ts'
import { idOf } from './conversations.ts'

export const keyRoutes = new Hono<SignedInApp>()
  .use(signedIn)
  .get('/', query(ShortListQuery), async (c) => c.json(shortList(await listKeys(c.var.deps, c.var.user), c.var.query)))
  .post('/', body(NewKey), async (c) => c.json(await makeKey(c.var.deps, c.var.user, c.var.body), 201))
  .delete('/:id', async (c) => {
    await revokeKey(c.var.deps, c.var.user, idOf(c.req.param('id')))
    return c.body(null, 204)
  })
