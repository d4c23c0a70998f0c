import { KeyScope, newId, type ApiKey, type MadeKey, type NewKey } from '@macro-ai/shared'
import type { KeyHolder } from '../adapters/database/keys.ts'
import type { Deps } from '../deps.ts'
import { base64url } from '../digest.ts'
import { Problem } from '../problem.ts'
import { periodsOf } from '../spending/period.ts'

const mostKeys = 20
const secretBytes = 32

type Needs = Pick<Deps, 'store' | 'now'>

/** What is kept of a key. It is random, so one round of SHA-256 is as good as many. */
const digestOf = async (key: string) =>
  base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))))

/** Makes a key for other programs. Nobody can show it again. */
export const makeKey = async ({ store, now }: Needs, user: { id: string }, wanted: NewKey): Promise<MadeKey> => {
  const at = new Date(now())
  if (wanted.expiresAt !== null && Date.parse(wanted.expiresAt) <= at.getTime())
    throw new Problem('invalid', { errors: [{ path: 'expiresAt', message: 'must be in the future' }] })
  const key = `mk_${base64url(crypto.getRandomValues(new Uint8Array(secretBytes)))}`
  const made = await store.addKey(
    user.id,
    {
      ...wanted,
      id: newId(at.getTime()),
      digest: await digestOf(key),
      hint: `${key.slice(0, 6)}…${key.slice(-4)}`,
      scopes: KeyScope.options.filter((scope) => wanted.scopes.includes(scope)),
      now: at,
    },
    periodsOf(at).month,
    mostKeys,
  )
  if (!made) throw new Problem('conflict', { detail: `You have ${mostKeys} keys. Delete one first.` })
  return { ...made, key }
}

export const listKeys = async ({ store, now }: Needs, user: { id: string }): Promise<ApiKey[]> =>
  (await store.listKeys(user.id, periodsOf(new Date(now())).month)) ?? []

/** Puts a key out, at once: no call that is not running yet is made with it. */
export const revokeKey = async ({ store, now }: Needs, user: { id: string }, id: string): Promise<void> => {
  if ((await store.revokeKey(user.id, id, new Date(now()))) === undefined) throw new Problem('not_found')
}

/** Who holds a key; nothing when it is no key of ours, or not any more. */
export const holderOf = async ({ store, now }: Needs, key: string): Promise<KeyHolder | undefined> =>
  store.findKey(await digestOf(key), new Date(now()))
