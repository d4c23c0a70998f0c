/**
 * What one turn uses of what we cannot count where it happens. Requests and rows follow from `chat/journal.ts`: a turn's
 * four states, its alarms, its title and a row of events a second. CPU is docs/figures.md's of a turn without its
 * tokens, over the two invocations it takes.
 */
export const perTurn = {
  /** Its conversation's and the till's. */
  objectRequests: 4,
  rowsWritten: 15,
  rowsWrittenASecond: 1,
  rowsRead: 60,
  /** An object stays in memory, and is billed, for this long after its last event. */
  idleSeconds: 10,
  gigabytes: 0.125,
  cpuMsARequest: 7,
  databaseTrips: 2,
  cacheCommands: 2,
  /** The turn itself, the conversation opened and a page of the list. */
  workerRequests: 3,
  /** A page and a token for it, for every this many turns. */
  turnsAVisit: 5,
  invocationsAVisit: 2,
} as const

/** The chat page's first load, compressed: its JavaScript's budget, and as much again for all else. */
export const pageBytes = 150_000
/** What a person has in the cache, see `conversations/pages.ts`. */
export const cachedBytesAPerson = 11_000
/** Neon's smallest compute, awake for a window of five minutes. */
export const cuHoursAWindow = (0.25 * 5) / 60
