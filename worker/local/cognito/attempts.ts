import { createHash } from 'node:crypto'
import { CognitoError } from './errors.ts'
import type { Pool } from './pool.ts'

/** Cognito's published rule: five failures are free, then waits of 1 s, 2 s, 4 s … up to about 15 minutes. */
const freeFailures = 5
const longestLockMs = 15 * 60_000

type Purpose = 'password' | 'code'

const refusals = {
  password: () => new CognitoError('NotAuthorizedException', 'Password attempts exceeded'),
  code: () => new CognitoError('LimitExceededException', 'Attempt limit exceeded, please try after some time.'),
}

/**
 * Counts wrong guesses for a name, whether or not an account has it: a lock that only real accounts
 * knew would tell who is registered. Names are kept hashed.
 */
export const attempts = ({ state, now }: Pool, purpose: Purpose, name: string) => {
  const key = createHash('sha256').update(`${purpose}:${name.toLowerCase()}`).digest('base64url')
  const fresh = () => state.failures.filter(({ lastAt }) => now() - lastAt < longestLockMs)
  const others = () => fresh().filter((failure) => failure.key !== key)

  return {
    /** Throws while locked. Such a refused attempt does not lengthen the lock. */
    assertAllowed() {
      const failure = fresh().find((one) => one.key === key)
      if (!failure || failure.count < freeFailures) return
      const lockMs = Math.min(2 ** (failure.count - freeFailures) * 1000, longestLockMs)
      if (now() < failure.lastAt + lockMs) throw refusals[purpose]()
    },
    failed() {
      const count = fresh().find((one) => one.key === key)?.count ?? 0
      state.failures = [...others(), { key, count: count + 1, lastAt: now() }]
    },
    succeeded() {
      state.failures = others()
    },
  }
}
