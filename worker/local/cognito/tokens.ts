import { randomUUID } from 'node:crypto'
import { createLocalJWKSet, errors, jwtVerify, SignJWT } from 'jose'
import { CognitoError, unknownUser, userDisabled } from './errors.ts'
import { publicKeys, signingKey } from './keys.ts'
import type { Pool } from './pool.ts'
import type { Session, User } from './store.ts'

export const accessTokenSeconds = 600

/** The `AuthenticationResult` of a sign-in or a refresh. */
export const issueTokens = async (pool: Pool, user: User, session: Session, refreshToken: string) => {
  const { kid, key } = await signingKey(pool.state.keys)
  const issuedAt = Math.floor(pool.now() / 1000)
  const common = {
    sub: user.sub,
    ...(user.groups.length > 0 && { 'cognito:groups': user.groups }),
    iss: pool.issuer,
    origin_jti: session.id,
    event_id: randomUUID(),
    auth_time: Math.floor(session.authTime / 1000),
    exp: issuedAt + accessTokenSeconds,
    iat: issuedAt,
  }
  const sign = (claims: Record<string, unknown>) =>
    new SignJWT({ ...common, ...claims, jti: randomUUID() }).setProtectedHeader({ kid, alg: 'RS256' }).sign(key)

  const [AccessToken, IdToken] = await Promise.all([
    sign({
      client_id: pool.clientId,
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      username: user.sub,
    }),
    sign({
      aud: pool.clientId,
      token_use: 'id',
      email: user.email,
      email_verified: user.confirmed,
      ...(user.name && { name: user.name }),
      'cognito:username': user.sub,
    }),
  ])
  return { AccessToken, ExpiresIn: accessTokenSeconds, IdToken, RefreshToken: refreshToken, TokenType: 'Bearer' }
}

const notAuthorized = (message: string) => new CognitoError('NotAuthorizedException', message)

/** The user who holds this access token; throws as Cognito does for a bad, expired or revoked one. */
export const holderOf = async (pool: Pool, accessToken: string): Promise<User> => {
  const { payload } = await jwtVerify(accessToken, createLocalJWKSet(publicKeys(pool.state.keys)), {
    algorithms: ['RS256'],
    issuer: pool.issuer,
    currentDate: new Date(pool.now()),
  }).catch((error: unknown) => {
    throw notAuthorized(error instanceof errors.JWTExpired ? 'Access Token has expired' : 'Invalid Access Token')
  })
  if (payload.token_use !== 'access' || payload.client_id !== pool.clientId) throw notAuthorized('Invalid Access Token')
  const user = pool.state.users.find(({ sub }) => sub === payload.sub)
  if (!user) throw unknownUser()
  const session = pool.state.sessions.find(({ id }) => id === payload.origin_jti)
  if (!session || session.revoked) throw notAuthorized('Access Token has been revoked')
  if (!user.enabled) throw userDisabled()
  return user
}
