import { newId } from '@macro-ai/shared'
import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import { log } from '../log.ts'
import type { App } from './context.ts'

/** Gives every answer a request id and how long it took, and writes one line a request: no query, no body, no address. */
export const observe = createMiddleware<App>(async (c, next) => {
  const began = Date.now()
  c.set('requestId', newId())
  await next()
  const ms = Date.now() - began
  c.res.headers.set('x-request-id', c.var.requestId)
  c.res.headers.set('server-timing', `app;dur=${ms}`)
  if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store')
  log.info('request', {
    requestId: c.var.requestId,
    method: c.req.method,
    route: routePath(c, -1),
    status: c.res.status,
    ms,
  })
})
