import { tiersOf, type Board, type SpendingReport } from '@macro-ai/shared'
import type { Facts } from '../adapters/database/board.ts'
import type { Deps } from '../deps.ts'
import { reductionsOf } from '../relief/gates.ts'
import { ladderOf } from '../spending/ladder.ts'
import type { Count } from '../metering/meter.ts'
import { dayMs, dayOf, daysBefore } from './calendar.ts'
import { firstDay, readFacts } from './facts.ts'
import { levelsOf, limitsOf, readingsIn } from './limits.ts'
import { stageOf } from './stage.ts'
import { useOf } from './use.ts'

type Needs = Pick<Deps, 'store' | 'meter' | 'caps' | 'now' | 'tally' | 'freeModel' | 'settings' | 'relief'>

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

/**
 * How far every free tier is used, where it is going, and what to do next. What only the database knows may be `ageMs`
 * old: 0 asks it.
 */
export const board = async (needs: Needs, ageMs = 0): Promise<Board> => {
  const { meter, tally, caps, now, freeModel, settings, relief } = needs
  const from = firstDay(now())
  const { facts, at } = await readFacts(needs, ageMs)
  const [counts, noted] = await tally.drain((report) =>
    Promise.all([meter().read(report, from), meter().notes('provider:')]),
  )
  const use = useOf(counts, facts, settings.DATABASE_REST_SECONDS)
  const capMicros = facts.capMicros ?? caps.instanceMonth
  const tiers = tiersOf(settings.LIMITS)
  const known = { use, facts, readings: readingsIn(noted), capMicros, now: now() }
  const since = [...counts, ...facts.days].map(({ day }) => day).sort()[0] ?? dayOf(now())
  const items = limitsOf({ ...known, tiers, since })
  const reductions = reductionsOf(levelsOf(tiers, known), { degrade: facts.degrade, now: now() })
  relief.learn(reductions)
  return {
    items,
    nextCursor: null,
    stage: stageOf(measuredFrom(counts, facts, use.stored('upstash.bytes'), now()), items),
    ladder: ladderOf(
      { usedMicros: facts.spentMicros, capMicros, degrade: facts.degrade },
      freeModel !== undefined,
      now(),
    ),
    reductions,
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
