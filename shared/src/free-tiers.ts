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
  | 'openai.micros'

export type FreeTier = {
  id: Metric
  service: string
  metric: string
  /** In `unit` a `period`. Of the model: 0, as the owner's own cap takes its place. */
  limit: number
  unit:
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
  period: 'request' | 'day' | 'month' | 'total'
  past: 'stops' | 'bills'
  /** What happens past the limit, and what the app does before. */
  then: string
  source: string
  asOf: string
}

const asOf = '2026-11-22'
const workers = 'https://developers.cloudflare.com/workers/platform/limits/'
const objects = 'https://developers.cloudflare.com/durable-objects/platform/pricing/'
const r2 = 'https://developers.cloudflare.com/r2/pricing/'
const neon = 'https://neon.com/pricing'
const upstash = 'https://upstash.com/pricing/redis'
/** A figure we have not read at the provider ourselves. */
const secondHand = '(second-hand: check it)'
const vercel = `https://vercel.com/docs/plans/hobby ${secondHand}`
const cognito = 'https://aws.amazon.com/cognito/pricing/'

const toMidnight = 'Errors until 00:00 UTC. No bill.'
const gigabyte = 1e9

/** Where every free tier ends that the app stands on. One table: the board, the alerts, `pnpm cost` and the docs use it. */
export const freeTiers: readonly FreeTier[] = [
  {
    id: 'workers.requests',
    service: 'Cloudflare Workers',
    metric: 'requests',
    limit: 100_000,
    unit: 'requests',
    period: 'day',
    past: 'stops',
    then: `Error 1027 for the whole account until 00:00 UTC. No bill.`,
    source: workers,
    asOf,
  },
  {
    id: 'workers.cpuMs',
    service: 'Cloudflare Workers',
    metric: 'CPU of a request',
    limit: 10,
    unit: 'ms',
    period: 'request',
    past: 'stops',
    then: 'That one request fails. No bill.',
    source: workers,
    asOf,
  },
  {
    id: 'objects.requests',
    service: 'Durable Objects',
    metric: 'requests',
    limit: 100_000,
    unit: 'requests',
    period: 'day',
    past: 'stops',
    then: toMidnight,
    source: objects,
    asOf,
  },
  {
    id: 'objects.gbSeconds',
    service: 'Durable Objects',
    metric: 'duration',
    limit: 13_000,
    unit: 'GB-s',
    period: 'day',
    past: 'stops',
    then: toMidnight,
    source: objects,
    asOf,
  },
  {
    id: 'objects.rowsRead',
    service: 'Durable Objects',
    metric: 'rows read',
    limit: 5_000_000,
    unit: 'rows',
    period: 'day',
    past: 'stops',
    then: toMidnight,
    source: objects,
    asOf,
  },
  {
    id: 'objects.rowsWritten',
    service: 'Durable Objects',
    metric: 'rows written',
    limit: 100_000,
    unit: 'rows',
    period: 'day',
    past: 'stops',
    then: toMidnight,
    source: objects,
    asOf,
  },
  {
    id: 'objects.bytes',
    service: 'Durable Objects',
    metric: 'storage',
    limit: 5 * gigabyte,
    unit: 'bytes',
    period: 'total',
    past: 'stops',
    then: 'Writing fails until something is deleted. No bill.',
    source: objects,
    asOf,
  },
  {
    id: 'r2.bytes',
    service: 'R2',
    metric: 'storage',
    limit: 10 * gigabyte,
    unit: 'bytes',
    period: 'total',
    past: 'bills',
    then: 'Billed to your card. The app takes no more files before that.',
    source: r2,
    asOf,
  },
  {
    id: 'r2.classA',
    service: 'R2',
    metric: 'writes (class A)',
    limit: 1_000_000,
    unit: 'operations',
    period: 'month',
    past: 'bills',
    then: 'Billed to your card. The app takes no more files before that.',
    source: r2,
    asOf,
  },
  {
    id: 'r2.classB',
    service: 'R2',
    metric: 'reads (class B)',
    limit: 10_000_000,
    unit: 'operations',
    period: 'month',
    past: 'bills',
    then: 'Billed to your card. The app gives out no more files before that.',
    source: r2,
    asOf,
  },
  {
    id: 'neon.bytes',
    service: 'Neon',
    metric: 'storage',
    limit: 0.5 * gigabyte,
    unit: 'bytes',
    period: 'total',
    past: 'stops',
    then: 'Writing fails until something is deleted. No bill.',
    source: neon,
    asOf,
  },
  {
    id: 'neon.cuHours',
    service: 'Neon',
    metric: 'time awake',
    limit: 100,
    unit: 'CU-hours',
    period: 'month',
    past: 'stops',
    then: 'The database sleeps until the month is over. No bill.',
    source: neon,
    asOf,
  },
  {
    id: 'neon.egressBytes',
    service: 'Neon',
    metric: 'egress',
    limit: 5 * gigabyte,
    unit: 'bytes',
    period: 'month',
    past: 'stops',
    then: 'The database sleeps until the month is over. No bill.',
    source: neon,
    asOf,
  },
  {
    id: 'upstash.commands',
    service: 'Upstash',
    metric: 'commands',
    limit: 500_000,
    unit: 'commands',
    period: 'month',
    past: 'stops',
    then: 'Errors: the app goes on without its cache. No bill, unless a card is on file.',
    source: upstash,
    asOf,
  },
  {
    id: 'upstash.bytes',
    service: 'Upstash',
    metric: 'memory',
    limit: 256e6,
    unit: 'bytes',
    period: 'total',
    past: 'stops',
    then: 'Nothing new is cached. No bill, unless a card is on file.',
    source: upstash,
    asOf,
  },
  {
    id: 'vercel.invocations',
    service: 'Vercel',
    metric: 'function invocations',
    limit: 1_000_000,
    unit: 'requests',
    period: 'month',
    past: 'stops',
    then: 'The site is paused. No bill.',
    source: vercel,
    asOf,
  },
  {
    id: 'vercel.bytes',
    service: 'Vercel',
    metric: 'bandwidth',
    limit: 100 * gigabyte,
    unit: 'bytes',
    period: 'month',
    past: 'stops',
    then: 'The site is paused. No bill.',
    source: vercel,
    asOf,
  },
  {
    id: 'cognito.users',
    service: 'Cognito',
    metric: 'users of a month',
    limit: 10_000,
    unit: 'users',
    period: 'month',
    past: 'bills',
    then: 'Billed by AWS. MAX_USERS, 9,000 at most, closes sign-up before that.',
    source: cognito,
    asOf,
  },
  {
    id: 'cognito.emails',
    service: 'Cognito',
    metric: 'e-mails',
    limit: 50,
    unit: 'e-mails',
    period: 'day',
    past: 'stops',
    then: 'Codes are not sent until tomorrow. No bill.',
    source: 'https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html',
    asOf,
  },
  {
    id: 'openai.micros',
    service: 'Model',
    metric: 'money',
    limit: 0,
    unit: 'micros',
    period: 'month',
    past: 'stops',
    then: 'Answers stop until the month is over. Reading goes on. No bill.',
    source: 'The cap that you set',
    asOf,
  },
]
