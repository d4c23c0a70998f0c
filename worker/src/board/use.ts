import type { Metric } from '@macro-ai/shared'
import type { Facts, LedgerDay } from '../adapters/database/board.ts'
import type { Count } from '../metering/meter.ts'
import { awakeWindows } from '../metering/awake.ts'
import { cachedBytesAPerson, cuHoursAWindow, pageBytes, perTurn } from '../metering/per-turn.ts'

type ByDay = ReadonlyMap<string, number>

/** Every metric of the free tiers, from what was counted and what the ledger knows. */
export type Use = {
  /** Of a metric that is counted by day. */
  on: (metric: Metric, day: string) => number
  /** Of what is there, whatever the day. */
  stored: (metric: Metric) => number
  /** Of a month that begins on a day: what is known for certain, whatever isolates took with them. */
  atLeast: (metric: Metric, month: string) => number
}

const byMetric = (counts: Count[]) => {
  const found = new Map<Count['metric'], Map<string, number>>()
  for (const { metric, day, amount } of counts) {
    const days = found.get(metric) ?? new Map<string, number>()
    found.set(metric, days.set(day, amount))
  }
  return (metric: Count['metric']): ByDay => found.get(metric) ?? new Map<string, number>()
}

const nothing: Omit<LedgerDay, 'day'> = { calls: 0, seconds: 0, micros: 0, windows: 0 }
/** What a turn is taken to run of which the ledger has not told yet. */
const usualSeconds = 10

/** `restSeconds`: how long turns wait for a sleeping database, 0 where each wakes it. */
export const useOf = (counts: Count[], facts: Facts, restSeconds: number): Use => {
  const counted = byMetric(counts)
  const days = new Map(facts.days.map((one) => [one.day, one]))
  /** A day by the ledger as it was last read, and the turns that were asked for since. */
  const ledgerOn = (date: string): typeof nothing => {
    const told = days.get(date) ?? nothing
    const untold = Math.max(0, (counted('turns').get(date) ?? 0) - told.calls)
    return { ...told, calls: told.calls + untold, seconds: told.seconds + untold * usualSeconds }
  }

  const visitsOn = (date: string) => (counted('vercel.invocations').get(date) ?? 0) / perTurn.invocationsAVisit
  // Turns that wait wake nothing: then the ledger's windows say when people spoke, which is the most it can have been.
  const wokenBy = ({ windows, calls }: typeof nothing, date: string) =>
    restSeconds > 0 ? Math.min(windows, awakeWindows({ turns: calls, visits: visitsOn(date), restSeconds })) : windows

  const derived: Partial<Record<Metric, (day: typeof nothing, date: string) => number>> = {
    'objects.requests': ({ calls }) => calls * perTurn.objectRequests,
    'objects.gbSeconds': ({ calls, seconds }) => (seconds + calls * perTurn.idleSeconds) * perTurn.gigabytes,
    'objects.rowsRead': ({ calls }) => calls * perTurn.rowsRead,
    'objects.rowsWritten': ({ calls, seconds }) => calls * perTurn.rowsWritten + seconds * perTurn.rowsWrittenASecond,
    // The meter loses what a short-lived isolate counted; what a turn wrote down it does not lose.
    'neon.cuHours': (day, date) => Math.max(wokenBy(day, date), counted('windows').get(date) ?? 0) * cuHoursAWindow,
    'vercel.bytes': (_, date) => visitsOn(date) * pageBytes,
    'model.micros': ({ micros }) => micros,
  }
  const stored: Partial<Record<Metric, number>> = {
    'workers.cpuMs': perTurn.cpuMsARequest,
    // A conversation's object keeps its answers' events: the same texts as the table of messages.
    'objects.bytes': facts.messageBytes,
    'r2.bytes': facts.fileBytes,
    'neon.bytes': facts.databaseBytes,
    'upstash.bytes': facts.users * cachedBytesAPerson,
  }

  const operations: Partial<Record<Metric, number>> = {
    'r2.classA': facts.operations?.writes,
    'r2.classB': facts.operations?.reads,
  }

  return {
    on: (metric, day) => (counted(metric).get(day) ?? 0) + (derived[metric]?.(ledgerOn(day), day) ?? 0),
    stored: (metric) => stored[metric] ?? 0,
    atLeast: (metric, month) => (facts.operations?.month === month ? (operations[metric] ?? 0) : 0),
  }
}

/** Metrics that are counted themselves, one by one. All others are derived from those. */
export const isCounted = (metric: Metric): boolean =>
  [
    'workers.requests',
    'cognito.emails',
    'cognito.users',
    'neon.bytes',
    'r2.bytes',
    'r2.classA',
    'r2.classB',
    'model.micros',
  ].includes(metric)
