import { newId } from '@macro-ai/shared'
import type { SignedIn } from '../adapters/tokens.ts'
import type { Deps } from '../deps.ts'
import type { Person } from '../person.ts'
import { Problem } from '../problem.ts'
import { codeDigest } from './invites.ts'
import { refusedToken } from './refused.ts'

type Needs = Pick<Deps, 'store' | 'settings'>

const triesMs = [100, 1_000]

const closed = () => new Problem('forbidden', { detail: 'This instance is closed to new people. Ask its owner.' })
const notInvited = () =>
  new Problem('forbidden', { detail: 'This place is by invitation, and this invitation is not a good one.' })
const full = () =>
  new Problem('forbidden', { detail: 'This instance has as many people as its owner allows. Ask its owner.' })

/** A person who came in at Cognito: somebody known here, or somebody new who may join. */
export const admit = async (
  { store, settings }: Needs,
  { member, ...who }: { id: string; email: string; name: string | null; member: boolean },
): Promise<Person> => {
  // Whoever knows the pool's client id can sign up there behind our back. That alone opens no door here.
  const mayJoin = member || settings.JOIN === 'open'
  const person = await store.admit(who, mayJoin, settings.MAX_USERS)
  if (!person) throw mayJoin ? full() : settings.JOIN === 'closed' ? closed() : notInvited()
  return person
}

/** Makes sure that somebody whose token is good is known here; Cognito says no if the account is gone. */
export const introduce = async (needs: Needs & Pick<Deps, 'cognito'>, { token, member }: SignedIn): Promise<Person> => {
  const who = await needs.cognito.whoIs(token).catch((error: unknown) => {
    throw refusedToken(error)
  })
  return admit(needs, { ...who, member })
}

/**
 * Holds a place for somebody who signs up, and uses their invitation, while `join` asks Cognito. It gives the new
 * account's id, or nothing when there is none; then place and invitation are free again.
 */
export const takePlace = async (
  { store, settings }: Needs,
  invite: string | undefined,
  join: () => Promise<string | undefined>,
): Promise<void> => {
  if (settings.JOIN === 'closed') throw closed()
  const digest = settings.JOIN === 'invite' ? await codeDigest(invite ?? '') : null
  const placeId = newId()
  const held = await store.holdPlace(placeId, digest, settings.MAX_USERS)
  if (held.verdict === 'full') throw full()
  if (held.verdict === 'not_invited') throw notInvited()
  let id: string | undefined
  try {
    id = await join()
  } finally {
    // The same statement either way: its time must not tell whether the address had an account.
    await insist(() => store.settlePlace(placeId, held.inviteId, id ?? null))
  }
}

/** An account whose place was not settled stays outside, its invitation used: a database that stumbles is asked again. */
const insist = async <T>(settle: () => Promise<T>): Promise<T> => {
  for (const ms of triesMs) {
    try {
      return await settle()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, ms))
    }
  }
  return settle()
}
