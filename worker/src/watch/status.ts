import { parts, type Part, type Reduction, type Status } from '@macro-ai/shared'
import { dayMs, dayOf, daysBefore } from '../board/calendar.ts'
import type { Noted } from '../board/facts.ts'
import type { Relief } from '../relief/relief.ts'
import type { MonthSoFar, OpenLadder } from '../spending/ladder.ts'
import type { Trouble } from './record.ts'

const shownDays = 30
/** An isolate answers from what it knows for so long: a page that many open costs one look at the record. */
const freshMs = 30_000

const statusOf = (troubles: Trouble[], now: number): Omit<Status, 'running'> => {
  const days = [...daysBefore(dayOf(now), shownDays - 1), dayOf(now)]
  const of = (part: Part) => {
    const own = troubles.filter((trouble) => trouble.part === part)
    const open = own.find(({ isOpen }) => isOpen)
    return {
      part,
      status: open ? ('trouble' as const) : ('ok' as const),
      since: open ? new Date(open.began).toISOString() : null,
      days: days.map((day) => ({ day, minutes: minutesOn(day, own) })),
    }
  }
  const all = parts.map(of)
  return {
    status: all.some(({ status }) => status === 'trouble') ? 'trouble' : 'ok',
    parts: all,
    at: new Date(now).toISOString(),
  }
}

/** A failure that nobody met a second time counts as a minute. */
const minutesOn = (day: string, troubles: Trouble[]): number => {
  const [from, to] = [Date.parse(day), Date.parse(day) + dayMs]
  const ms = troubles
    .filter(({ began, last }) => began < to && last >= from)
    .reduce((sum, { began, last }) => sum + Math.max(60_000, Math.min(last, to) - Math.max(began, from)), 0)
  return Math.min(1_440, Math.round(ms / 60_000))
}

type Needs = {
  ask: (from: number) => Promise<{ troubles: Trouble[]; reductions: Reduction[]; facts: Noted | undefined }>
  relief: Relief
  ladder: OpenLadder
  /** The month's budget where the owner has set no other. */
  capMicros: number
  now: () => number
}

/** How the app does, from what people's own requests met, and what rests. It wakes no database. */
export const openStatus = ({ ask, relief, ladder, capMicros, now }: Needs) => {
  let known: { at: number; status: Omit<Status, 'running'>; month: MonthSoFar | undefined } | undefined
  return async (): Promise<Status> => {
    if (!known || now() - known.at >= freshMs) {
      const { troubles, reductions, facts } = await ask(now() - shownDays * dayMs)
      relief.learn(reductions)
      known = { at: now(), status: statusOf(troubles, now()), month: facts && monthOf(facts, capMicros) }
    }
    return { ...known.status, running: { ladder: ladder.at(now(), known.month), reductions: relief.inForce() } }
  }
}

const monthOf = ({ facts }: Noted, capMicros: number): MonthSoFar => ({
  usedMicros: facts.spentMicros,
  capMicros: facts.capMicros ?? capMicros,
  degrade: facts.degrade,
})
