import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dayMs } from '../src/board/calendar.ts'
import { forecast, runsOutAt } from '../src/board/forecast.ts'
import { recordedDays } from './support/recorded-traffic.ts'

/** The same numbers at every run. */
const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed / 2 ** 32
}
const days = (count: number, of: (day: number, chance: () => number) => number) => {
  const chance = random(7)
  return Array.from({ length: count }, (_, day) => Math.max(0, Math.round(of(day, chance))))
}

const traffic = {
  'steady, ±20 %': days(280, (_, chance) => 400 * (0.8 + 0.4 * chance())),
  'weekends off': days(280, (day, chance) => (day % 7 < 5 ? 500 : 60) * (0.8 + 0.4 * chance())),
  'growing 1 % a day': days(280, (day, chance) => 100 * 1.01 ** day * (0.8 + 0.4 * chance())),
  'some evenings only': days(280, (_, chance) => (chance() < 0.3 ? 200 * (0.5 + chance()) : 0)),
  'one outing in 40 days': days(280, (day, chance) => (day % 40 === 39 ? 8_000 : 300 * (0.8 + 0.4 * chance()))),
  'recorded: a Wikipedia page': recordedDays,
}

const midnight = Date.UTC(2026, 0, 1)

/** Forecasts of 30-day periods from their 10th day at noon, one a day; and what simply going on like the month so far says. */
const errorsOn = (series: readonly number[]) => {
  const errors: { ours: number; naive: number; within: boolean }[] = []
  for (let today = 69; today + 20 < series.length; today++) {
    const history = series.slice(today - 60, today)
    const usedToday = (series[today] ?? 0) / 2
    const used = history.slice(-9).reduce((sum, value) => sum + value, usedToday)
    const truth = series.slice(today - 9, today + 21).reduce((sum, value) => sum + value, 0)
    const now = midnight + today * dayMs + dayMs / 2
    const { expected, low, high } = forecast({ history, used, usedToday, now, to: midnight + (today + 21) * dayMs })
    const error = (guess: number) => Math.abs(guess - truth) / truth
    errors.push({ ours: error(expected), naive: error((used / 9.5) * 30), within: low <= truth && truth <= high })
  }
  const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  return {
    ours: middle(errors.map(({ ours }) => ours)),
    naive: middle(errors.map(({ naive }) => naive)),
    within: errors.filter(({ within }) => within).length / errors.length,
  }
}

test('the error of the month’s forecast is small on made-up and on recorded traffic, and printed', () => {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`.padStart(9)
  const rows = Object.entries(traffic).map(([name, series]) => [name, errorsOn(series)] as const)
  console.log(
    [
      'forecast of a month from its 10th day: median error, of the pace so far, and how often the band held',
      ...rows.map(
        ([name, { ours, naive, within }]) => `  ${name.padEnd(28)}${percent(ours)}${percent(naive)}${percent(within)}`,
      ),
    ].join('\n'),
  )
  const error = Object.fromEntries(rows)
  expect(error['steady, ±20 %']?.ours).toBeLessThan(0.05)
  expect(error['weekends off']?.ours).toBeLessThan(0.12)
  expect(error['growing 1 % a day']?.ours).toBeLessThan(0.2)
  expect(error['some evenings only']?.ours).toBeLessThan(0.35)
  expect(error['recorded: a Wikipedia page']?.ours).toBeLessThan(0.35)
  for (const [name, { within }] of rows) expect(within, name).toBeGreaterThan(0.6)
})

describe('whatever the traffic was, a forecast', () => {
  const history = fc.array(fc.integer({ min: 0, max: 1e6 }), { maxLength: 60 })
  const asked = fc.record({
    history,
    usedToday: fc.integer({ min: 0, max: 1e6 }),
    earlier: fc.integer({ min: 0, max: 1e8 }),
    past: fc.integer({ min: 0, max: dayMs - 1 }),
    more: fc.integer({ min: 1, max: 31 }),
  })

  test('is never below what is used already, and its band holds it', () => {
    fc.assert(
      fc.property(asked, ({ history, usedToday, earlier, past, more }) => {
        const used = earlier + usedToday
        const ahead = forecast({ history, used, usedToday, now: midnight + past, to: midnight + more * dayMs })
        expect(ahead.low).toBeGreaterThanOrEqual(used)
        expect(ahead.expected).toBeGreaterThanOrEqual(used)
        expect(ahead.low).toBeLessThanOrEqual(ahead.expected)
        expect(ahead.high).toBeGreaterThanOrEqual(ahead.expected)
        expect(Number.isFinite(ahead.high)).toBe(true)
      }),
    )
  })

  test('runs out at a moment within the period, or not at all', () => {
    fc.assert(
      fc.property(asked, fc.integer({ min: 1, max: 1e9 }), ({ history, usedToday, earlier, past, more }, limit) => {
        const [now, until] = [midnight + past, midnight + more * dayMs]
        const at = runsOutAt({ history, used: earlier + usedToday, usedToday, now }, limit, until)?.getTime()
        if (at !== undefined) expect(at >= now && at <= Math.max(now, until)).toBe(true)
        if (earlier + usedToday >= limit) expect(at).toBe(now)
      }),
    )
  })
})

test('a hundred a day against a limit of a thousand run out on the tenth day', () => {
  const history = Array<number>(30).fill(100)
  const at = runsOutAt({ history, used: 0, usedToday: 0, now: midnight }, 1_000, midnight + 31 * dayMs)
  expect(at?.toISOString().slice(0, 10)).toBe('2026-01-11')
  expect(runsOutAt({ history, used: 0, usedToday: 0, now: midnight }, 4_000, midnight + 31 * dayMs)).toBeNull()
})
