/** What stands in a field of US dollars for an amount, and back. An empty field means that nothing of one's own is set. */
export const dollarsOf = (micros: number | null): string => (micros === null ? '' : String(micros / 1_000_000))

export const microsOf = (dollars: string): number | null =>
  dollars.trim() === '' ? null : Math.round(Number(dollars) * 1_000_000)
