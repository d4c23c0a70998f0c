import type { SignUp } from '@macro-ai/shared'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { Refused } from './refused.ts'

type Needs = Pick<Deps, 'cognito' | 'settings'>

const wrongCode = () =>
  new Problem('invalid', { errors: [{ path: 'code', message: 'is not right or too old: ask for a new one' }] })

const weakPassword = (error: Refused) =>
  new Problem('invalid', {
    detail: 'The password is too weak.',
    errors: [{ path: 'password', message: error.message.replace(/^Password did not conform with policy: /, '') }],
  })

const tooOften = (reason: string) =>
  ['LimitExceededException', 'TooManyRequestsException', 'TooManyFailedAttemptsException'].includes(reason)

const check = (error: unknown): Refused => {
  if (!(error instanceof Refused)) throw error
  if (tooOften(error.reason))
    throw new Problem('rate_limited', { detail: 'Too many attempts. Wait a little.', retryAfterSeconds: 60 })
  if (error.reason === 'InvalidPasswordException') throw weakPassword(error)
  return error
}

/** Answers the same whether or not the address has an account: only its owner's mailbox tells. */
export const signUp = async ({ cognito, settings }: Needs, { email, password, name }: SignUp): Promise<void> => {
  if (settings.JOIN !== 'open')
    throw new Problem('forbidden', { detail: 'This instance is closed to new people. Ask its owner.' })
  try {
    await cognito.signUp(email, password, name)
  } catch (error) {
    if (check(error).reason !== 'UsernameExistsException')
      throw new Problem('invalid', { detail: 'This can not be used to sign up.' }, { cause: error })
  }
}

export const confirm = async ({ cognito }: Needs, email: string, code: string): Promise<void> => {
  try {
    await cognito.confirm(email, code)
  } catch (error) {
    check(error)
    throw wrongCode()
  }
}

/** Sends another code, or nothing, and says the same. */
export const resend = async ({ cognito }: Needs, email: string): Promise<void> => {
  await cognito.resend(email).catch(check)
}

export const forgot = async ({ cognito }: Needs, email: string): Promise<void> => {
  await cognito.forgot(email).catch(check)
}

export const reset = async ({ cognito }: Needs, email: string, code: string, password: string): Promise<void> => {
  try {
    await cognito.reset(email, code, password)
  } catch (error) {
    check(error)
    throw wrongCode()
  }
}
