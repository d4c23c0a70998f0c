import { dates, numbers } from '$lib/i18n/intl'
import * as m from '$messages'

const dayMs = 24 * 60 * 60 * 1000

/** Counts and times in the reader's own locale; money is in money.svelte.ts. */
export const count = (value: number): string => numbers().format(value)

/** The time of day, as the reader's clock shows it. */
export const clock = (time: Date): string => dates({ timeStyle: 'short' }).format(time)

/** When daily free allowances begin anew. */
export const nextUtcDay = (now = Date.now()): Date => new Date(Math.ceil((now + 1) / dayMs) * dayMs)

export const isoNow = (): string => new Date().toISOString()

/** The reader's day as a number. Counted by the calendar: where clocks change a day has 23 or 25 hours. */
const dayOf = (time: Date): number => Date.UTC(time.getFullYear(), time.getMonth(), time.getDate()) / dayMs

/** When something was said: the time if that was today, else the day too. */
export const saidAt = (iso: string): string => {
  const then = new Date(iso)
  const dateStyle = dayOf(then) === dayOf(new Date()) ? undefined : 'medium'
  return dates({ dateStyle, timeStyle: 'short' }).format(then)
}

/** The heading under which a conversation of that time stands. */
export const period = (iso: string, now = new Date()): string => {
  const then = new Date(iso)
  const daysAgo = dayOf(now) - dayOf(then)
  if (daysAgo <= 0) return m.today()
  if (daysAgo === 1) return m.yesterday()
  if (daysAgo <= 7) return m.previousDays({ days: 7 })
  if (daysAgo <= 30) return m.previousDays({ days: 30 })
  return dates({ month: 'long', year: 'numeric' }).format(then)
}
