import type { SignedIn } from '../adapters/tokens.ts'
import type { Deps } from '../deps.ts'
import { Person } from '../person.ts'
import { Problem, unavailable } from '../problem.ts'
import { introduce } from './joining.ts'

type Needs = Pick<Deps, 'store' | 'cache' | 'cognito' | 'settings'>

/** A day: who comes back within it wakes no database. */
const ttlSeconds = 86_400

/** Where the cache keeps a person. */
export const personSlot = (id: string) => ({ key: `person:1:${id}`, schema: Person })

/** A token names the second it was issued in: one of the very second of a sign-out may be from before it, so it is out. */
export const isOut = ({ disabled, signedOutAt }: Person, issuedAt: number): boolean =>
  disabled || issuedAt <= (signedOutAt ?? 0)

/**
 * Who holds a token, if it still stands: neither disabled nor signed out everywhere since it was issued. `kept` is what
 * the cache had; without it, also because the cache is away, the database is asked.
 */
export const standing = async (needs: Needs, user: SignedIn, kept: Person | undefined): Promise<Person> => {
  const person = kept ?? (await fromDatabase(needs, user))
  if (isOut(person, user.issuedAt)) throw new Problem('unauthenticated')
  return person
}

/** {@link standing}, with a command of its own. */
export const currentStanding = async (needs: Needs, user: SignedIn): Promise<Person> => {
  const { person } = await needs.cache.find({ person: personSlot(user.id) })
  return standing(needs, user, person)
}

const fromDatabase = async (needs: Needs, user: SignedIn): Promise<Person> => {
  const person = (await needs.store.findPerson(user.id)) ?? (await introduce(needs, user))
  await keepPerson(needs, person)
  return person
}

const keptAs = (person: Person) => [personSlot(person.id).key, person.revision, person, ttlSeconds] as const

const keepPerson = ({ cache }: Pick<Needs, 'cache'>, person: Person) => cache.put(...keptAs(person))

/** Makes a change of a person: see the cache's own. */
export const changing = <Result>({ cache }: Pick<Needs, 'cache'>, id: string, change: () => Promise<Result>) =>
  cache.changing(personSlot(id).key, change)

/** Keeps what somebody changed about themselves. */
export const keepChanged = ({ cache }: Pick<Needs, 'cache'>, person: Person) => cache.tell(...keptAs(person))

/** Returns once the cache has it, after a few tries. False when it could not be told. */
export const tellCache = ({ cache }: Pick<Needs, 'cache'>, person: Person) => cache.insist(...keptAs(person))

/** Makes what the owner changes about somebody, a ban for one. It is in force everywhere when this returns. */
export const changedByOwner = <Result>(
  needs: Pick<Needs, 'cache' | 'store'>,
  id: string,
  change: () => Promise<Result>,
): Promise<Result> =>
  changing(needs, id, async () => {
    const result = await change()
    const person = result && (await needs.store.findPerson(id))
    if (person && !(await tellCache(needs, person)))
      throw unavailable(
        'Saved, but the cache could not be told: until it is, some reads go on as before. Send it again.',
      )
    return result
  })
