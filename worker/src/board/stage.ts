import type { Limit, Stage } from '@macro-ai/shared'

type Measured = Stage['measured']

/** The plan by which an instance grows: what each stage changes, and what that comes to in pounds a month. */
const stages = [
  { name: 'Free tiers', change: [], poundsAMonth: { from: 0, to: 1 } },
  {
    name: 'Paid tiers',
    change: ['Neon: a paid plan, about £15', 'Upstash: a paid plan, about £8', 'Vercel: Pro, about £16'],
    poundsAMonth: { from: 30, to: 50 },
  },
  {
    name: 'Hybrid',
    change: ['Keep the Workers', 'A PostgreSQL and a Redis of their own, always on', 'A CDN before the site'],
    poundsAMonth: { from: 80, to: 120 },
  },
  {
    name: 'Full production',
    change: ['Containers behind a load balancer', 'Several zones, scaling by itself', 'Monitoring around the clock'],
    poundsAMonth: { from: 300, to: 800 },
  },
] as const

const megabyte = 1e6

type Reason = Stage['reasons'][number]
type Sign = {
  stage: 1 | 2 | 3
  sign: Exclude<Reason['sign'], 'room' | 'forecast'>
  /** What is past it, is a sign: more, but of the cache's hits less. */
  bound: number
  why: (value: number) => string
}

const whole = (value: number) => String(Math.round(value))
const megabytes = (value: number) => String(Math.round(value / megabyte))
const percent = (value: number) => `${Math.round(value * 100)} %`

const signs: Sign[] = [
  { stage: 3, sign: 'users', bound: 1_000, why: (n) => `${n} users, more than 1,000` },
  { stage: 2, sign: 'users', bound: 200, why: (n) => `${n} users, more than 200` },
  { stage: 2, sign: 'requestsADay', bound: 2_000, why: (n) => `${whole(n)} requests a day, more than 2,000` },
  { stage: 1, sign: 'users', bound: 50, why: (n) => `${n} users, more than 50` },
  { stage: 1, sign: 'requestsADay', bound: 500, why: (n) => `${whole(n)} requests a day, more than 500` },
  {
    stage: 1,
    sign: 'databaseBytes',
    bound: 400 * megabyte,
    why: (n) => `a database of ${megabytes(n)} MB, more than 400`,
  },
  { stage: 1, sign: 'cacheBytes', bound: 200 * megabyte, why: (n) => `a cache of ${megabytes(n)} MB, more than 200` },
  {
    stage: 1,
    sign: 'cacheHitShare',
    bound: 0.7,
    why: (n) => `the cache had ${percent(n)} of what it was asked for, less than 70`,
  },
  {
    stage: 1,
    sign: 'slowQueryShare',
    bound: 0.05,
    why: (n) => `${percent(n)} of the database's answers took over a second`,
  },
  { stage: 1, sign: 'coldStarts', bound: 1_000, why: (n) => `${whole(n)} cold starts a day, more than 1,000` },
]

const isSeen = (value: number | null, { sign, bound }: Sign): value is number =>
  value !== null && (sign === 'cacheHitShare' ? value < bound : value > bound)

/** Limits that no paid plan widens: money's own, and what a single request may take. */
const noTier = new Set(['model.micros', 'aws.micros', 'workers.cpuMs'])

/** A free tier that is forecast to be used so far is near its end. */
const nearlyUsed = 0.8

const roomIn = ({ id: limit, service, metric, forecastShare: value }: Limit): Reason & { why: string } => {
  const reason = { value, bound: nearlyUsed, limit }
  const forecast = `${service}, ${metric}: ${percent(value)}`
  return value < nearlyUsed
    ? {
        ...reason,
        sign: 'room',
        why: `no free tier is forecast to pass 80 % (${forecast}), so nothing is urgent`,
      }
    : { ...reason, sign: 'forecast', why: `${forecast} of its free tier is forecast` }
}

/** Which stage an instance is at by its own figures, why, what to change and what that costs. */
export const stageOf = (measured: Measured, limits: Limit[]): Stage => {
  const past = signs.flatMap((sign) => {
    const value = measured[sign.sign]
    return isSeen(value, sign) ? [{ ...sign, value, limit: null, why: sign.why(value) }] : []
  })
  // Who is past a later stage's bound is past the earlier ones too.
  const seen = past.filter(({ sign }, at) => past.findIndex((one) => one.sign === sign) === at)
  const stage = Math.max(0, ...seen.map((sign) => sign.stage)) as 0 | 1 | 2 | 3
  const fullest = limits.find(({ id }) => !noTier.has(id))
  const all = [...seen, ...(fullest ? [roomIn(fullest)] : [])]
  const { name, change, poundsAMonth } = stages[stage]
  return {
    stage,
    name,
    why: all.map(({ why }) => why),
    reasons: all.map(({ sign, value, bound, limit }) => ({ sign, value, bound, limit })),
    change: [...change],
    poundsAMonth,
    measured,
  }
}
