import { AssistantPatch, NewAssistant, ShortListQuery } from '@macro-ai/shared'
import { Hono } from 'hono'
import { addAssistant, changeAssistant, removeAssistant } from '../assistants/assistants.ts'
import { shortList } from '../conversations/cursor.ts'
import type { SignedInApp } from '../middleware/context.ts'
import { body, query } from '../middleware/input.ts'
import { signedIn } from '../middleware/signed-in.ts'
import { idOf } from './conversations.ts'

export const assistantRoutes = new Hono<SignedInApp>()
  .use(signedIn)
  .get('/', query(ShortListQuery), async (c) =>
    c.json(shortList(await c.var.deps.store.listAssistants(c.var.user.id), c.var.query)),
  )
  .post('/', body(NewAssistant), async (c) => c.json(await addAssistant(c.var.deps, c.var.user, c.var.body), 201))
  .patch('/:id', body(AssistantPatch), async (c) =>
    c.json(await changeAssistant(c.var.deps, c.var.user, idOf(c.req.param('id')), c.var.body)),
  )
  .delete('/:id', async (c) => {
    await removeAssistant(c.var.deps, c.var.user, idOf(c.req.param('id')))
    return c.body(null, 204)
  })
