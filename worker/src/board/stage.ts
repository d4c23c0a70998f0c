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

type Sign = { stage: 1 | 2 | 3; seen: (measured: Measured) => string | false }

const signs: Sign[] = [
  { stage: 3, seen: ({ users }) => users > 1_000 && `${users} users, more than 1,000` },
  { stage: 2, seen: ({ users }) => users > 200 && `${users} users, more than 200` },
  { stage: 2, seen: ({ requestsADay: n }) => n > 2_000 && `${Math.round(n)} requests a day, more than 2,000` },
  { stage: 1, seen: ({ users }) => users > 50 && `${users} users, more than 50` },
  { stage: 1, seen: ({ requestsADay: n }) => n > 500 && `${Math.round(n)} requests a day, more than 500` },
  {
    stage: 1,
    seen: ({ databaseBytes: n }) => n > 400 * megabyte && `a database of ${Math.round(n / megabyte)} MB, more than 400`,
  },
  {
    stage: 1,
    seen: ({ cacheBytes: n }) => n > 200 * megabyte && `a cache of ${Math.round(n / megabyte)} MB, more than 200`,
  },
  {
    stage: 1,
    seen: ({ cacheHitShare: hits }) =>
      hits !== null && hits < 0.7 && `the cache had ${Math.round(hits * 100)} % of what it was asked for, less than 70`,
  },
  {
    stage: 1,
    seen: ({ slowQueryShare: slow }) =>
      slow !== null && slow > 0.05 && `${Math.round(slow * 100)} % of the database's answers took over a second`,
  },
  { stage: 1, seen: ({ coldStarts: n }) => n > 1_000 && `${Math.round(n)} cold starts a day, more than 1,000` },
]

/** Limits that no paid plan widens: money's own, and what a single request may take. */
const noTier = new Set(['model.micros', 'aws.micros', 'workers.cpuMs'])

/** Which stage an instance is at by its own figures, why, what to change and what that costs. */
export const stageOf = (measured: Measured, limits: Limit[]): Stage => {
  const seen = signs.flatMap(({ stage, seen: see }) => {
    const why = see(measured)
    return why === false ? [] : [{ stage, why }]
  })
  const stage = Math.max(0, ...seen.map((sign) => sign.stage)) as 0 | 1 | 2 | 3
  const fullest = limits.find(({ id }) => !noTier.has(id))
  const room =
    fullest && fullest.forecastShare < 0.8
      ? [
          `no free tier is forecast to pass 80 % (${fullest.service}, ${fullest.metric}: ${Math.round(fullest.forecastShare * 100)} %), so nothing is urgent`,
        ]
      : fullest
        ? [
            `${fullest.service}, ${fullest.metric}: ${Math.round(fullest.forecastShare * 100)} % of its free tier is forecast`,
          ]
        : []
  const { name, change, poundsAMonth } = stages[stage]
  return { stage, name, why: [...seen.map(({ why }) => why), ...room], change: [...change], poundsAMonth, measured }
}
