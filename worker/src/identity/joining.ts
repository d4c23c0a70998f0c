import { newId, type Invite, type InviteOptions } from '@macro-ai/shared'
import type { SignedIn } from '../adapters/tokens.ts'
import type { Deps } from '../deps.ts'
import { sha256 } from '../digest.ts'
import type { Person } from '../person.ts'
import { Problem } from '../problem.ts'
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

/** Letters and digits that nobody mixes up. */
const alphabet = 'ABCDEFGHJKMNPQRSTVWXYZ23456789'
const codeLength = 20

const newCode = (): string => {
  // Bytes past the last whole multiple of the alphabet would favour its first letters.
  const fair = Math.floor(256 / alphabet.length) * alphabet.length
  let code = ''
  while (code.length < codeLength)
    for (const byte of crypto.getRandomValues(new Uint8Array(codeLength)))
      if (byte < fair && code.length < codeLength) code += alphabet[byte % alphabet.length] ?? ''
  return code
}

/** 98 random bits need no salt. Case and dashes do not count. */
const codeDigest = (code: string): Promise<string> => sha256(code.toUpperCase().replace(/[^A-Z0-9]/g, ''))

/** An invitation. Its code is told this once; only a hash of it is kept. */
export const makeInvite = async (
  { store, settings, now }: Needs & Pick<Deps, 'now'>,
  user: { id: string },
  { maxUses, days }: InviteOptions,
): Promise<Invite> => {
  const code = newCode().match(/.{5}/g)?.join('-') ?? ''
  const expiresAt = new Date(now() + days * 86_400_000)
  await store.addInvite({
    id: newId(),
    auditId: newId(),
    createdBy: user.id,
    digest: await codeDigest(code),
    maxUses,
    expiresAt,
  })
  const url = new URL('/sign-up', settings.ALLOWED_ORIGINS[0])
  url.searchParams.set('invite', code)
  return { code, url: url.href, maxUses, expiresAt: expiresAt.toISOString() }
}
