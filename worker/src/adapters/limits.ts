import { Ratelimit } from '@upstash/ratelimit'
import { Redis } from '@upstash/redis'
import type { Tally } from '../metering/tally.ts'
import { Problem } from '../problem.ts'

const windowMs = 10 * 60_000
/** While Upstash is away each isolate counts for itself, of which there may be many: so it lets far fewer through. */
const shareAlone = 5
const mostCounted = 10_000
/** What Upstash counts for one check: the script, two reads, a write and now and then its expiry. */
const commandsACheck = 4

/** What is counted apart. */
export type LimitKind = 'sign-in' | 'sign-up' | 'code' | 'mail' | 'password' | 'archive' | 'import'
/** How often the limit some may be done: `mail` makes Cognito send one, of which there are 50 a day; an import comes in parts. */
const shares: Partial<Record<LimitKind, number>> = { mail: 1 / 4, import: 20 }

type Subject = { account?: string; address?: string }
type Verdict = { success: boolean; reset: number }

const digest = async (text: string): Promise<string> => {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return btoa(String.fromCharCode(...hash.subarray(0, 18)))
}

/** A plain count an isolate keeps for itself: moments and numbers, no timers. */
const openCounts = (now: () => number) => {
  let counts = new Map<string, number>()
  let window = 0
  return (key: string, most: number): Verdict => {
    const current = Math.floor(now() / windowMs)
    if (current !== window || counts.size >= mostCounted) counts = new Map()
    window = current
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return { success: count <= most, reset: (current + 1) * windowMs }
  }
}

type Options = {
  url: string
  token: string
  timeoutMs: number
  /** Attempts in ten minutes. */
  perAccount: number
  perAddress: number
  now: () => number
  onError: (error: unknown) => void
  count: Tally['add']
}

/** Limits that hold in every location together. Accounts and addresses are kept as hashes, for twenty minutes. */
export const openLimits = ({ url, token, timeoutMs, perAccount, perAddress, now, onError, count }: Options) => {
  const redis = new Redis({
    url,
    token,
    retry: { retries: 0 },
    enableTelemetry: false,
    latencyLogging: false,
    signal: () => AbortSignal.timeout(timeoutMs),
  })
  // Who is over a limit is remembered here until it ends, and costs no more commands.
  const blocked = new Map<string, number>()
  const limiters = new Map<number, Ratelimit>()
  const limiterOf = (most: number): Ratelimit => {
    const limiter =
      limiters.get(most) ??
      new Ratelimit({
        redis,
        limiter: Ratelimit.slidingWindow(most, `${windowMs} ms`),
        prefix: 'limit',
        ephemeralCache: blocked,
        // Its own time-out lets everybody through: the client's, which throws, comes first.
        timeout: 0,
      })
    limiters.set(most, limiter)
    return limiter
  }
  const countAlone = openCounts(now)

  const ask = async (key: string, most: number): Promise<Verdict> => {
    if (blocked.size >= mostCounted) blocked.clear()
    count('upstash.commands', commandsACheck)
    try {
      return await limiterOf(most).limit(key)
    } catch (error) {
      onError(error)
      return countAlone(key, Math.max(1, Math.floor(most / shareAlone)))
    }
  }

  return {
    /** Counts an attempt by an account and from an address. Throws `rate_limited` when either has had too many. */
    take: async (kind: LimitKind, { account, address }: Subject): Promise<void> => {
      const most = (limit: number) => Math.max(1, Math.ceil(limit * (shares[kind] ?? 1)))
      const verdicts = await Promise.all([
        account && ask(`${kind}:account:${await digest(account)}`, most(perAccount)),
        address && ask(`${kind}:address:${await digest(address)}`, most(perAddress)),
      ])
      const over = verdicts.filter((verdict): verdict is Verdict => Boolean(verdict) && !(verdict as Verdict).success)
      if (over.length === 0) return
      const waitMs = Math.max(...over.map(({ reset }) => reset - now()))
      throw new Problem('rate_limited', {
        detail: 'Too many attempts. Wait a little and try again.',
        retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
      })
    },
  }
}

export type Limits = ReturnType<typeof openLimits>
