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

/** What the database told last, of this month; nothing where it was never asked. */
export const factsIn = (notes: Record<string, string>, now: number): Noted | undefined => {
  if (notes['facts'] === undefined) return undefined
  const { facts, at } = JSON.parse(notes['facts']) as Noted
  const isThisMonth = at.slice(0, 7) === dayOf(now).slice(0, 7)
  return { facts: isThisMonth ? facts : { ...facts, spentMicros: 0 }, at }
}

/** Asks the database what only it knows, and notes it at the meter, which reckons with it from then on. */
export const refreshFacts = async ({ store, meter, now }: Pick<Deps, 'store' | 'meter' | 'now'>): Promise<Noted> => {
  const facts = await store.boardFacts(firstDay(now()), periodsOf(new Date(now())).month)
  const noted = { facts, at: new Date(now()).toISOString() }
  await meter().note('facts', JSON.stringify(noted))
  return noted
}

/** What the database knows; what it told within `ageMs`, or while it is away, is not asked again. */
export const readFacts = async (
  needs: Pick<Deps, 'store' | 'meter' | 'now'>,
  ageMs: number,
): Promise<{ facts: Facts; at: string | null }> => {
  const now = needs.now()
  const known = async () => factsIn(await needs.meter().notes('facts'), now)
  const fresh = ageMs > 0 ? await known() : undefined
  if (fresh && now - Date.parse(fresh.at) < ageMs) return fresh
  try {
    return await refreshFacts(needs)
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'unavailable')) throw error
    return (await known()) ?? { facts: noFacts, at: null }
  }
}
