import { nearlyFull, type Me, type MePatch } from '@macro-ai/shared'
import type { SignedIn } from '../adapters/tokens.ts'
import type { Deps } from '../deps.ts'
import type { Person } from '../person.ts'
import { Problem } from '../problem.ts'
import { checkModel } from '../spending/chosen.ts'
import { changing, currentStanding, keepChanged } from './standing.ts'

type Needs = Pick<
  Deps,
  'store' | 'cache' | 'cognito' | 'settings' | 'caps' | 'models' | 'files' | 'storageCaps' | 'ladder' | 'relief' | 'now'
>

const isNearlyFull = ({ databaseBytes }: Needs['storageCaps'], person: Person): boolean =>
  person.keptShare >= nearlyFull || (databaseBytes > 0 && person.databaseBytes >= nearlyFull * databaseBytes)

const meOf = (
  { caps, files, settings, storageCaps, ladder, relief, now }: Needs,
  person: Person,
  user: SignedIn,
): Me => ({
  id: person.id,
  email: person.email,
  name: person.name,
  admin: user.admin,
  defaultModel: person.defaultModel,
  instructions: person.instructions,
  memory: person.memory,
  files: files !== undefined,
  knowledge: person.knowledge,
  caps: {
    turnMicros: caps.turn,
    dayMicros: person.dailyCapMicros ?? caps.userDay,
    monthMicros: person.monthlyCapMicros ?? caps.userMonth,
  },
  rates: settings.rates,
  nearlyFull: isNearlyFull(storageCaps, person),
  running: { ladder: ladder.at(now()), reductions: relief.inForce() },
  createdAt: person.createdAt,
})

export const me = async (needs: Needs, user: SignedIn): Promise<Me> =>
  meOf(needs, await currentStanding(needs, user), user)

export const changeMe = async (needs: Needs, user: SignedIn, patch: MePatch): Promise<Me> => {
  checkModel(needs, patch.defaultModel, 'defaultModel')
  const person = await changing(needs, user.id, () => needs.store.changePerson(user.id, patch))
  if (!person) throw new Problem('not_found')
  await keepChanged(needs, person)
  return meOf(needs, person, user)
}
