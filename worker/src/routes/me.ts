import { Goodbye, MePatch } from '@macro-ai/shared'
import { Hono } from 'hono'
import { eraseChats } from '../chat/erase.ts'
import { eraseMe } from '../identity/goodbye.ts'
import { changeMe, me } from '../identity/me.ts'
import type { SignedInApp } from '../middleware/context.ts'
import { body } from '../middleware/input.ts'
import { limitedUser } from '../middleware/limit.ts'
import { signedIn, tokenHolder } from '../middleware/signed-in.ts'

export const meRoutes = new Hono<SignedInApp>()
  .get('/', tokenHolder, async (c) => c.json(await me(c.var.deps, c.var.user)))
  // Also for a token that is out: it is the password that counts, and erasing begins by signing out.
  .delete('/', tokenHolder, body(Goodbye), limitedUser('password'), async (c) => {
    const { user, deps } = c.var
    await eraseMe(deps, user, c.var.body.password, (ids) => eraseChats(c.env.CHAT, user.id, ids))
    return c.body(null, 204)
  })
  .patch('/', signedIn, body(MePatch), async (c) => c.json(await changeMe(c.var.deps, c.var.user, c.var.body)))
