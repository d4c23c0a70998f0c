import type { Cap } from '@macro-ai/shared'

/** The first days, UTC, of the day and the month a moment is in. */
export const periodsOf = (now: Date) => {
  const day = now.toISOString().slice(0, 10)
  return { day, month: `${day.slice(0, 7)}-01` }
}

/** When a cap starts anew; a turn's own cap never does. */
export const resetOf = (cap: Cap, now: Date): string | null => {
  if (cap === 'turn') return null
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
  return new Date(cap === 'user-day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1)).toISOString()
}
