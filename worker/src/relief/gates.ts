import type { FreeTier, Gate, Metric, Reduction } from '@macro-ai/shared'
import { nextOf } from '../board/calendar.ts'

/** At which share of a limit each gate shuts. Other programs first, people's turns last. */
type Steps = Partial<Record<Gate, number>>

/** What every request, or every statement, uses up. The last part is left for reading, which is never shut. */
const shared: Steps = { api: 0.8, documents: 0.9, files: 0.9, 'sign-up': 0.95, turns: 0.98 }
/** What only files use, and what sends a bill past its line: shut well before it. */
const ofFiles: Steps = { files: 0.9 }
const ofCache: Steps = { cache: 0.9 }

const steps: Partial<Record<Metric, Steps>> = {
  'workers.requests': shared,
  'objects.requests': shared,
  'objects.gbSeconds': shared,
  'objects.rowsRead': shared,
  'objects.rowsWritten': shared,
  'objects.bytes': shared,
  'neon.bytes': shared,
  'neon.cuHours': shared,
  'neon.egressBytes': shared,
  'r2.bytes': ofFiles,
  'r2.classA': ofFiles,
  'r2.classB': ofFiles,
  'upstash.commands': ofCache,
  'upstash.bytes': ofCache,
  // Pages are Vercel's alone, and it pauses all of them: nobody new comes while it is near that.
  'vercel.invocations': { 'sign-up': 0.9 },
  'vercel.bytes': { 'sign-up': 0.9 },
  'cognito.users': { 'sign-up': 0.9 },
  // Ten codes of the fifty are left to who has forgotten a password.
  'cognito.emails': { 'sign-up': 0.8 },
  'aws.micros': { 'sign-up': 0.8 },
  // Of what the provider itself has counted; what we count has a ladder of its own in `spending/ladder.ts`.
  'model.micros': { api: 0.9, turns: 1 },
}

/** Counted by the month, and yet no new month takes it back: who has an account keeps it. */
const stays = new Set<Metric>(['cognito.users'])

export const gates: readonly Gate[] = ['cache', 'api', 'documents', 'files', 'sign-up', 'turns']

/** A limit, and how far it is used. */
export type Level = { tier: FreeTier; share: number }

/** The limit that keeps a gate shut for longest; one without a new period does until there is room. */
const longest = (one: Reduction, other: Reduction) => (one.resetsAt ?? '9').localeCompare(other.resetsAt ?? '9')

/**
 * What rests at these levels. More used never opens a gate, and a new period shuts none. An owner who wants no
 * degrading keeps only what stands before a bill.
 */
export const reductionsOf = (levels: Level[], { degrade, now }: { degrade: boolean; now: number }): Reduction[] => {
  const inForce = levels.filter(({ tier }) => degrade || tier.past === 'bills')
  return gates.flatMap((gate) => {
    const shut = inForce.flatMap(({ tier: { id, service, metric, ...tier }, share }): Reduction[] => {
      const from = steps[id]?.[gate]
      const period = stays.has(id) ? 'total' : tier.period
      if (from === undefined || share < from || period === 'request') return []
      const resetsAt = period === 'total' ? null : new Date(nextOf(period, now)).toISOString()
      return [{ gate, resource: id, service, metric, period, share, resetsAt }]
    })
    return shut.sort(longest).slice(-1)
  })
}
