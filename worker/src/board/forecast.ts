import { dayMs } from './calendar.ts'

/** What a period ends with, and the range that it will probably be in; test/forecast.test.ts prints how often it was. */
export type Forecast = { expected: number; low: number; high: number }

/** Use by whole UTC day, oldest first; the last is yesterday. */
type History = readonly number[]

const lookBackDays = 28
/** Days that count most: a new habit shows within two weeks. */
const halfLifeDays = 10
/** A day of more than this many typical ones is an event, not a habit. */
const mostTypicalDays = 4
/** The weekday is taken into account from this much history on, if it would have made the past easier to tell. */
const weekdayFrom = 21
const weekdayGain = 0.9
const ninetyPercent = 1.645

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** The days with what is out of all proportion cut down, so that one outing does not make a habit. */
const tamed = (history: History): number[] => {
  const typical = median(history.filter((value) => value > 0))
  return history.map((value) => Math.min(value, typical * mostTypicalDays))
}

const rateOf = (history: History): number => {
  let [sum, weights] = [0, 0]
  for (const [index, value] of history.entries()) {
    const weight = 0.5 ** ((history.length - 1 - index) / halfLifeDays)
    sum += weight * value
    weights += weight
  }
  return weights === 0 ? 0 : sum / weights
}

/** How each weekday relates to the mean; `offset` is the first day's. Drawn half-way to 1: four samples prove little. */
const weekdaysOf = (history: History): number[] => {
  const all = mean(history)
  return Array.from({ length: 7 }, (_, weekday) => {
    const own = history.filter((_, index) => (index - history.length + 7 * 60) % 7 === weekday)
    return all === 0 || own.length === 0 ? 1 : (1 + mean(own) / all) / 2
  })
}

/** Whether knowing the weekday would have told the last week better than not knowing it. */
const weekdayHelps = (history: History): boolean => {
  if (history.length < weekdayFrom) return false
  const before = history.slice(0, -7)
  const [rate, weekdays] = [rateOf(before), weekdaysOf(before)]
  const week = history.slice(-7)
  const miss = (guess: (index: number) => number) => mean(week.map((value, index) => Math.abs(value - guess(index))))
  return miss((index) => rate * (weekdays[index % 7] ?? 1)) < weekdayGain * miss(() => rate)
}

/** What a day ahead will bring; 0 is today. */
const dailyRate = (history: History): ((ahead: number) => number) => {
  const recent = tamed(history.slice(-lookBackDays))
  const rate = rateOf(recent)
  if (!weekdayHelps(recent)) return () => rate
  const weekdays = weekdaysOf(recent)
  return (ahead) => rate * (weekdays[ahead % 7] ?? 1)
}

type Asked = {
  history: History
  /** Used since the period began, today included. */
  used: number
  usedToday: number
  now: number
  /** When the period ends. */
  to: number
}

/** Where a period ends as things go. Never below what is used already. */
export const forecast = ({ history, used, usedToday, now, to }: Asked): Forecast => {
  const rate = dailyRate(history)
  const elapsed = (now % dayMs) / dayMs
  // The further the day has come, the more its own pace says about the rest of it.
  const restOfToday =
    (1 - elapsed) * (history.length === 0 ? usedToday / Math.max(elapsed, 0.1) : usedToday + (1 - elapsed) * rate(0))
  const fullDays = Math.max(0, Math.round((to - (now - (now % dayMs))) / dayMs) - 1)
  let expected = used + restOfToday
  const typical = history.length === 0 ? usedToday + restOfToday : undefined
  for (let ahead = 1; ahead <= fullDays; ahead++) expected += typical ?? rate(ahead)
  const recent = history.slice(-lookBackDays)
  const daysAhead = 1 - elapsed + fullDays
  const spread =
    spreadOf(recent, expected - used) * Math.sqrt(daysAhead) +
    driftOf(recent) * daysAhead * (halfLifeDays + daysAhead / 2)
  return {
    expected,
    low: Math.max(used, expected - ninetyPercent * spread),
    high: expected + ninetyPercent * spread,
  }
}

/** How far days stray from one another. With next to no history: as far as all that is to come. */
const spreadOf = (history: History, ahead: number): number => {
  if (history.length < 5) return ahead
  const level = mean(history)
  return Math.sqrt(history.reduce((sum, value) => sum + (value - level) ** 2, 0) / (history.length - 1))
}

/** How much more or less each day brings than the one before. It may go on or not: so it widens the band, no more. */
const driftOf = (history: History): number => {
  const half = Math.floor(history.length / 2)
  if (half < 5) return 0
  const days = tamed(history)
  return Math.abs(mean(days.slice(-half)) - mean(days.slice(0, half))) / half / ninetyPercent
}

/** When `limit` is reached at this rate, at most `withinDays` ahead; nothing when it is not. */
export const runsOutAt = (
  { history, used, usedToday, now }: Omit<Asked, 'to'>,
  limit: number,
  until: number,
): Date | null => {
  if (used >= limit) return new Date(now)
  const rate = dailyRate(history)
  let [at, total] = [now, used]
  for (let ahead = 0; at < until; ahead++) {
    const end = Math.min(until, at - (at % dayMs) + dayMs)
    const whole = history.length === 0 ? usedToday / Math.max((now % dayMs) / dayMs, 0.1) : rate(ahead)
    const more = (whole * (end - at)) / dayMs
    if (total + more >= limit && more > 0) return new Date(at + ((limit - total) / more) * (end - at))
    total += more
    at = end
  }
  return null
}
