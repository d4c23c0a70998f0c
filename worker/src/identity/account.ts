import type { TotpSecret } from '@macro-ai/shared'
import type { SignedIn } from '../adapters/tokens.ts'
import type { Deps } from '../deps.ts'
import { log } from '../log.ts'
import { Problem } from '../problem.ts'
import { busy, isBusy, Refused, refusedToken } from './refused.ts'
import { changing, currentStanding, tellCache } from './standing.ts'
import { check } from './sign-up.ts'

type Needs = Pick<Deps, 'cognito' | 'store' | 'cache' | 'settings' | 'now'>
type Holder = Pick<SignedIn, 'id' | 'token' | 'issuedAt'>

const invalid = (path: string, message: string) => new Problem('invalid', { errors: [{ path, message }] })

/** Cognito takes access tokens here that it has not revoked; its other refusals are about what was sent with them. */
const isRevoked = (refused: Refused) =>
  refused.reason === 'UserNotFoundException' ||
  (refused.reason === 'NotAuthorizedException' && /access token|disabled/i.test(refused.message))

const asked = async <T>(call: Promise<T>, otherwise: Problem): Promise<T> => {
  try {
    return await call
  } catch (error) {
    const refused = check(error)
    throw isRevoked(refused) ? refusedToken(refused) : otherwise
  }
}

/** Sessions go on: Cognito has no way to spare the one that asks. Signing out everywhere ends them all. */
export const changePassword = async (
  { cognito }: Needs,
  user: SignedIn,
  current: string,
  next: string,
): Promise<void> => {
  await asked(cognito.changePassword(user.token, current, next), invalid('current', 'is not right'))
}

export const hasTotp = async ({ cognito }: Needs, user: SignedIn): Promise<boolean> =>
  asked(cognito.hasTotp(user.token), new Problem('unauthenticated'))

/** A secret for an authenticator app. It asks for codes only after {@link verifyTotp}. */
export const newTotp = async (needs: Needs, user: SignedIn): Promise<TotpSecret> => {
  const { email } = await currentStanding(needs, user)
  const secret = await asked(needs.cognito.newTotp(user.token), new Problem('unauthenticated'))
  const query = new URLSearchParams({ secret, issuer: 'Macro AI' }).toString().replaceAll('+', '%20')
  return { secret, uri: `otpauth://totp/${encodeURIComponent(`Macro AI:${email ?? user.id}`)}?${query}` }
}

export const verifyTotp = async ({ cognito }: Needs, user: SignedIn, code: string): Promise<void> => {
  const wrong = invalid('code', 'is not right: take the newest one that the app shows')
  if (!(await asked(cognito.verifyTotp(user.token, code), wrong))) throw wrong
  await asked(cognito.setTotp(user.token, true), wrong)
}

export const dropTotp = async ({ cognito }: Needs, user: SignedIn): Promise<void> => {
  await asked(cognito.setTotp(user.token, false), new Problem('unauthenticated'))
}

/**
 * Ends every session: Cognito's, so that no new tokens come of them, and then every access token issued until now. The
 * database knows at once, and turns ask it; the other routes ask the cache, which is told before this returns. Should
 * the cache stay away they ask the database too. Sending it again does no harm.
 */
export const signOutEverywhere = async (needs: Needs, user: Holder): Promise<void> => {
  try {
    await needs.cognito.signOutEverywhere(user.token)
  } catch (error) {
    // Refused is a token that was put out already.
    if (!(error instanceof Refused)) throw error
    if (isBusy(error)) throw busy()
  }
  await putOut(needs, user)
}

/** What the database and the cache have to do with it. */
export const putOut = async (needs: Needs, user: Pick<SignedIn, 'id' | 'issuedAt'>): Promise<void> => {
  const issuedAt = user.issuedAt * 1000
  const at = new Date(Math.max(needs.now(), issuedAt))
  const person = await changing(needs, user.id, () => needs.store.signOutEverywhere(user.id, new Date(issuedAt), at))
  if (person && !(await tellCache(needs, person))) log.warn('sign-out', { untold: true })
}
