const dayMs = 24 * 60 * 60 * 1000

/** The last days up to and with `until` (YYYY-MM-DD, UTC), those without an entry too. */
export const lastDays = (entries: { day: string; costMicros: number }[], until: string, days = 31) => {
  const costs = new Map(entries.map(({ day, costMicros }) => [day, costMicros]))
  const end = Date.parse(until)
  return Array.from({ length: days }, (_, place) => {
    const day = new Date(end - (days - 1 - place) * dayMs).toISOString().slice(0, 10)
    return { day, costMicros: costs.get(day) ?? 0 }
  })
}
