import type { Challenge, Tokens } from '@macro-ai/shared'
import type { Granted, Outcome } from '../adapters/cognito.ts'
import type { Deps } from '../deps.ts'
import { log } from '../log.ts'
import { Problem } from '../problem.ts'
import { Refused } from './refused.ts'

type Needs = Pick<Deps, 'cognito' | 'store'>

const wrong = (detail: string) => new Problem('unauthenticated', { detail })
const tooMany = () =>
  new Problem('rate_limited', { detail: 'Too many attempts. Wait a little and try again.', retryAfterSeconds: 60 })

/** One sentence for an unknown address, a wrong password and a disabled account alike. */
const refusedSignIn = (error: unknown): unknown => {
  if (!(error instanceof Refused)) return error
  if (error.reason === 'UserNotConfirmedException')
    return new Problem('forbidden', {
      detail: 'Confirm your e-mail address first: enter the code that was sent to it.',
    })
  if (error.reason === 'TooManyRequestsException' || error.message.includes('attempts exceeded')) return tooMany()
  return wrong('The e-mail address or the password is not right.')
}

const refusedCode = (error: unknown): unknown =>
  error instanceof Refused ? wrong('The code is not right or too old. Sign in again.') : error

const refusedToken = (error: unknown): unknown => (error instanceof Refused ? wrong('Sign in again.') : error)

const attempt = async <T>(call: Promise<T>, refused: (error: unknown) => unknown): Promise<T> => {
  try {
    return await call
  } catch (error) {
    throw refused(error)
  }
}

/** The claims of an ID token that came straight from Cognito over TLS: no signature to check. */
const claimsOf = (idToken: string): { sub: string; email?: string; name?: string } => {
  const payload = (idToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
  const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0))
  return JSON.parse(new TextDecoder().decode(bytes)) as { sub: string; email?: string; name?: string }
}

/** Notes who came in, so that a turn finds the person in its one statement. Being unable to does not stop a sign-in. */
const note = async ({ store }: Needs, { idToken }: Granted) => {
  if (!idToken) return
  try {
    const { sub, email, name } = claimsOf(idToken)
    await store.introduce({ id: sub, email: email ?? '', name: name ?? null })
  } catch (error) {
    log.warn('introduce', { error: String(error) })
  }
}

const finish = (outcome: Outcome, refreshToken = ''): Tokens | Challenge => {
  if (!('granted' in outcome)) {
    if (outcome.challenge === 'SOFTWARE_TOKEN_MFA') return { challenge: 'totp', session: outcome.session }
    throw new Problem('forbidden', { detail: 'This account needs a step that this app does not know.' })
  }
  const { granted } = outcome
  return {
    accessToken: granted.accessToken,
    refreshToken: granted.refreshToken ?? refreshToken,
    expiresIn: granted.expiresIn,
  }
}

export const signIn = async (needs: Needs, email: string, password: string) => {
  const outcome = await attempt(needs.cognito.signIn(email, password), refusedSignIn)
  if ('granted' in outcome) await note(needs, outcome.granted)
  return finish(outcome)
}

export const answerChallenge = async (needs: Needs, email: string, session: string, code: string) => {
  const outcome = await attempt(needs.cognito.answerTotp(email, session, code), refusedCode)
  if ('granted' in outcome) await note(needs, outcome.granted)
  return finish(outcome)
}

export const refresh = async (needs: Needs, refreshToken: string) =>
  finish(await attempt(needs.cognito.refresh(refreshToken), refusedToken), refreshToken)

/** Signing out twice, or with a token that never was, is the same as once. */
export const signOut = async ({ cognito }: Needs, refreshToken: string): Promise<void> => {
  try {
    await cognito.revoke(refreshToken)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
  }
}

/** Makes sure that somebody whose token is good is known here; Cognito says no if the account is gone. */
export const introduce = async ({ cognito, store }: Needs, accessToken: string) =>
  store.introduce(await attempt(cognito.whoIs(accessToken), refusedToken))
