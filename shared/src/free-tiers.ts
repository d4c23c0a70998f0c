/** What is counted: `service.metric`, the same word in the meter, the table and the board. */
export type Metric =
  | 'workers.requests'
  | 'workers.cpuMs'
  | 'objects.requests'
  | 'objects.gbSeconds'
  | 'objects.rowsRead'
  | 'objects.rowsWritten'
  | 'objects.bytes'
  | 'r2.bytes'
  | 'r2.classA'
  | 'r2.classB'
  | 'neon.bytes'
  | 'neon.cuHours'
  | 'neon.egressBytes'
  | 'upstash.commands'
  | 'upstash.bytes'
  | 'vercel.invocations'
  | 'vercel.bytes'
  | 'cognito.users'
  | 'cognito.emails'
  | 'model.micros'
  | 'aws.micros'

type Unit =
  | 'requests'
  | 'ms'
  | 'GB-s'
  | 'rows'
  | 'bytes'
  | 'operations'
  | 'CU-hours'
  | 'commands'
  | 'users'
  | 'e-mails'
  | 'micros'

/** `total`: what is stored, which no new day or month takes back. `request`: each one by itself. */
type Period = 'request' | 'day' | 'month' | 'total'

export type FreeTier = {
  id: Metric
  service: string
  metric: string
  /** In `unit` a `period`. Of the model: 0, as the owner's own cap takes its place. */
  limit: number
  unit: Unit
  period: Period
  past: 'stops' | 'bills'
  /** What happens past the limit, and what the app does before. */
  then: string
  source: string
  asOf: string
}

/** What an owner says of limits: how far one goes for them, or `null` for one that they do not have. */
export type OwnLimits = Partial<Record<Metric, number | null>>

const asOf = '2026-11-22'
const gigabyte = 1e9
const toMidnight = 'Errors until 00:00 UTC. No bill.'
const full = 'Writing fails until something is deleted. No bill.'
const asleep = 'The database sleeps until the month is over. No bill.'
const billed = 'Billed to your card. The app moves no more files before that.'
const paused = 'The site is paused. No bill.'

/** Where the figures are from. Second-hand ones we have not read at the provider ourselves. */
const providers = {
  workers: { service: 'Cloudflare Workers', source: 'https://developers.cloudflare.com/workers/platform/limits/' },
  objects: {
    service: 'Durable Objects',
    source: 'https://developers.cloudflare.com/durable-objects/platform/pricing/',
  },
  r2: { service: 'R2', source: 'https://developers.cloudflare.com/r2/pricing/' },
  neon: { service: 'Neon', source: 'https://neon.com/pricing' },
  upstash: { service: 'Upstash', source: 'https://upstash.com/pricing/redis' },
  vercel: { service: 'Vercel', source: 'https://vercel.com/docs/plans/hobby (second-hand: check it)' },
  cognito: { service: 'Cognito', source: 'https://aws.amazon.com/cognito/pricing/' },
  aws: { service: 'AWS', source: 'The budget that worker/infra sets' },
  model: { service: 'Model', source: 'The cap that you set' },
}

const tier = (
  id: Metric,
  metric: string,
  [limit, unit, period]: [limit: number, unit: Unit, period: Period],
  then: string,
): FreeTier => ({
  id,
  ...providers[id.split('.')[0] as keyof typeof providers],
  metric,
  limit,
  unit,
  period,
  past: then.startsWith('Billed') ? 'bills' : 'stops',
  then,
  asOf,
})

/** Where every free tier ends that the app stands on. One table: the board, the alerts and `pnpm cost` use it. */
export const freeTiers: readonly FreeTier[] = [
  tier(
    'workers.requests',
    'requests',
    [100_000, 'requests', 'day'],
    'Error 1027 for the whole account until 00:00 UTC. No bill.',
  ),
  tier('workers.cpuMs', 'CPU of a request', [10, 'ms', 'request'], 'That one request fails. No bill.'),
  tier('objects.requests', 'requests', [100_000, 'requests', 'day'], toMidnight),
  tier('objects.gbSeconds', 'duration', [13_000, 'GB-s', 'day'], toMidnight),
  tier('objects.rowsRead', 'rows read', [5_000_000, 'rows', 'day'], toMidnight),
  tier('objects.rowsWritten', 'rows written', [100_000, 'rows', 'day'], toMidnight),
  tier('objects.bytes', 'storage', [5 * gigabyte, 'bytes', 'total'], full),
  tier('r2.bytes', 'storage', [10 * gigabyte, 'bytes', 'total'], billed),
  tier('r2.classA', 'writes (class A)', [1_000_000, 'operations', 'month'], billed),
  tier('r2.classB', 'reads (class B)', [10_000_000, 'operations', 'month'], billed),
  tier('neon.bytes', 'storage', [0.5 * gigabyte, 'bytes', 'total'], full),
  tier('neon.cuHours', 'time awake', [100, 'CU-hours', 'month'], asleep),
  tier('neon.egressBytes', 'egress', [5 * gigabyte, 'bytes', 'month'], asleep),
  tier(
    'upstash.commands',
    'commands',
    [500_000, 'commands', 'month'],
    'Errors: the app goes on without its cache. No bill, unless a card is on file.',
  ),
  tier(
    'upstash.bytes',
    'memory',
    [256e6, 'bytes', 'total'],
    'Nothing new is cached. No bill, unless a card is on file.',
  ),
  tier('vercel.invocations', 'function invocations', [1_000_000, 'requests', 'month'], paused),
  tier('vercel.bytes', 'bandwidth', [100 * gigabyte, 'bytes', 'month'], paused),
  tier(
    'cognito.users',
    'users of a month',
    [10_000, 'users', 'month'],
    'Billed by AWS. MAX_USERS, 9,000 at most, closes sign-up before that.',
  ),
  tier('cognito.emails', 'e-mails', [50, 'e-mails', 'day'], 'Codes are not sent until tomorrow. No bill.'),
  tier('aws.micros', 'bill', [1_000_000, 'micros', 'month'], 'Billed by AWS. Its budget warns you before.'),
  tier(
    'model.micros',
    'money',
    [0, 'micros', 'month'],
    'Answers stop until the month is over. Reading goes on. No bill.',
  ),
]

/** More than is free is somebody's plan, and past what that includes there is a bill. */
const paid = { past: 'bills', then: 'Billed as your plan says. The app rests before that.' } as const

/** The limits that hold for an owner: the free tiers, but for what they know better. */
export const tiersOf = (own: OwnLimits): FreeTier[] =>
  freeTiers.flatMap((tier) => {
    const limit = own[tier.id]
    if (limit === null) return []
    if (limit === undefined) return [tier]
    return [{ ...tier, ...(limit > tier.limit && tier.limit > 0 && paid), limit, source: 'LIMITS, as its owner says' }]
  })
