import type { Granted } from '../adapters/cognito.ts'
import type { Deps } from '../deps.ts'
import { unavailable } from '../problem.ts'
import { putOut, signOutEverywhere } from './account.ts'
import { isBusy, Refused } from './refused.ts'
import { withCode } from './sign-up.ts'

type Needs = Pick<Deps, 'cognito' | 'store' | 'cache' | 'settings' | 'now'>

/** Tokens for the new password. None where a second factor is still owed, or Cognito has locked or disabled the account. */
const tokensFor = async ({ cognito }: Needs, email: string, password: string): Promise<Granted | undefined> => {
  try {
    const outcome = await cognito.signIn(email, password)
    return 'granted' in outcome ? outcome.granted : undefined
  } catch (error) {
    if (error instanceof Refused && !isBusy(error)) return undefined
    throw error
  }
}

const endSessions = async (needs: Needs, email: string, password: string): Promise<void> => {
  const granted = await tokensFor(needs, email, password)
  if (granted)
    return signOutEverywhere(needs, { id: granted.who.id, token: granted.accessToken, issuedAt: granted.issuedAt })
  const issuedAt = Math.floor(needs.now() / 1000)
  for (const id of await needs.store.idsOf(email)) await putOut(needs, { id, issuedAt })
}

/**
 * Sets a new password, and ends every session of before. Who has no right code hears nothing of the latter. Without
 * tokens Cognito keeps those sessions, but what it gives them opens nothing here.
 */
export const reset = async (needs: Needs, email: string, code: string, password: string): Promise<void> => {
  await withCode(needs, () => needs.cognito.reset(email, code, password))
  try {
    await endSessions(needs, email, password)
  } catch (cause) {
    // The code is used up, so this cannot be asked for again.
    throw unavailable(
      'Your password is changed, but sessions of before may go on. Sign in with it and sign out everywhere.',
      cause,
    )
  }
}
