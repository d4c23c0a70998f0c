import { createMiddleware } from 'hono/factory'
import type { App, SignedInApp } from './context.ts'

const reads = ['GET', 'HEAD', 'OPTIONS']
/** Turns are the till's own, and API keys change nothing that a turn begins with. */
const isOther = (path: string) => !/^\/(?:turns|v1)(?:\/|$)/.test(path)
const isOfAll = (path: string) => /^\/(?:admin|stop)(?:\/|$)/.test(path)

/** Tells the till of every change, before its answer is out: what it knows of the person, or of all, is out of date. */
export const changes = createMiddleware<App>(async (c, next) => {
  await next()
  const { req } = c
  if (reads.includes(req.method) || !isOther(req.path)) return
  const { deps, user } = c.var as Partial<SignedInApp['Variables']>
  // Of somebody who is gone nothing is known any more.
  if (req.path === '/me' && req.method === 'DELETE') return
  if (isOfAll(req.path)) await deps?.till?.touch()
  else if (user) await deps?.till?.touch(user.id)
})
