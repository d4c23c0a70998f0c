import type { Deps } from '../deps.ts'
import { log } from '../log.ts'

type Needs = Pick<Deps, 'meter' | 'now' | 'sources'>

const freshMs = 15 * 60_000

/**
 * Asks the providers what they have counted, unless somebody did a moment ago, and notes it for the board. One that
 * does not answer keeps its last word, which the board shows with its time.
 */
export const refreshReadings = async ({ meter, now, sources }: Needs): Promise<void> => {
  if (sources.length === 0) return
  const { asked } = await meter().notes('asked')
  if (asked !== undefined && now() - Number(asked) < freshMs) return
  await meter().note('asked', String(now()))
  const at = new Date(now())
  await Promise.all(
    sources.map(async ({ name, ask }) => {
      try {
        for (const [metric, used] of Object.entries(await ask(at)))
          await meter().note(`provider:${metric}`, JSON.stringify({ used, at: at.toISOString() }))
      } catch (error) {
        log.warn('provider', { provider: name, error: error instanceof Error ? error.message : 'unknown' })
      }
    }),
  )
}
