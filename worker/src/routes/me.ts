import { Goodbye, MePatch } from '@macro-ai/shared'
import { Hono } from 'hono'
import { exportArchive } from '../archive/export.ts'
import { importArchive } from '../archive/import.ts'
import { eraseChats } from '../chat/erase.ts'
import { purge } from '../conversations/purge.ts'
import { eraseMe } from '../identity/goodbye.ts'
import { changeMe, me } from '../identity/me.ts'
import type { SignedInApp } from '../middleware/context.ts'
import { body } from '../middleware/input.ts'
import { limitedUser } from '../middleware/limit.ts'
import { unlessResting } from '../middleware/resting.ts'
import { signedIn, tokenHolder } from '../middleware/signed-in.ts'
import { Problem } from '../problem.ts'

const importTypes = ['application/json', 'application/x-ndjson']

export const meRoutes = new Hono<SignedInApp>()
  .get('/', tokenHolder, async (c) => c.json(await me(c.var.deps, c.var.user)))
  // Also for a token that is out: it is the password that counts, and erasing begins by signing out.
  .delete('/', tokenHolder, body(Goodbye), limitedUser('password'), async (c) => {
    const { user, deps } = c.var
    await eraseMe(deps, user, c.var.body.password, (ids) => eraseChats(c.env.CHAT, user.id, ids))
    return c.body(null, 204)
  })
  .get('/storage', signedIn, async (c) => c.json(await c.var.deps.store.storage(c.var.user.id, c.var.deps.storageCaps)))
  .get('/storage/largest', signedIn, async (c) => c.json(await c.var.deps.store.largest(c.var.user.id)))
  .delete('/storage/deleted', signedIn, async (c) => {
    const { deps, user } = c.var
    const more = await purge(deps, user, new Date(deps.now()), (ids) => eraseChats(c.env.CHAT, user.id, ids))
    return c.json({ more })
  })
  .get('/export', signedIn, limitedUser('archive'), async (c) =>
    c.body(await exportArchive(c.var.deps, c.var.user), 200, {
      'content-type': 'application/x-ndjson',
      'content-disposition': 'attachment; filename="macro-ai-export.ndjson"',
    }),
  )
  .post('/import', signedIn, unlessResting('documents'), limitedUser('import'), async (c) => {
    const [type = ''] = (c.req.header('content-type') ?? '').split(';')
    if (!importTypes.includes(type.trim().toLowerCase()))
      throw new Problem('unsupported_type', { detail: `Send ${importTypes.join(' or ')}.` })
    const content = (c.req.raw.body ?? new Blob().stream()) as ReadableStream<Uint8Array>
    return c.json(await importArchive(c.var.deps, c.var.user, content))
  })
  .patch('/', signedIn, body(MePatch), async (c) => c.json(await changeMe(c.var.deps, c.var.user, c.var.body)))
