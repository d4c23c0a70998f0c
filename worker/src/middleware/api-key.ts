import type { KeyScope } from '@macro-ai/shared'
import { createMiddleware } from 'hono/factory'
import type { KeyHolder } from '../adapters/database/keys.ts'
import { holderOf } from '../keys/keys.ts'
import { Problem } from '../problem.ts'
import type { App } from './context.ts'
import { countAddress } from './limit.ts'

export type KeyApp = { Bindings: App['Bindings']; Variables: App['Variables'] & { key: KeyHolder } }

const windowMs = 60_000
const mostCounted = 10_000

/** Requests of each key in this minute, as far as this isolate has seen them: moments and numbers. */
let counts = new Map<string, number>()
let window = 0

const countOf = (id: string, now: number): number => {
  const current = Math.floor(now / windowMs)
  if (current !== window || counts.size >= mostCounted) counts = new Map()
  window = current
  const count = (counts.get(id) ?? 0) + 1
  counts.set(id, count)
  return count
}

/** Lets in who brings a good API key for this, within its limit, which is told in OpenAI's headers. */
export const keyHolder = (scope: KeyScope) =>
  createMiddleware<KeyApp>(async (c, next) => {
    const { deps } = c.var
    const [, secret] = /^Bearer (mk_[\w-]{43})$/i.exec(c.req.header('authorization') ?? '') ?? []
    // Before the look-up: whoever tries keys must not keep the database awake.
    await countAddress(c)
    const key = secret === undefined ? undefined : await holderOf(deps, secret)
    if (!key) throw new Problem('unauthenticated', { detail: 'Incorrect API key provided.' })
    const most = deps.settings.API_REQUESTS_PER_MINUTE
    const [now, count] = [deps.now(), countOf(key.id, deps.now())]
    const resetSeconds = Math.ceil((windowMs - (now % windowMs)) / 1000)
    const limits = {
      'x-ratelimit-limit-requests': String(most),
      'x-ratelimit-remaining-requests': String(Math.max(0, most - count)),
      'x-ratelimit-reset-requests': `${resetSeconds}s`,
    }
    for (const [name, value] of Object.entries(limits)) c.header(name, value)
    const { success } = await c.env.LIMIT_USER.limit({ key: key.id })
    if (!success || count > most) throw new Problem('rate_limited', { retryAfterSeconds: resetSeconds })
    if (!key.scopes.includes(scope))
      throw new Problem('forbidden', { detail: `This API key may not be used for ${scope}.` })
    c.set('key', key)
    await next()
  })
