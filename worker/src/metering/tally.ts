import type { Metric } from '@macro-ai/shared'

/** What is counted as it happens: limits' own metrics, and what the advisor wants to know. */
export type Counted = Metric | 'turns' | 'isolates' | 'cache.hits' | 'cache.misses' | 'database.trips' | 'database.slow'
export type Counts = Partial<Record<Counted, number>>

/** What an isolate tells the meter. `windows` are the five minutes, counted from the epoch, in which it woke the database. */
export type Report = { counts: Counts; windows: number[] }

export const windowMs = 5 * 60_000
/** A request of a person and the turn it starts both count, so this is one report for 50 requests at most. */
const reportEvery = 100
const slowMs = 1_000

type Options = {
  now: () => number
  /** Hands a report to the meter; it may fail. */
  send: (report: Report) => Promise<unknown>
  /** Keeps what is running alive after the answer. */
  later: (work: Promise<unknown>) => void
  random?: () => number
}

/**
 * An isolate's counts. They are sent every 100th time, so counting costs nothing and wakes no database. The first time
 * comes after a random number of requests and stands for 100: an isolate that ends takes up to 99 uncounted requests
 * with it, another tells as many too much, and on average the meter is right, however short isolates live.
 */
export const openTally = ({ now, send, later, random = () => Math.random() }: Options) => {
  let counts: Counts = { isolates: 1 }
  let windows = new Set<number>()
  let seen = 0
  let isFirst = true
  let due = 1 + Math.floor(random() * reportEvery)

  const add = (metric: Counted, amount = 1) => {
    counts[metric] = (counts[metric] ?? 0) + amount
  }
  const take = (scale: number): Report => {
    const entries = Object.entries(counts).map(([metric, amount]) => [
      metric,
      metric === 'isolates' ? amount : amount * scale,
    ])
    const report = { counts: Object.fromEntries(entries) as Counts, windows: [...windows] }
    counts = {}
    windows = new Set()
    seen = 0
    return report
  }
  const restore = (report: Report) => {
    for (const [metric, amount] of Object.entries(report.counts)) add(metric as Counted, amount)
    for (const window of report.windows) windows.add(window)
  }

  return {
    add,
    /** A trip to the database, which keeps it awake. */
    trip: (ms: number, bytes: number) => {
      add('database.trips')
      if (ms > slowMs) add('database.slow')
      add('neon.egressBytes', bytes)
      windows.add(Math.floor(now() / windowMs))
    },
    /** One more request: every hundredth sends a report. */
    tick: () => {
      seen += 1
      if (seen < due) return
      const report = take(isFirst ? reportEvery / seen : 1)
      isFirst = false
      due = reportEvery
      later(send(report).catch(() => restore(report)))
    },
    /** Everything up to now, as it is, for who reads the meter this moment. What cannot be told is put back. */
    drain: async <T>(tell: (report: Report) => Promise<T>): Promise<T> => {
      const report = take(1)
      isFirst = true
      due = 1 + Math.floor(random() * reportEvery)
      try {
        return await tell(report)
      } catch (error) {
        restore(report)
        throw error
      }
    },
  }
}

export type Tally = ReturnType<typeof openTally>
