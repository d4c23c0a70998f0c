import { freeTiers, type Metric } from '@macro-ai/shared'
import { firstLimit, useOf, usual } from '../../worker/local/commands/cost.ts'
import { cuHoursAWindow } from '../../worker/src/metering/per-turn.ts'
import type { Part } from '../figures.ts'

const days = 30
const requestsADay = 1_000
const users = 100
const minutesADay = 24 * 60
const idleMinutes = 5

/** Minutes in which the database is awake: it falls asleep five minutes after it was last asked. */
const awakeMinutes = (moments: readonly number[]): number => {
  let [awake, until] = [0, -Infinity]
  for (const at of moments.toSorted((a, b) => a - b)) {
    awake += at >= until ? idleMinutes : at + idleMinutes - until
    until = at + idleMinutes
  }
  return awake
}

/** With `DATABASE_REST_SECONDS` a finished turn waits so long for others, and all that wait are written at once. */
const together = (moments: readonly number[], restMinutes: number): number[] => {
  const writes: number[] = []
  for (const at of moments.toSorted((a, b) => a - b))
    if (at > (writes.at(-1) ?? -Infinity)) writes.push(at + restMinutes)
  return writes
}

const evenly = (count: number, from: number, to: number) =>
  Array.from({ length: count }, (_, place) => from + ((to - from) * place) / count)

/** When the requests of a day come, in minutes. A turn asks the database when it begins and when it ends. */
const patterns = {
  'evenly over day and night': () => evenly(requestsADay, 0, minutesADay),
  'evenly from 7 to 23 o’clock': () => evenly(requestsADay, 7 * 60, 23 * 60),
  'in four bursts of half an hour': () =>
    [8, 12, 17, 21].flatMap((hour) => evenly(requestsADay / 4, hour * 60, hour * 60 + 30)),
  'in one burst of ten minutes': () => evenly(requestsADay, 20 * 60, 20 * 60 + 10),
} satisfies Record<string, () => number[]>

/** Thirty days of a thousand requests against every free tier. Calculated, from what a turn was counted to use. */
export const month = (): Promise<Part> => {
  const rests = [0, 30].flatMap((restMinutes) =>
    Object.entries(patterns).map(([pattern, momentsOf]) => ({ restMinutes, pattern, day: momentsOf() })),
  )
  const rows = rests.map(({ restMinutes, pattern, day }) => {
    const moments = Array.from({ length: days }, (_, date) => day.map((minute) => date * minutesADay + minute)).flat()
    const cuHours =
      (awakeMinutes(restMinutes === 0 ? moments : together(moments, restMinutes)) / idleMinutes) * cuHoursAWindow
    const use: Record<Metric, number> = {
      ...useOf({ ...usual, users, requests: requestsADay }),
      'neon.cuHours': cuHours,
    }
    const shares = freeTiers
      .filter(({ id, period }) => id !== 'model.micros' && period !== 'request')
      .map(({ id, service, metric, limit }) => ({ what: `${service}, ${metric}`, share: use[id] / limit }))
      .sort((a, b) => b.share - a.share)
    const [first, second] = shares
    const binds = firstLimit(use)
    const percent = (share: number | undefined) => `${((share ?? NaN) * 100).toFixed(0)} %`
    return [
      pattern,
      restMinutes === 0 ? 'at once' : `within ${restMinutes} min`,
      `${cuHours.toFixed(0)} of 100`,
      `${first?.what}: ${percent(first?.share)}`,
      `${second?.what}: ${percent(second?.share)}`,
      binds.share > 1 ? `day ${Math.max(1, Math.ceil(days / binds.share))}` : 'not in the month',
    ]
  })
  return Promise.resolve({
    title: 'A thousand requests a day for thirty days',
    how:
      `${users} people, calculated from \`worker/src/metering/per-turn.ts\` and ` +
      '`shared/src/free-tiers.ts`; Neon is awake until five minutes after it was last asked, minute by minute. ' +
      'Only turns are in it: reading what no cache holds wakes it too. `node bench/sleep.ts` watches the real Worker instead.',
    head: ['requests come', 'turns are written', 'Neon, CU-hours', 'first tier', 'second', 'first tier is used up'],
    rows,
  })
}
