import { freeTiers, type FreeTier, type Limit } from '@macro-ai/shared'
import type { Facts } from '../adapters/database/board.ts'
import { dayMs, dayOf, daysBefore, spanOf } from './calendar.ts'
import { forecast, runsOutAt } from './forecast.ts'
import { isCounted, type Use } from './use.ts'

/** What a provider itself said of a metric, and when. */
export type Readings = { [metric: string]: { used: number; at: string } | undefined }

type Asked = {
  use: Use
  facts: Facts
  readings: Readings
  /** In micro-dollars a month, for the model. */
  capMicros: number
  /** The first day that anything was counted on. */
  since: string
  now: number
}

const historyDays = 60
const yearMs = 365 * dayMs

/** The free tiers and how far each is used, the fullest first. */
export const limitsOf = (asked: Asked): Limit[] =>
  freeTiers.map((tier) => limitOf(tier, asked)).sort((a, b) => b.forecastShare - a.forecastShare)

const limitOf = (tier: FreeTier, asked: Asked): Limit => {
  const { id, service, metric, unit, period, past, then, source, asOf } = tier
  const limit = id === 'model.micros' ? asked.capMicros : tier.limit
  const { used, forecast: ahead, runsOutAt, provider } = measured(tier, limit, asked)
  const share = (amount: number) => (limit > 0 ? amount / limit : 1)
  return {
    ...{ id, service, metric, used, limit, unit, period },
    share: share(used),
    forecastShare: share(ahead.expected),
    forecastLowShare: share(ahead.low),
    forecastHighShare: share(ahead.high),
    runsOutAt: runsOutAt?.toISOString() ?? null,
    ...{ past, then, estimated: provider === null && !isCounted(id), provider, source, asOf },
  }
}

const flat = (used: number) => ({ expected: used, low: used, high: used })

const measured = ({ id, period }: FreeTier, limit: number, { use, facts, readings, since, now }: Asked) => {
  const today = dayOf(now)
  const history = daysBefore(today, historyDays).filter((day) => day >= since)
  const amounts = history.map((day) => use.on(id, day))
  const usedToday = use.on(id, today)

  if (id === 'cognito.users') return { used: facts.users, forecast: flat(facts.users), runsOutAt: null, provider: null }
  if (period === 'request' || period === 'total') {
    const { used, provider } = refined(use.stored(id), readings[id], 0)
    // What grows by what is said grows as the days of talk do.
    const growth = used / Math.max(1, history.length)
    const series = { history: history.map(() => growth), used, usedToday: 0, now }
    const grows = period === 'total' && history.length > 0
    return {
      used,
      provider,
      forecast: grows ? forecast({ ...series, to: spanOf('month', now).to }) : flat(used),
      runsOutAt: grows ? runsOutAt(series, limit, now + yearMs) : null,
    }
  }
  const { from, to } = spanOf(period, now)
  const days = period === 'day' ? [today] : [...history.filter((day) => day >= dayOf(from)), today]
  const counted = id === 'model.micros' ? facts.spentMicros : days.reduce((sum, day) => sum + use.on(id, day), 0)
  const said = refined(counted, readings[id], from)
  // A provider's books of money come late: the ledger's are never below what was spent.
  const { used, provider } = id === 'model.micros' ? { ...said, used: Math.max(counted, said.used) } : said
  const series = { history: amounts, used, usedToday, now }
  return { used, provider, forecast: forecast({ ...series, to }), runsOutAt: runsOutAt(series, limit, to) }
}

/** What the provider says counts, if it said so in this period. */
const refined = (counted: number, reading: Readings[string], from: number) =>
  reading && Date.parse(reading.at) >= from
    ? { used: reading.used, provider: { ...reading, difference: reading.used - counted } }
    : { used: counted, provider: null }
