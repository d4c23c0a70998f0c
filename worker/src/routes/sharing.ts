import { ShareOptions } from '@macro-ai/shared'
import { Hono } from 'hono'
import type { App, SignedInApp } from '../middleware/context.ts'
import { optionalBody } from '../middleware/input.ts'
import { limitAddress } from '../middleware/limit.ts'
import { signedIn } from '../middleware/signed-in.ts'
import { readShare, share, sharesOf, stopSharing } from '../sharing/sharing.ts'
import { idOf } from './conversations.ts'

/** For who shares: below `/conversations`. */
export const shareRoutes = new Hono<SignedInApp>()
  .post('/:id/share', signedIn, optionalBody(ShareOptions), async (c) =>
    c.json(await share(c.var.deps, c.var.user, idOf(c.req.param('id')), c.var.body), 201),
  )
  .get('/:id/share', signedIn, async (c) => c.json(await sharesOf(c.var.deps, c.var.user, idOf(c.req.param('id')))))
  .delete('/:id/share', signedIn, async (c) => {
    await stopSharing(c.var.deps, c.var.user, idOf(c.req.param('id')))
    return c.body(null, 204)
  })

/** For whoever has the link. */
export const sharedRoutes = new Hono<App>().get('/:token', limitAddress, async (c) => {
  c.header('x-robots-tag', 'noindex, nofollow')
  return c.json(await readShare(c.var.deps, c.req.param('token')))
})
