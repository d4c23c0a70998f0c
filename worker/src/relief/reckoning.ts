import { tiersOf, type Reduction } from '@macro-ai/shared'
import { factsIn, noFacts } from '../board/facts.ts'
import { levelsOf, readingsIn } from '../board/limits.ts'
import { useOf } from '../board/use.ts'
import type { Count } from '../metering/meter.ts'
import type { Settings } from '../settings.ts'
import { reductionsOf } from './gates.ts'

type Told = {
  /** Of the month so far. */
  counts: Count[]
  /** What the meter has noted, by key: the board's last look into the database, and what providers said. */
  notes: Record<string, string>
  settings: Pick<Settings, 'LIMITS' | 'DATABASE_REST_SECONDS' | 'INSTANCE_MONTH_CAP_MICROS'>
  now: number
}

/** What rests by what the meter knows itself: reckoned with every report, without asking anybody. */
export const reckon = ({ counts, notes, settings, now }: Told): Reduction[] => {
  const facts = factsIn(notes, now)?.facts ?? noFacts
  const levels = levelsOf(tiersOf(settings.LIMITS), {
    use: useOf(counts, facts, settings.DATABASE_REST_SECONDS),
    facts,
    readings: readingsIn(notes),
    capMicros: facts.capMicros ?? settings.INSTANCE_MONTH_CAP_MICROS,
    now,
  })
  return reductionsOf(levels, { degrade: facts.degrade, now })
}
