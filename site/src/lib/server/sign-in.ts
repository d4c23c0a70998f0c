import { Challenge, Tokens } from '@macro-ai/shared'
import { postAuth } from './worker'

type Event = Parameters<typeof postAuth>[0]

/** Signs somebody in: their tokens, or a challenge where a code is asked for as well. */
export const signIn = (event: Event, who: { email: string; password: string }) =>
  postAuth(event, 'sign-in', who, Challenge.or(Tokens))
