import { InstancePatch, InviteOptions, newId, PageQuery, UserPatch } from '@macro-ai/shared'
import { Hono } from 'hono'
import { makeInvite } from '../identity/joining.ts'
import { changed } from '../identity/standing.ts'
import type { SignedInApp } from '../middleware/context.ts'
import { body, optionalBody, query } from '../middleware/input.ts'
import { adminOnly, signedIn } from '../middleware/signed-in.ts'
import { Problem } from '../problem.ts'
import { readMessageCursor } from '../conversations/cursor.ts'
import { idOf } from './conversations.ts'

export const adminRoutes = new Hono<SignedInApp>()
  .use(signedIn, adminOnly)
  .get('/users', query(PageQuery), async (c) => {
    const { cursor, limit } = c.var.query
    const users = (await c.var.deps.store.listUsers(cursor ? readMessageCursor(cursor) : null, limit)) ?? []
    const items = users.slice(0, limit)
    return c.json({ items, nextCursor: users.length > limit ? (items.at(-1)?.id ?? null) : null })
  })
  .patch('/users/:id', body(UserPatch), async (c) => {
    const user = await c.var.deps.store.changeUser(c.var.user.id, idOf(c.req.param('id')), c.var.body, newId())
    if (!user) throw new Problem('not_found')
    await changed(c.var.deps, user.id)
    return c.json(user)
  })
  .post('/invites', optionalBody(InviteOptions), async (c) =>
    c.json(await makeInvite(c.var.deps, c.var.user, c.var.body), 201),
  )
  .get('/instance', async (c) => c.json(await c.var.deps.store.instance()))
  .patch('/instance', body(InstancePatch), async (c) =>
    c.json(await c.var.deps.store.changeInstance(c.var.user.id, c.var.body, newId())),
  )
