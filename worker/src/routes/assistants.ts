import { AssistantPatch, NewAssistant } from '@macro-ai/shared'
import { Hono } from 'hono'
import { addAssistant, changeAssistant, listAssistants, removeAssistant } from '../assistants/assistants.ts'
import type { SignedInApp } from '../middleware/context.ts'
import { body } from '../middleware/input.ts'
import { signedIn } from '../middleware/signed-in.ts'
import { idOf } from './conversations.ts'

export const assistantRoutes = new Hono<SignedInApp>()
  .use(signedIn)
  .get('/', async (c) => c.json(await listAssistants(c.var.deps, c.var.user)))
  .post('/', body(NewAssistant), async (c) => c.json(await addAssistant(c.var.deps, c.var.user, c.var.body), 201))
  .patch('/:id', body(AssistantPatch), async (c) =>
    c.json(await changeAssistant(c.var.deps, c.var.user, idOf(c.req.param('id')), c.var.body)),
  )
  .delete('/:id', async (c) => {
    await removeAssistant(c.var.deps, c.var.user, idOf(c.req.param('id')))
    return c.body(null, 204)
  })
