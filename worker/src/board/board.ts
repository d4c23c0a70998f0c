import type { Board, SpendingReport } from '@macro-ai/shared'
import type { Facts } from '../adapters/database/board.ts'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { ladderOf } from '../spending/ladder.ts'
import { periodsOf } from '../spending/period.ts'
import type { Count } from '../metering/meter.ts'
import { dayMs, dayOf, daysBefore } from './calendar.ts'
import { limitsOf } from './limits.ts'
import { stageOf } from './stage.ts'
import { useOf } from './use.ts'

type Needs = Pick<Deps, 'store' | 'meter' | 'caps' | 'now' | 'tally' | 'freeModel' | 'settings'>

const historyDays = 62
const noFacts: Facts = {
  ...{ databaseBytes: 0, messageBytes: 0, users: 0, fileBytes: 0, spentMicros: 0, capMicros: null },
  ...{ paused: false, degrade: true, days: [] },
}

/** What the database knows; while it is away, what it knew when the board was last opened. */
const readFacts = async ({ store, meter, now }: Needs, from: string): Promise<{ facts: Facts; at: string | null }> => {
  try {
    const facts = await store.boardFacts(from, periodsOf(new Date(now())).month)
    const at = new Date(now()).toISOString()
    await meter().note('facts', JSON.stringify({ facts, at }))
    return { facts, at }
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'unavailable')) throw error
    const { facts } = await meter().notes('facts')
    return facts === undefined ? { facts: noFacts, at: null } : (JSON.parse(facts) as { facts: Facts; at: string })
  }
}

const sumOver = (counts: Count[], metric: Count['metric'], days: string[]) =>
  counts.reduce((sum, one) => (one.metric === metric && days.includes(one.day) ? sum + one.amount : sum), 0)

/** Of fewer a share says nothing: the first days of an instance are all misses. */
const fewestLookups = 100

const measuredFrom = (counts: Count[], facts: Facts, cacheBytes: number, now: number) => {
  const today = dayOf(now)
  const week = daysBefore(today, 7)
  const seen = week.filter((day) => counts.some((one) => one.day === day))
  const days = seen.length > 0 ? seen : [today]
  const sum = (metric: Count['metric']) => sumOver(counts, metric, days)
  const lookups = sum('cache.hits') + sum('cache.misses')
  const share = (part: number, whole: number) => (whole > 0 ? part / whole : null)
  return {
    users: facts.users,
    requestsADay: sum('workers.requests') / days.length,
    databaseBytes: facts.databaseBytes,
    cacheBytes,
    cacheHitShare: lookups >= fewestLookups ? share(sum('cache.hits'), lookups) : null,
    slowQueryShare: share(sum('database.slow'), sum('database.trips')),
    coldStarts: sum('isolates') / days.length,
  }
}

/** How far every free tier is used, where it is going, and what to do next. */
export const board = async (needs: Needs): Promise<Board> => {
  const { meter, tally, caps, now, freeModel, settings } = needs
  const from = dayOf(now() - historyDays * dayMs)
  const { facts, at } = await readFacts(needs, from)
  const [counts, noted] = await tally.drain((report) =>
    Promise.all([meter().read(report, from), meter().notes('provider:')]),
  )
  const use = useOf(counts, facts, settings.DATABASE_REST_SECONDS)
  const capMicros = facts.capMicros ?? caps.instanceMonth
  const items = limitsOf({
    use,
    facts,
    readings: Object.fromEntries(
      Object.entries(noted).map(([key, text]) => [
        key.slice('provider:'.length),
        JSON.parse(text) as { used: number; at: string },
      ]),
    ),
    capMicros,
    since: [...counts, ...facts.days].map(({ day }) => day).sort()[0] ?? dayOf(now()),
    now: now(),
  })
  return {
    items,
    nextCursor: null,
    stage: stageOf(measuredFrom(counts, facts, use.stored('upstash.bytes'), now()), items),
    ladder: ladderOf({ usedMicros: facts.spentMicros, capMicros, degrade: facts.degrade }, freeModel !== undefined),
    degrade: facts.degrade,
    paused: facts.paused,
    factsAt: at,
  }
}

/** What everybody spent in the last days, today included. */
export const spending = async ({ store, now }: Pick<Deps, 'store' | 'now'>, days: number): Promise<SpendingReport> => {
  const [from, to] = [dayOf(now() - (days - 1) * dayMs), dayOf(now())]
  return { from, to, ...(await store.spending(from, to)) }
}
