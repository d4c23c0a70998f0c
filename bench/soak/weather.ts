import type { FaultOrder } from '../../worker/local/faults.ts'
import type { Chance } from './chance.ts'

const anywhere = ['down', 'slow', '429', '500', 'malformed', 'cut', 'lost-reply', 'hang'] as const
const ofTheModel = ['no-usage', 'duplicate-usage', 'stall', 'error-event', 'no-first-byte', 'bad-json'] as const
const targets = ['database', 'cache', 'identity', 'model', 'model', 'database'] as const

/** The next thing that goes wrong: a few requests to one of the services. */
export const nextFault = (chance: Chance): FaultOrder => {
  const target = chance.one(targets)
  const kinds: readonly FaultOrder['kind'][] = target === 'model' ? [...anywhere, ...ofTheModel] : anywhere
  const kind = chance.one(kinds)
  const ms = kind === 'slow' ? chance.between(50, 1_500) : kind === 'hang' ? 5_000 : chance.between(20, 400)
  return { target, kind, times: chance.between(1, 4), ms }
}
