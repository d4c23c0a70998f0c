import { parseArgs } from 'node:util'
import { freeTiers, knownModels, type FreeTier, type Metric, type Model } from '@macro-ai/shared'
import { awakeWindows } from '../../src/metering/awake.ts'
import { cachedBytesAPerson, cuHoursAWindow, pageBytes, perTurn } from '../../src/metering/per-turn.ts'
import { costMicros } from '../../src/spending/price.ts'
import { table } from './table.ts'
import { Trouble } from './trouble.ts'

/** What is assumed of a month and printed with the result, so that anybody can put in their own. */
export type Assumed = {
  users: number
  /** Turns a day, of all of them together. */
  requests: number
  answerSeconds: number
  inputTokens: number
  outputTokens: number
  /** How much a turn leaves behind in the database: two messages and their entries in the ledger. */
  bytesATurn: number
  months: number
  /** DATABASE_REST_SECONDS; wrangler.toml has production's. */
  restSeconds: number
}

export const usual = {
  answerSeconds: 8,
  inputTokens: 1_500,
  outputTokens: 500,
  bytesATurn: 6_000,
  months: 1,
  restSeconds: 1_800,
}

const days = 30
const egressATurn = 20_000
const mailsAUser = 1

/** What all of them use: a day, a month, or what is stored after the months assumed, as the limit counts it. */
export const useOf = (assumed: Assumed): Record<Metric, number> => {
  const { users, requests, answerSeconds } = assumed
  const visits = requests / perTurn.turnsAVisit
  const stored = requests * days * assumed.months * assumed.bytesATurn
  return {
    'workers.requests': requests * perTurn.workerRequests + visits * 4,
    'workers.cpuMs': perTurn.cpuMsARequest,
    'objects.requests': requests * perTurn.objectRequests,
    'objects.gbSeconds': requests * (answerSeconds + perTurn.idleSeconds) * perTurn.gigabytes,
    'objects.rowsRead': requests * perTurn.rowsRead,
    'objects.rowsWritten': requests * (perTurn.rowsWritten + answerSeconds * perTurn.rowsWrittenASecond),
    'objects.bytes': stored,
    'r2.bytes': 0,
    'r2.classA': 0,
    'r2.classB': 0,
    'neon.bytes': stored,
    'neon.cuHours': awakeWindows({ turns: requests, visits, restSeconds: assumed.restSeconds }) * days * cuHoursAWindow,
    'neon.egressBytes': requests * days * egressATurn,
    'upstash.commands': days * (requests * (perTurn.cacheCommands + 1) + visits * 2),
    'upstash.bytes': users * cachedBytesAPerson,
    'vercel.invocations': days * visits * perTurn.invocationsAVisit,
    'vercel.bytes': days * visits * pageBytes,
    'cognito.users': users,
    'cognito.emails': (users * mailsAUser) / days,
    'model.micros': 0,
    'aws.micros': 0,
  }
}

export const moneyOf = (model: Model, { requests, inputTokens, outputTokens }: Assumed): number =>
  requests * days * costMicros(model, { inputTokens, outputTokens, cachedTokens: 0 })

/** The tier that is used up first as use grows. The CPU of a request does not grow with their number. */
export const firstLimit = (use: Record<Metric, number>): { tier: FreeTier; share: number } => {
  const shares = freeTiers
    .filter(({ id, period }) => id !== 'model.micros' && id !== 'aws.micros' && period !== 'request')
    .map((tier) => ({ tier, share: use[tier.id] / tier.limit }))
    .sort((a, b) => b.share - a.share)
  const [first] = shares
  if (!first) throw new Error('There is no free tier')
  return first
}

/** How many requests a day every free tier holds. */
export const mostRequests = (assumed: Assumed): number => {
  const fits = (requests: number) => firstLimit(useOf({ ...assumed, requests })).share <= 1
  let [low, high] = [0, 1_000_000]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle
  }
  return low
}

const amount = (value: number, unit: string) =>
  unit === 'bytes' ? `${(value / 1e6).toFixed(value < 1e7 ? 1 : 0)} MB` : `${Math.round(value * 10) / 10} ${unit}`
const dollars = (micros: number) => `$${(micros / 1e6).toFixed(2)}`

/** The month's bill and the first limit that binds, as text. */
export const costReport = (assumed: Assumed, model: Model): string => {
  const use = useOf(assumed)
  const money = moneyOf(model, assumed)
  const rows = freeTiers
    .filter(({ id }) => id !== 'model.micros' && id !== 'aws.micros')
    .map((tier) => {
      const share = use[tier.id] / tier.limit
      const past = share <= 1 ? '$0.00' : tier.past === 'bills' ? 'BILLED' : 'stops'
      const limit = `${amount(tier.limit, tier.unit)} / ${tier.period}`
      return [tier.service, tier.metric, amount(use[tier.id], tier.unit), limit, `${(share * 100).toFixed(1)} %`, past]
    })
  const { tier, share } = firstLimit(use)
  return [
    `${assumed.users} users, ${assumed.requests} requests a day, each ${assumed.inputTokens} tokens in and ${assumed.outputTokens} out; storage after ${assumed.months} months; the database rests up to ${assumed.restSeconds / 60} minutes`,
    '',
    table([
      ['Service', 'What', 'Used', 'Free', 'Share', 'A month'],
      ...rows,
      ['Model', model.id, `${assumed.requests * days} calls`, '–', '–', dollars(money)],
    ]),
    '',
    `Total: ${dollars(money)} a month, of which the services are $0.00${rows.some((row) => row[5] !== '$0.00') ? ' as far as they go on: see the last column' : ''}.`,
    `First limit that binds: ${tier.service}, ${tier.metric}, at ${(share * 100).toFixed(1)} %; these users have room for ${mostRequests(assumed)} requests a day. ${tier.then}`,
    `Price of the model: ${model.source}, ${model.asOf}. Whatever happens, your caps bound the bill.`,
  ].join('\n')
}

const number = (name: string, text: string | undefined, fallback: number): number => {
  const value = Number(text ?? fallback)
  if (!Number.isFinite(value) || value < 0) throw new Trouble(`--${name} must be a number, 0 or more.`)
  return value
}

/** `pnpm cost --users 100 --requests 1000` */
export const run = (args: string[]): number => {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    options: {
      users: { type: 'string' },
      requests: { type: 'string' },
      model: { type: 'string' },
      'input-tokens': { type: 'string' },
      'output-tokens': { type: 'string' },
      months: { type: 'string' },
      'rest-seconds': { type: 'string' },
    },
  })
  const model = knownModels.find(({ id, kind }) => kind === 'chat' && id === (values.model ?? id))
  if (!model) throw new Trouble(`There is no known price for ${values.model}.`)
  const assumed = {
    ...usual,
    users: number('users', values.users, 10),
    requests: number('requests', values.requests, 100),
    inputTokens: number('input-tokens', values['input-tokens'], usual.inputTokens),
    outputTokens: number('output-tokens', values['output-tokens'], usual.outputTokens),
    months: number('months', values.months, usual.months),
    restSeconds: number('rest-seconds', values['rest-seconds'], usual.restSeconds),
  }
  console.log(costReport(assumed, model))
  return 0
}
