import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { attempts } from './attempts.ts'
import { CognitoError, invalidParameter, userDisabled, wrongCredentials } from './errors.ts'
import { hashToken, passwordMatches } from './hash.ts'
import { forClient, text } from './operation.ts'
import { findUser, type Pool } from './pool.ts'
import { openSession, revoke, rotate } from './sessions.ts'
import type { User } from './store.ts'
import { issueTokens } from './tokens.ts'
import { matchingStep } from './totp.ts'

const challengeLifeMs = 3 * 60_000

const signIn = async (pool: Pool, user: User) => {
  const { session, refreshToken } = openSession(pool, user.sub)
  return { AuthenticationResult: await issueTokens(pool, user, session, refreshToken), ChallengeParameters: {} }
}

const askForTotp = ({ state, now }: Pool, { sub }: User) => {
  const token = randomBytes(48).toString('base64url')
  const open = state.challenges.filter(({ expiresAt }) => expiresAt > now())
  state.challenges = [...open, { hash: hashToken(token), sub, expiresAt: now() + challengeLifeMs }]
  return { ChallengeName: 'SOFTWARE_TOKEN_MFA', ChallengeParameters: { USER_ID_FOR_SRP: sub }, Session: token }
}

const InitiateAuth = forClient(
  { AuthFlow: text, AuthParameters: z.record(z.string(), z.string()).default({}) },
  async (pool, { AuthFlow, AuthParameters: { USERNAME, PASSWORD } }) => {
    // A client with refresh-token rotation cannot have ALLOW_REFRESH_TOKEN_AUTH: GetTokensFromRefreshToken is the way.
    if (AuthFlow !== 'USER_PASSWORD_AUTH') throw invalidParameter(`${AuthFlow} flow not enabled for this client`)
    if (!USERNAME) throw invalidParameter('Missing required parameter USERNAME')
    if (!PASSWORD) throw invalidParameter('Missing required parameter PASSWORD')

    const user = findUser(pool, USERNAME)
    const tries = attempts(pool, 'password', user?.sub ?? USERNAME)
    tries.assertAllowed()
    const matches = await passwordMatches(PASSWORD, user?.password)
    if (!user || !matches) {
      tries.failed()
      throw wrongCredentials()
    }
    if (!user.enabled) throw userDisabled()
    if (!user.confirmed) throw new CognitoError('UserNotConfirmedException', 'User is not confirmed.')
    // With a second factor owed the count stands, or a known password would buy endless guesses at the code.
    if (user.totp.enabled) return askForTotp(pool, user)
    tries.succeeded()
    return signIn(pool, user)
  },
)

const RespondToAuthChallenge = forClient(
  { ChallengeName: text, Session: text, ChallengeResponses: z.record(z.string(), z.string()) },
  async (pool, { ChallengeName, Session, ChallengeResponses: { USERNAME, SOFTWARE_TOKEN_MFA_CODE: code } }) => {
    if (ChallengeName !== 'SOFTWARE_TOKEN_MFA') throw invalidParameter(`Unsupported challenge ${ChallengeName}`)
    if (!USERNAME) throw invalidParameter('Missing required parameter USERNAME')
    if (!code) throw invalidParameter('Missing required parameter SOFTWARE_TOKEN_MFA_CODE')

    const hash = hashToken(Session)
    const challenge = pool.state.challenges.find((one) => one.hash === hash && one.expiresAt > pool.now())
    const user = findUser(pool, USERNAME)
    if (!user?.totp.secret || challenge?.sub !== user.sub) {
      throw new CognitoError('NotAuthorizedException', 'Invalid session for the user, session is expired.')
    }
    if (!user.enabled) throw userDisabled()
    const tries = attempts(pool, 'password', user.sub)
    tries.assertAllowed()
    const step = matchingStep(user.totp.secret, code, pool.now())
    if (step === undefined) {
      tries.failed()
      throw new CognitoError('CodeMismatchException', 'Invalid code received for user')
    }
    if (step <= user.totp.lastStep) {
      throw new CognitoError('ExpiredCodeException', 'Your software token has already been used once.')
    }
    user.totp.lastStep = step
    tries.succeeded()
    pool.state.challenges = pool.state.challenges.filter((one) => one !== challenge)
    return signIn(pool, user)
  },
)

const GetTokensFromRefreshToken = forClient({ RefreshToken: text }, async (pool, { RefreshToken }) => {
  const { session, refreshToken } = rotate(pool, RefreshToken)
  const user = findUser(pool, session.sub)
  if (!user) throw wrongCredentials()
  if (!user.enabled) throw userDisabled()
  return { AuthenticationResult: await issueTokens(pool, user, session, refreshToken) }
})

const RevokeToken = forClient({ Token: z.string().min(1) }, (pool, { Token }) => {
  // Ours are opaque, so anything shaped like a signed JWT is an access or ID token.
  if (Token.split('.').length === 3) throw new CognitoError('UnsupportedTokenTypeException', 'Unsupported token type')
  revoke(pool, Token)
  return {}
})

export const signInOperations = { InitiateAuth, RespondToAuthChallenge, GetTokensFromRefreshToken, RevokeToken }
