import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { LimitKind } from '../adapters/limits.ts'
import { Problem } from '../problem.ts'
import type { App, SignedInApp } from './context.ts'

/** Compares in time that does not depend on where the texts differ. */
export const isSame = (a: string, b: string): boolean => {
  const [left, right] = [new TextEncoder().encode(a), new TextEncoder().encode(b)]
  return left.byteLength === right.byteLength && crypto.subtle.timingSafeEqual(left, right)
}

/** Whether a request comes from the site's own server, which proves who it is. */
export const isOfSite = (headers: Headers, siteSecret: string | undefined): boolean => {
  const proof = headers.get('x-site-secret')
  return proof !== null && siteSecret !== undefined && isSame(proof, siteSecret)
}

/** The client's address: Cloudflare's word, or the site's. Nobody else's header counts. */
const addressOf = (headers: Headers, siteSecret: string | undefined): string =>
  (isOfSite(headers, siteSecret) && headers.get('x-client-address')) || (headers.get('cf-connecting-ip') ?? 'unknown')

/** One household: an IPv4 address, or the /64 of an IPv6 one, within which anybody picks addresses as they like. */
export const networkOf = (address: string): string => {
  if (!address.includes(':') || address.includes('.')) return address
  const [left = '', right] = address.toLowerCase().split('::')
  const head = left.split(':').filter(Boolean)
  const tail = right === undefined ? [] : right.split(':').filter(Boolean)
  const middle = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0')
  const groups = right === undefined ? head : [...head, ...middle, ...tail]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

type AnyContext = Pick<Context<App>, 'env' | 'req'> & { var: Pick<App['Variables'], 'deps'> }

const networkIn = (c: AnyContext) => networkOf(addressOf(c.req.raw.headers, c.var.deps.settings.SITE_SECRET))

/** Counts a request against its address's burst limit. */
export const countAddress = async (c: AnyContext): Promise<void> => {
  const { success } = await c.env.LIMIT_ADDRESS.limit({ key: networkIn(c) })
  if (!success) throw new Problem('rate_limited', { retryAfterSeconds: 60 })
}

/** Burst limit of an address, for what can be asked without signing in. */
export const limitAddress = createMiddleware<App>(async (c, next) => {
  await countAddress(c)
  await next()
})

/** The slower limit that holds in every location, by account (of the body's e-mail) and by address. Comes after `body`. */
export const limited = (kind: LimitKind) =>
  createMiddleware<{ Bindings: App['Bindings']; Variables: App['Variables'] & { body: { email: string } } }>(
    async (c, next) => {
      const address = networkOf(addressOf(c.req.raw.headers, c.var.deps.settings.SITE_SECRET))
      await c.var.deps.limits.take(kind, { account: c.var.body.email, address })
      await next()
    },
  )

/** The same for somebody who is signed in: what a stolen token may try. */
export const limitedUser = (kind: LimitKind) =>
  createMiddleware<SignedInApp>(async (c, next) => {
    await c.var.deps.limits.take(kind, { account: c.var.user.id })
    await next()
  })
