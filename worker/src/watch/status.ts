import { parts, type Part, type Status } from '@macro-ai/shared'
import { dayMs, dayOf, daysBefore } from '../board/calendar.ts'
import type { Trouble } from './record.ts'

const shownDays = 30
/** An isolate answers from what it knows for so long: a page that many open costs one look at the record. */
const freshMs = 30_000

const statusOf = (troubles: Trouble[], now: number): Status => {
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

type Needs = { troubles: (from: number) => Promise<Trouble[]>; now: () => number }

/** How the app does, from what people's own requests met. It wakes no database. */
export const openStatus = ({ troubles, now }: Needs) => {
  let known: { at: number; status: Status } | undefined
  return async (): Promise<Status> => {
    if (known && now() - known.at < freshMs) return known.status
    const status = statusOf(await troubles(now() - shownDays * dayMs), now())
    known = { at: now(), status }
    return status
  }
}
