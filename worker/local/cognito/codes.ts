import { attempts } from './attempts.ts'
import { CognitoError } from './errors.ts'
import type { Pool } from './pool.ts'

/** Nothing is mailed from a development machine, so the code is one that everybody knows. */
const theCode = '123456'

export const confirmationCodeLifeMs = 24 * 60 * 60_000
export const resetCodeLifeMs = 60 * 60_000

/** Says where a code went without repeating the address, the same for a known and an unknown one. */
export const codeDelivery = (username: string) => {
  const [local = '', domain = ''] = username.toLowerCase().split('@')
  const Destination = `${local.slice(0, 1)}***@${domain.slice(0, 1)}***`
  return { CodeDeliveryDetails: { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination } }
}

/** Passes for the right code in time, and throws as Cognito does for any other; codes are strings, never numbers. */
export const assertCode = (pool: Pool, account: string, code: string, expiresAt: number | null) => {
  const tries = attempts(pool, 'code', account)
  tries.assertAllowed()
  if (code !== theCode) {
    tries.failed()
    throw new CognitoError('CodeMismatchException', 'Invalid verification code provided, please try again.')
  }
  if (expiresAt === null || pool.now() >= expiresAt) {
    tries.failed()
    throw new CognitoError('ExpiredCodeException', 'Invalid code provided, please request a code again.')
  }
  tries.succeeded()
}
