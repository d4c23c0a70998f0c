import { Problem } from '../problem.ts'

/** What Cognito refuses, by the name it gives the reason. */
export class Refused extends Error {
  readonly reason: string

  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}

/** Cognito as a whole is too busy. Limits of one account are not this: they would tell that there is one. */
export const isBusy = (error: Refused): boolean => error.reason === 'TooManyRequestsException'

export const busy = () =>
  new Problem('rate_limited', { detail: 'Sign-in is very busy. Wait a little and try again.', retryAfterSeconds: 60 })

/** An access or refresh token that Cognito does not take any more. */
export const refusedToken = (error: unknown): unknown => {
  if (!(error instanceof Refused)) return error
  return isBusy(error) ? busy() : new Problem('unauthenticated', { detail: 'Sign in again.' })
}
