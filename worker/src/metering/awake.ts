/** Windows of five minutes in the 16 hours in which people are awake. */
const wakingWindows = (16 * 60) / 5
const windowSeconds = 300
/**
 * Turns that go to a resting database all the same: it was borrowed of too little, or fifty turns waited. bench/sleep.ts
 * measured 6.1 hours awake a day at 1,000 turns, of which 4 are the pauses that end: 37 wakes more.
 */
const wakesATurn = 0.037

type Day = {
  turns: number
  /** Opened apps, of which each is taken to find the cache empty. */
  visits: number
  /** How long finished turns wait at most; 0 where each is written at once. */
  restSeconds: number
}

/** In how many windows of five minutes a day's use keeps the database awake, as far as that can be told from outside. */
export const awakeWindows = ({ turns, visits, restSeconds }: Day): number => {
  const pauses = turns > 0 ? 1 / (restSeconds / (wakingWindows * windowSeconds) + 1 / turns) : 0
  const wakes = restSeconds > 0 ? Math.min(turns, pauses + turns * wakesATurn) + visits : turns
  // They fall where they like: some windows get many of them, some get none and let the database sleep.
  return wakingWindows * (1 - Math.exp(-wakes / wakingWindows))
}
