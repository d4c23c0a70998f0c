import { randomBytes, randomUUID } from 'node:crypto'
import { CognitoError } from './errors.ts'
import { hashToken } from './hash.ts'
import type { Pool } from './pool.ts'
import type { Session } from './store.ts'

const sessionLifeMs = 30 * 24 * 60 * 60_000
/** Enough to recognise a replay, few enough that a tab left open for a month does not swell the file. */
const rememberedTokens = 200

const addRefreshToken = (session: Session): string => {
  const token = randomBytes(48).toString('base64url')
  session.refreshTokens.push({ hash: hashToken(token), usedAt: null })
  session.refreshTokens.splice(0, session.refreshTokens.length - rememberedTokens)
  return token
}

export const openSession = ({ state, now }: Pool, sub: string) => {
  const session: Session = {
    id: randomUUID(),
    sub,
    authTime: now(),
    expiresAt: now() + sessionLifeMs,
    revoked: false,
    refreshTokens: [],
  }
  state.sessions = [...state.sessions.filter(({ expiresAt }) => expiresAt > now()), session]
  return { session, refreshToken: addRefreshToken(session) }
}

const findByToken = ({ state }: Pool, token: string) => {
  const hash = hashToken(token)
  for (const session of state.sessions) {
    const held = session.refreshTokens.find((one) => one.hash === hash)
    if (held) return { session, held }
  }
  return undefined
}

/**
 * Swaps a refresh token for its successor. Within the grace period the same token may be swapped again; after that
 * somebody holds a copy, and since nobody can tell who is the thief, every token of that sign-in dies.
 */
export const rotate = (pool: Pool, token: string) => {
  const found = findByToken(pool, token)
  if (!found) throw new CognitoError('NotAuthorizedException', 'Invalid Refresh Token')
  const { session, held } = found
  const now = pool.now()
  if (session.revoked) throw new CognitoError('NotAuthorizedException', 'Refresh Token has been revoked')
  if (now >= session.expiresAt) throw new CognitoError('NotAuthorizedException', 'Refresh Token has expired')
  if (held.usedAt !== null && now >= held.usedAt + pool.refreshGraceMs) {
    session.revoked = true
    throw new CognitoError('RefreshTokenReuseException', 'Refresh token reuse detected')
  }
  held.usedAt ??= now
  return { session, refreshToken: addRefreshToken(session) }
}

/** An unknown token is no error, as RFC 7009 asks: it cannot be used either way. */
export const revoke = (pool: Pool, token: string) => {
  const found = findByToken(pool, token)
  if (found) found.session.revoked = true
}

export const revokeAll = ({ state }: Pool, sub: string) => {
  for (const session of state.sessions) if (session.sub === sub) session.revoked = true
}
