import type { FreeTier, Limit } from '@macro-ai/shared'
import type { Facts } from '../adapters/database/board.ts'
import { dayMs, dayOf, daysBefore, spanOf } from './calendar.ts'
import { forecast, runsOutAt } from './forecast.ts'
import type { Level } from '../relief/gates.ts'
import { isCounted, type Use } from './use.ts'

/** What a provider itself said of a metric, and when. */
export type Readings = { [metric: string]: { used: number; at: string } | undefined }

const noteOf = 'provider:'
/** What was noted of providers' answers, see `readings.ts`. */
export const readingsIn = (notes: Record<string, string>): Readings =>
  Object.fromEntries(
    Object.entries(notes).flatMap(([key, text]) =>
      key.startsWith(noteOf) ? [[key.slice(noteOf.length), JSON.parse(text) as Readings[string]]] : [],
    ),
  )

type Known = {
  use: Use
  facts: Facts
  readings: Readings
  /** In micro-dollars a month, for the model. */
  capMicros: number
  now: number
}
type Asked = Known & {
  tiers: readonly FreeTier[]
  /** The first day that anything was counted on. */
  since: string
}

const historyDays = 60
const yearMs = 365 * dayMs

const capOf = ({ id, limit }: FreeTier, capMicros: number) => (id === 'model.micros' ? capMicros : limit)
const shareOf = (amount: number, limit: number) => (limit > 0 ? amount / limit : 1)

/** The limits and how far each is used, the fullest first. */
export const limitsOf = (asked: Asked): Limit[] =>
  asked.tiers.map((tier) => limitOf(tier, asked)).sort((a, b) => b.forecastShare - a.forecastShare)

/** How far each limit is used now, and no more: what can be told at every report. */
export const levelsOf = (tiers: readonly FreeTier[], known: Known): Level[] =>
  tiers.flatMap((tier) => {
    const { used, provider } = usedOf(tier, known)
    // What we count of money ourselves has a ladder of its own.
    if (tier.id === 'model.micros' && provider === null) return []
    return [{ tier, share: shareOf(used, capOf(tier, known.capMicros)) }]
  })

const limitOf = (tier: FreeTier, asked: Asked): Limit => {
  const { id, service, metric, unit, period, past, then, source, asOf } = tier
  const limit = capOf(tier, asked.capMicros)
  const { used, provider } = usedOf(tier, asked)
  const { forecast: ahead, runsOutAt } = aheadOf(tier, used, limit, asked)
  const share = (amount: number) => shareOf(amount, limit)
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

const usedOf = ({ id, period }: FreeTier, { use, facts, readings, now }: Known) => {
  if (id === 'cognito.users') return { used: facts.users, provider: null }
  if (period === 'request' || period === 'total') return refined(use.stored(id), readings[id], 0)
  const { from } = spanOf(period, now)
  const days = Array.from({ length: Math.floor((now - from) / dayMs) + 1 }, (_, day) => dayOf(from + day * dayMs))
  const summed = days.reduce((sum, day) => sum + use.on(id, day), 0)
  if (id !== 'model.micros') return refined(Math.max(summed, use.atLeast(id, days[0] ?? '')), readings[id], from)
  // A provider's books of money come late: the ledger's are never below what was spent.
  const said = refined(facts.spentMicros, readings[id], from)
  return { ...said, used: Math.max(facts.spentMicros, said.used) }
}

const flat = (used: number) => ({ expected: used, low: used, high: used })

/** Where the period ends as things go, and when a limit is reached. */
const aheadOf = ({ id, period }: FreeTier, used: number, limit: number, { use, since, now }: Asked) => {
  const today = dayOf(now)
  const history = daysBefore(today, historyDays).filter((day) => day >= since)
  if (id === 'cognito.users') return { forecast: flat(used), runsOutAt: null }
  if (period === 'request' || period === 'total') {
    // What grows by what is said grows as the days of talk do.
    const growth = used / Math.max(1, history.length)
    const series = { history: history.map(() => growth), used, usedToday: 0, now }
    const grows = period === 'total' && history.length > 0
    return {
      forecast: grows ? forecast({ ...series, to: spanOf('month', now).to }) : flat(used),
      runsOutAt: grows ? runsOutAt(series, limit, now + yearMs) : null,
    }
  }
  const { to } = spanOf(period, now)
  const series = { history: history.map((day) => use.on(id, day)), used, usedToday: use.on(id, today), now }
  return { forecast: forecast({ ...series, to }), runsOutAt: runsOutAt(series, limit, to) }
}

/** What the provider says counts, if it said so in this period. */
const refined = (counted: number, reading: Readings[string], from: number) =>
  reading && Date.parse(reading.at) >= from
    ? { used: reading.used, provider: { ...reading, difference: reading.used - counted } }
    : { used: counted, provider: null }
