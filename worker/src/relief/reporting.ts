import { hourMs } from '../board/calendar.ts'
import { refreshFacts } from '../board/facts.ts'
import type { Deps } from '../deps.ts'
import { log } from '../log.ts'
import { windowMs, type Report } from '../metering/tally.ts'

type Needs = Pick<Deps, 'store' | 'meter' | 'now' | 'relief'>

/**
 * Hands a report to the meter and learns what rests. What the database told is read anew once it is an hour old, where
 * this report shows that the database is awake anyway.
 */
export const report = async (needs: Needs, told: Report): Promise<void> => {
  const { meter, now, relief } = needs
  const { reductions, factsAt } = await meter().add(told)
  relief.learn(reductions)
  const isAwake = told.windows.includes(Math.floor(now() / windowMs))
  const isOld = factsAt === null || now() - Date.parse(factsAt) > hourMs
  if (isAwake && isOld) await refreshFacts(needs).catch((error: unknown) => log.warn('facts', { error: String(error) }))
}
