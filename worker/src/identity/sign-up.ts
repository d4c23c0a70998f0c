import type { SignUp } from '@macro-ai/shared'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { evenly, failEvenly } from './evenly.ts'
import { takePlace } from './joining.ts'
import { busy, isBusy, Refused } from './refused.ts'

type Needs = Pick<Deps, 'cognito' | 'settings' | 'store'>

/** The same for a wrong or old code, too many tries, an unknown account and one that needs no code. */
const wrongCode = () =>
  new Problem('invalid', {
    errors: [{ path: 'code', message: 'is not right or too old: ask for a new one, and wait a little between tries' }],
  })

const weakPassword = (error: Refused) =>
  new Problem('invalid', {
    detail: 'The password is too weak.',
    errors: [{ path: 'password', message: error.message.replace(/^Password did not conform with policy: /, '') }],
  })

/** What Cognito refused, where it is nothing that every account would hear. */
export const check = (error: unknown): Refused => {
  if (!(error instanceof Refused)) throw error
  if (isBusy(error)) throw busy()
  if (error.reason === 'InvalidPasswordException') throw weakPassword(error)
  return error
}

/** Answers the same, as late and after the same work, whether or not the address has an account: only its mailbox tells. */
export const signUp = (needs: Needs, { email, password, name, invite }: SignUp): Promise<void> =>
  evenly(needs.settings.AUTH_FLOOR_MS, () =>
    takePlace(needs, invite, async () => {
      try {
        return await needs.cognito.signUp(email, password, name)
      } catch (error) {
        const refused = check(error)
        if (refused.reason === 'UsernameExistsException') return undefined
        throw new Problem('invalid', { detail: 'This can not be used to sign up.' }, { cause: error })
      }
    }),
  )

export const withCode = (needs: Needs, call: () => Promise<unknown>): Promise<void> =>
  failEvenly(needs.settings.AUTH_FLOOR_MS, async () => {
    try {
      await call()
    } catch (error) {
      check(error)
      throw wrongCode()
    }
  })

export const confirm = (needs: Needs, email: string, code: string) =>
  withCode(needs, () => needs.cognito.confirm(email, code))

/** Sends another code, or nothing, and says the same. */
export const resend = (needs: Needs, email: string): Promise<void> =>
  evenly(needs.settings.AUTH_FLOOR_MS, async () => {
    await needs.cognito.resend(email).catch(check)
  })

export const forgot = (needs: Needs, email: string): Promise<void> =>
  evenly(needs.settings.AUTH_FLOOR_MS, async () => {
    await needs.cognito.forgot(email).catch(check)
  })
