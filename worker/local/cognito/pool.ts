import type { State, User } from './store.ts'

/** The groups that worker/infra makes in a real pool; groups are not created on the fly there either. */
export const poolGroups = ['admin', 'member']

export type Pool = {
  id: string
  clientId: string
  issuer: string
  /** How long a rotated refresh token may be sent again, for a client that never saw the answer. */
  refreshGraceMs: number
  now: () => number
  state: State
}

/** Finds a user by e-mail address (case does not count, as in pools made today) or by sub. */
export const findUser = ({ state }: Pool, username: string): User | undefined => {
  const email = username.toLowerCase()
  return state.users.find((user) => user.email === email || user.sub === username)
}

export const removeUser = ({ state }: Pool, { sub }: User) => {
  state.users = state.users.filter((user) => user.sub !== sub)
  state.sessions = state.sessions.filter((session) => session.sub !== sub)
  state.challenges = state.challenges.filter((challenge) => challenge.sub !== sub)
}

export const attributesOf = (user: User) => [
  { Name: 'email', Value: user.email },
  { Name: 'email_verified', Value: String(user.confirmed) },
  ...(user.name ? [{ Name: 'name', Value: user.name }] : []),
  { Name: 'sub', Value: user.sub },
]
