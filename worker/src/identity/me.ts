import { Me, type MePatch } from '@macro-ai/shared'
import type { Person } from '../adapters/database/people.ts'
import type { SignedIn } from '../adapters/tokens.ts'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { introduce } from './sign-in.ts'

type Needs = Pick<Deps, 'store' | 'cache' | 'cognito' | 'caps' | 'models'>

/** An hour: caps that the owner changed show after at most that. What they allow is decided in the database, at once. */
const ttlSeconds = 3_600
const key = (id: string) => `me:1:${id}`

const meOf = ({ caps }: Needs, person: Person, user: SignedIn): Me => ({
  id: person.id,
  email: person.email,
  name: person.name,
  admin: user.admin,
  defaultModel: person.defaultModel,
  instructions: person.instructions,
  memory: person.memory,
  caps: {
    turnMicros: caps.turn,
    dayMicros: person.dailyCapMicros ?? caps.userDay,
    monthMicros: person.monthlyCapMicros ?? caps.userMonth,
  },
  createdAt: person.createdAt,
})

export const me = async (needs: Needs, user: SignedIn): Promise<Me> => {
  const kept = await needs.cache.get(key(user.id), Me)
  if (kept) return { ...kept, admin: user.admin }
  const person = (await needs.store.findPerson(user.id)) ?? (await introduce(needs, user.token))
  if (person.disabled || (person.signedOutAt !== null && person.signedOutAt >= user.issuedAt))
    throw new Problem('unauthenticated')
  const answer = meOf(needs, person, user)
  await needs.cache.put(key(user.id), person.revision, answer, ttlSeconds)
  return answer
}

export const changeMe = async (needs: Needs, user: SignedIn, patch: MePatch): Promise<Me> => {
  if (patch.defaultModel != null && needs.models.get(patch.defaultModel)?.kind !== 'chat')
    throw new Problem('invalid', { errors: [{ path: 'defaultModel', message: 'is not a model of this instance' }] })
  const person = await needs.store.changePerson(user.id, patch)
  if (!person) throw new Problem('not_found')
  const answer = meOf(needs, person, user)
  await needs.cache.put(key(user.id), person.revision, answer, ttlSeconds)
  return answer
}
