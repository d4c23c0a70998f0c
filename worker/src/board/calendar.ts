export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/** The days before today, oldest first. */
export const daysBefore = (today: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => dayOf(Date.parse(today) - (count - index) * dayMs))

/** When the UTC day or month that a moment is in begins and ends. */
export const spanOf = (period: 'day' | 'month', now: number): { from: number; to: number } => {
  const at = new Date(now)
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()]
  return period === 'day'
    ? { from: Date.UTC(year, month, day), to: Date.UTC(year, month, day + 1) }
    : { from: Date.UTC(year, month), to: Date.UTC(year, month + 1) }
}

export const nextOf = (period: 'day' | 'month', now: number): number => spanOf(period, now).to
