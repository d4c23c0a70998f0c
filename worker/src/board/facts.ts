import type { Facts } from '../adapters/database/board.ts'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { periodsOf } from '../spending/period.ts'
import { dayMs, dayOf } from './calendar.ts'

export type Noted = { facts: Facts; at: string }

const historyDays = 62
/** The first day that the board looks at. */
export const firstDay = (now: number): string => dayOf(now - historyDays * dayMs)

/** Of an instance whose database was never read. */
export const noFacts: Facts = {
  ...{ databaseBytes: 0, messageBytes: 0, users: 0, fileBytes: 0, spentMicros: 0, capMicros: null },
  ...{ paused: false, degrade: true, operations: null, days: [] },
}

/** Asks the database what only it knows, and notes it at the meter, which reckons with it from then on. */
export const refreshFacts = async ({ store, meter, now }: Pick<Deps, 'store' | 'meter' | 'now'>): Promise<Noted> => {
  const facts = await store.boardFacts(firstDay(now()), periodsOf(new Date(now())).month)
  const noted = { facts, at: new Date(now()).toISOString() }
  await meter().note('facts', JSON.stringify(noted))
  return noted
}

/** What the database knows; while it is away, what it knew when it was last asked. */
export const readFacts = async (
  needs: Pick<Deps, 'store' | 'meter' | 'now'>,
): Promise<{ facts: Facts; at: string | null }> => {
  try {
    return await refreshFacts(needs)
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'unavailable')) throw error
    const { facts } = await needs.meter().notes('facts')
    return facts === undefined ? { facts: noFacts, at: null } : (JSON.parse(facts) as Noted)
  }
}
