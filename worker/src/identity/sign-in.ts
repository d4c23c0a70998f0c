import type { Challenge, Tokens } from '@macro-ai/shared'
import type { Granted, Outcome } from '../adapters/cognito.ts'
import type { Deps } from '../deps.ts'
import { log } from '../log.ts'
import type { Person } from '../person.ts'
import { Problem, unavailable } from '../problem.ts'
import { failEvenly } from './evenly.ts'
import { mostSeconds } from './issued.ts'
import { admit } from './joining.ts'
import { busy, isBusy, Refused, refusedToken } from './refused.ts'
import { isOut, personSlot } from './standing.ts'

type Needs = Pick<Deps, 'cognito' | 'store' | 'settings' | 'now'>

const wrong = (detail: string) => new Problem('unauthenticated', { detail })

/**
 * One sentence for an unknown address, a wrong password, too many tries, and an account that is disabled or not
 * confirmed: who just tried to sign up with somebody's address knows the password of the account that this may have made.
 */
const wrongPassword = () =>
  wrong(
    'The e-mail address or the password is not right, or the address is not confirmed yet. After several tries, wait a few minutes.',
  )

const refusedSignIn = (error: unknown): unknown => {
  if (!(error instanceof Refused)) return error
  return isBusy(error) ? busy() : wrongPassword()
}

const refusedCode = (error: unknown): unknown => {
  if (!(error instanceof Refused)) return error
  return isBusy(error) ? busy() : wrong('The code is not right or too old. Sign in again.')
}

const attempt = async <T>(call: Promise<T>, refused: (error: unknown) => unknown): Promise<T> => {
  try {
    return await call
  } catch (error) {
    throw refused(error)
  }
}

const tokensOf = (granted: Granted, refreshToken = ''): Tokens => ({
  accessToken: granted.accessToken,
  refreshToken: granted.refreshToken ?? refreshToken,
  expiresIn: granted.expiresIn,
})

/** Who came in, so that a turn finds the person in its one statement. A database that is away does not stop a sign-in. */
const arrival = async (needs: Needs, granted: Granted): Promise<Person | undefined> => {
  try {
    return await admit(needs, granted.who)
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'unavailable') throw error
    log.warn('introduce', { error: String(error) })
    return undefined
  }
}

/**
 * Somebody whom Cognito let in. A token of the very second of a sign-out everywhere counts as signed out: who comes
 * back within that second gets one of the next.
 */
const enter = async (needs: Needs, granted: Granted): Promise<Tokens> => {
  const person = await arrival(needs, granted)
  if (person?.disabled) throw wrongPassword()
  let current = granted
  for (let tries = 0; person && isOut(person, current.issuedAt); tries++) {
    if (tries === mostSeconds || current.refreshToken === undefined)
      throw unavailable('You were just signed out everywhere. Sign in again in a moment.')
    await new Promise((resolve) => setTimeout(resolve, 1000 - (needs.now() % 1000)))
    const outcome = await attempt(needs.cognito.refresh(current.refreshToken), refusedToken)
    if (!('granted' in outcome)) throw wrongPassword()
    current = { ...outcome.granted, refreshToken: outcome.granted.refreshToken ?? current.refreshToken }
  }
  return tokensOf(current)
}

const finish = async (needs: Needs, outcome: Outcome): Promise<Tokens | Challenge> => {
  if ('granted' in outcome) return enter(needs, outcome.granted)
  if (outcome.challenge === 'SOFTWARE_TOKEN_MFA') return { challenge: 'totp', session: outcome.session }
  throw new Problem('forbidden', { detail: 'This account needs a step that this app does not know.' })
}

export const signIn = (needs: Needs, email: string, password: string): Promise<Tokens | Challenge> =>
  failEvenly(needs.settings.AUTH_FLOOR_MS, async () =>
    finish(needs, await attempt(needs.cognito.signIn(email, password), refusedSignIn)),
  )

export const answerChallenge = (needs: Needs, email: string, session: string, code: string) =>
  failEvenly(needs.settings.AUTH_FLOOR_MS, async () =>
    finish(needs, await attempt(needs.cognito.answerTotp(email, session, code), refusedCode)),
  )

const signInAgain = () => wrong('Sign in again.')

/**
 * New tokens for a refresh token, which is used up by it. Nobody who is disabled or signed out gets any, as far as the
 * cache knows: whether their holder may still do anything is asked again at every use, so that this wakes no database.
 */
export const refresh = async (
  { cognito, cache }: Needs & Pick<Deps, 'cache'>,
  refreshToken: string,
): Promise<Tokens> => {
  const { granted } = { granted: undefined, ...(await attempt(cognito.refresh(refreshToken), refusedToken)) }
  if (!granted) throw signInAgain()
  const { person } = await cache.find({ person: personSlot(granted.who.id) })
  if (person && isOut(person, granted.issuedAt)) throw signInAgain()
  return tokensOf(granted, refreshToken)
}

/** Signing out twice, or with a token that never was, is the same as once. */
export const signOut = async ({ cognito }: Needs, refreshToken: string): Promise<void> => {
  try {
    await cognito.revoke(refreshToken)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
  }
}
