import { createMiddleware } from 'hono/factory'
import { Problem } from '../problem.ts'
import type { App } from './context.ts'

/** Compares in time that does not depend on where the texts differ. */
const isSame = (a: string, b: string): boolean => {
  const [left, right] = [new TextEncoder().encode(a), new TextEncoder().encode(b)]
  return left.byteLength === right.byteLength && crypto.subtle.timingSafeEqual(left, right)
}

/** The client's address: Cloudflare's word, or the site's when it proves who it is. Nobody else's header counts. */
const addressOf = (headers: Headers, siteSecret: string | undefined): string => {
  const given = headers.get('x-client-address')
  const proof = headers.get('x-site-secret')
  if (given && proof && siteSecret && isSame(proof, siteSecret)) return given
  return headers.get('cf-connecting-ip') ?? 'unknown'
}

/** Burst limit of an address, for what can be asked without signing in. */
export const limitAddress = createMiddleware<App>(async (c, next) => {
  const key = addressOf(c.req.raw.headers, c.var.deps.settings.SITE_SECRET)
  const { success } = await c.env.LIMIT_ADDRESS.limit({ key })
  if (!success) throw new Problem('rate_limited', { retryAfterSeconds: 60 })
  await next()
})
