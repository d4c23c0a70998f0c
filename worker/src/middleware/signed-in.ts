import { createMiddleware } from 'hono/factory'
import { Problem } from '../problem.ts'
import type { SignedInApp } from './context.ts'

/** Lets in who brings a good Cognito access token, in this header and nowhere else, within their burst limit. */
export const signedIn = createMiddleware<SignedInApp>(async (c, next) => {
  const [, token] = /^Bearer ([\w.~+/-]{1,8192}=*)$/.exec(c.req.header('authorization') ?? '') ?? []
  if (!token) throw new Problem('unauthenticated')
  const user = await c.var.deps.tokens.verify(token)
  const { success } = await c.env.LIMIT_USER.limit({ key: user.id })
  if (!success) throw new Problem('rate_limited', { retryAfterSeconds: 60 })
  c.set('user', user)
  await next()
})

export const adminOnly = createMiddleware<SignedInApp>(async (c, next) => {
  if (!c.var.user.admin) throw new Problem('forbidden')
  await next()
})
