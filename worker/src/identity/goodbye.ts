import type { SignedIn } from '../adapters/tokens.ts'
import { rereadingId } from '../chat/rereading.ts'
import { pageSlot } from '../conversations/pages.ts'
import type { Deps } from '../deps.ts'
import { eraseFiles } from '../files/files.ts'
import { embeddingsOf } from '../knowledge/embedding.ts'
import { Problem, unavailable } from '../problem.ts'
import { busy, isBusy, Refused, refusedToken } from './refused.ts'
import { changing, personSlot, tellCache } from './standing.ts'

type Needs = Pick<Deps, 'cognito' | 'store' | 'cache' | 'files' | 'till' | 'now'>

/** Stops what the objects of some conversations are writing, and erases what they remember. */
export type EraseChats = (conversationIds: string[]) => Promise<void>

/** Few enough for one statement within its deadline, many enough for few round trips. */
const atOnce = 200

const wrongPassword = () => new Problem('invalid', { errors: [{ path: 'password', message: 'is not right' }] })

/**
 * An access token that Cognito takes, from who knows the password; with a second factor on it is the caller's own.
 * Nothing when the account is gone already: an earlier try got that far.
 */
const proof = async ({ cognito }: Needs, user: SignedIn, password: string): Promise<string | undefined> => {
  const ownToken = () => cognito.whoIs(user.token).then(() => user.token)
  try {
    // Cognito takes the id as a name, so this needs no row of ours.
    const outcome = await cognito.signIn(user.id, password)
    return 'granted' in outcome ? outcome.granted.accessToken : await ownToken()
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (isBusy(error)) throw busy()
    const own = await ownToken().catch((reason: unknown) => reason)
    if (own instanceof Refused && own.reason === 'UserNotFoundException') return undefined
    throw typeof own === 'string' ? wrongPassword() : refusedToken(own)
  }
}

/**
 * Erases an account. Every step may be repeated, so whatever breaks off half-way is finished by asking again. First all
 * tokens go out, and nothing new begins; then the conversations with what their objects hold, and everything else but
 * an empty row, which still lets its owner in to ask again; then the account at Cognito, the row, and the cache.
 */
export const eraseMe = async (
  needs: Needs,
  user: SignedIn,
  password: string,
  eraseChats: EraseChats,
): Promise<void> => {
  const { cognito, store, cache, now } = needs
  const known = await store.findPerson(user.id)
  if (known?.disabled) throw new Problem('unauthenticated')
  const token = await proof(needs, user, password)

  const out = await changing(needs, user.id, () =>
    store.signOutEverywhere(user.id, new Date(user.issuedAt * 1000), new Date(now())),
  )
  if (out) await tellCache(needs, out)
  // Nothing begins at the till any more either, and what it borrowed for them goes back.
  await needs.till?.touch(user.id)
  const refused = await needs.till?.callIn(user.id)
  if (refused?.length) await eraseChats(refused)
  for (;;) {
    const ids = await store.someConversations(user.id, atOnce)
    if (ids.length === 0) break
    await eraseChats(ids)
    await store.eraseConversations(user.id, ids)
  }
  await eraseChats([rereadingId])
  await eraseFiles(needs, user.id)
  await store.eraseKnowledge(user.id)
  await store.emptyPerson(user.id, new Date(now()))
  if (token !== undefined)
    await cognito.deleteUser(token).catch((error: unknown) => {
      if (!(error instanceof Refused && error.reason === 'UserNotFoundException')) throw refusedToken(error)
    })
  await store.forgetPerson(user.id)
  if (!(await cache.forget([personSlot(user.id).key, pageSlot(user.id).key], embeddingsOf(user.id))))
    throw unavailable('Your account is gone. What the cache keeps of it goes by itself within a day.')
}
