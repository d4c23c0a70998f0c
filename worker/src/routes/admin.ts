import { InstancePatch, InviteOptions, newId, PageQuery, SpendingQuery, UserPatch } from '@macro-ai/shared'
import { Hono } from 'hono'
import { board, spending } from '../board/board.ts'
import { refreshFacts } from '../board/facts.ts'
import { csvOf } from '../board/csv.ts'
import { refreshReadings } from '../board/readings.ts'
import { listInvites, makeInvite, revokeInvite } from '../identity/invites.ts'
import { changedByOwner } from '../identity/standing.ts'
import type { SignedInApp } from '../middleware/context.ts'
import { body, optionalBody, query } from '../middleware/input.ts'
import { adminOnly, signedIn } from '../middleware/signed-in.ts'
import { Problem } from '../problem.ts'
import { pageById, readMessageCursor } from '../conversations/cursor.ts'
import { idOf } from './conversations.ts'

export const adminRoutes = new Hono<SignedInApp>()
  .use(signedIn, adminOnly)
  .get('/limits', async (c) => {
    // Behind the answer: what the providers say is there the next time.
    c.executionCtx.waitUntil(refreshReadings(c.var.deps))
    return c.json(await board(c.var.deps))
  })
  .get('/spending', query(SpendingQuery), async (c) => c.json(await spending(c.var.deps, c.var.query.days)))
  .get('/spending.csv', query(SpendingQuery), async (c) =>
    c.body(csvOf(await spending(c.var.deps, c.var.query.days)), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="macro-ai-spending.csv"',
    }),
  )
  .get('/users', query(PageQuery), async (c) => {
    const { cursor, limit } = c.var.query
    const users = await c.var.deps.store.listUsers(cursor ? readMessageCursor(cursor) : null, limit)
    return c.json(pageById(users ?? [], limit))
  })
  .patch('/users/:id', body(UserPatch), async (c) => {
    const id = idOf(c.req.param('id'))
    if (c.var.body.disabled && id === c.var.user.id)
      throw new Problem('invalid', { errors: [{ path: 'disabled', message: 'would lock yourself out' }] })
    const { deps, user: owner, body: patch } = c.var
    const user = await changedByOwner(deps, id, () => deps.store.changeUser(owner.id, id, patch, newId()))
    if (!user) throw new Problem('not_found')
    return c.json(user)
  })
  .post('/invites', optionalBody(InviteOptions), async (c) =>
    c.json(await makeInvite(c.var.deps, c.var.user, c.var.body), 201),
  )
  .get('/invites', query(PageQuery), async (c) => c.json(await listInvites(c.var.deps, c.var.query)))
  .delete('/invites/:id', async (c) => {
    await revokeInvite(c.var.deps, c.var.user, idOf(c.req.param('id')))
    return c.body(null, 204)
  })
  .get('/instance', async (c) => c.json(await c.var.deps.store.instance()))
  .patch('/instance', body(InstancePatch), async (c) => {
    const { deps, user: owner, body: patch } = c.var
    // What rests hangs on the cap and on whether to degrade, also where nobody heard that these were changed.
    const refresh = () => c.executionCtx.waitUntil(refreshFacts(deps).catch(() => undefined))
    return c.json(await deps.store.changeInstance(owner.id, patch, newId()).finally(refresh))
  })
