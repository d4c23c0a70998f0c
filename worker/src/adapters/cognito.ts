import * as z from 'zod'
import { isMember } from '../identity/groups.ts'
import { countsFrom } from '../identity/issued.ts'
import { Refused } from '../identity/refused.ts'
import type { Tally } from '../metering/tally.ts'
import { unavailable } from '../problem.ts'

const timeoutMs = 5_000

const Result = z.object({
  AuthenticationResult: z
    .object({
      AccessToken: z.string(),
      ExpiresIn: z.number(),
      IdToken: z.string().optional(),
      RefreshToken: z.string().optional(),
    })
    .optional(),
  ChallengeName: z.string().optional(),
  Session: z.string().optional(),
})
const Failure = z.object({ __type: z.string(), message: z.string().optional(), Message: z.string().optional() })
const Person = z.object({
  Username: z.string(),
  UserAttributes: z.array(z.object({ Name: z.string(), Value: z.string().default('') })),
  UserMFASettingList: z.array(z.string()).default([]),
})

const Claims = z.object({
  sub: z.uuid(),
  iat: z.number(),
  auth_time: z.number().optional(),
  email: z.string().default(''),
  name: z.string().optional(),
  'cognito:groups': z.array(z.string()).default([]),
})

/** Tokens, and who they are for. `issuedAt` is when they count as issued, in seconds since the epoch. */
export type Granted = {
  accessToken: string
  refreshToken: string | undefined
  expiresIn: number
  issuedAt: number
  who: Identity & { member: boolean }
}
export type Outcome = { granted: Granted } | { challenge: string; session: string }
export type Identity = { id: string; email: string; name: string | null }

/** The claims of tokens that came straight from Cognito over TLS: no signature to check. */
const claimsOf = (...tokens: (string | undefined)[]) => {
  const parts = tokens.map((token): object => {
    const payload = (token?.split('.')[1] ?? 'e30').replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0))
    return JSON.parse(new TextDecoder().decode(bytes)) as object
  })
  return Claims.parse(Object.assign({}, ...parts))
}

type Options = {
  endpoint: string
  clientId: string
  count: Tally['add']
  /** Told whether the user pool answers. */
  worked: () => void
  failed: (why: unknown) => void
}

/** Operations that send an e-mail. */
const mailing = new Set(['SignUp', 'ResendConfirmationCode', 'ForgotPassword'])

/** The calls of a Cognito user pool that need no AWS credentials, in its own wire format. */
export const openCognito = ({ endpoint, clientId, count, worked, failed }: Options) => {
  const senseless = (what: string, cause: unknown) => {
    failed(`a strange answer: ${what}`)
    return unavailable('Sign-in gave an answer that makes no sense. Try again in a moment.', cause)
  }
  const call = async <Schema extends z.ZodType>(
    operation: string,
    body: object,
    schema: Schema,
  ): Promise<z.infer<Schema>> => {
    let response: Response
    let answer: unknown
    try {
      response = await fetch(endpoint.endsWith('/') ? endpoint : `${endpoint}/`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      })
      const text = await response.text()
      answer = text === '' ? {} : JSON.parse(text)
    } catch (error) {
      failed(error)
      throw unavailable('Sign-in is not answering. Try again in a moment.', error)
    }
    if (response.ok) {
      if (mailing.has(operation)) count('cognito.emails')
      const read = schema.safeParse(answer)
      if (read.success) {
        worked()
        return read.data
      }
      throw senseless(operation, read.error)
    }
    const failure = Failure.safeParse(answer)
    const reason = failure.success ? (failure.data.__type.split('#').pop() ?? '') : ''
    if (response.status !== 400 || reason === '' || reason === 'InternalErrorException') {
      failed(`${response.status} ${reason}`)
      throw unavailable('Sign-in is not answering. Try again in a moment.')
    }
    throw new Refused(reason, failure.data?.message ?? failure.data?.Message ?? reason)
  }
  const nothing = z.unknown()

  const readClaims: typeof claimsOf = (...tokens) => {
    try {
      return claimsOf(...tokens)
    } catch (error) {
      throw senseless('tokens', error)
    }
  }
  const outcome = (result: z.infer<typeof Result>): Outcome => {
    const tokens = result.AuthenticationResult
    if (tokens) {
      const claims = readClaims(tokens.IdToken, tokens.AccessToken)
      return {
        granted: {
          accessToken: tokens.AccessToken,
          refreshToken: tokens.RefreshToken,
          expiresIn: tokens.ExpiresIn,
          issuedAt: countsFrom(claims),
          who: {
            id: claims.sub,
            email: claims.email,
            name: claims.name || null,
            member: isMember(claims['cognito:groups']),
          },
        },
      }
    }
    return { challenge: result.ChallengeName ?? 'unknown', session: result.Session ?? '' }
  }

  return {
    /** Gives the new account's id. */
    signUp: async (email: string, password: string, name: string | undefined): Promise<string> => {
      const { UserSub } = await call(
        'SignUp',
        {
          ClientId: clientId,
          Username: email,
          Password: password,
          UserAttributes: [{ Name: 'email', Value: email }, ...(name ? [{ Name: 'name', Value: name }] : [])],
        },
        z.object({ UserSub: z.uuid() }),
      )
      return UserSub
    },
    confirm: (email: string, code: string) =>
      call('ConfirmSignUp', { ClientId: clientId, Username: email, ConfirmationCode: code }, nothing),
    resend: (email: string) => call('ResendConfirmationCode', { ClientId: clientId, Username: email }, nothing),
    signIn: async (email: string, password: string) =>
      outcome(
        await call(
          'InitiateAuth',
          {
            ClientId: clientId,
            AuthFlow: 'USER_PASSWORD_AUTH',
            AuthParameters: { USERNAME: email, PASSWORD: password },
          },
          Result,
        ),
      ),
    answerTotp: async (email: string, session: string, code: string) =>
      outcome(
        await call(
          'RespondToAuthChallenge',
          {
            ClientId: clientId,
            ChallengeName: 'SOFTWARE_TOKEN_MFA',
            Session: session,
            ChallengeResponses: { USERNAME: email, SOFTWARE_TOKEN_MFA_CODE: code },
          },
          Result,
        ),
      ),
    refresh: async (refreshToken: string) =>
      outcome(await call('GetTokensFromRefreshToken', { ClientId: clientId, RefreshToken: refreshToken }, Result)),
    revoke: (refreshToken: string) => call('RevokeToken', { ClientId: clientId, Token: refreshToken }, nothing),
    forgot: (email: string) => call('ForgotPassword', { ClientId: clientId, Username: email }, nothing),
    reset: (email: string, code: string, password: string) =>
      call(
        'ConfirmForgotPassword',
        { ClientId: clientId, Username: email, ConfirmationCode: code, Password: password },
        nothing,
      ),
    changePassword: (accessToken: string, current: string, next: string) =>
      call('ChangePassword', { AccessToken: accessToken, PreviousPassword: current, ProposedPassword: next }, nothing),
    /** A new secret for an authenticator app. Nothing changes until a code of it has been shown. */
    newTotp: async (accessToken: string): Promise<string> => {
      const { SecretCode } = await call(
        'AssociateSoftwareToken',
        { AccessToken: accessToken },
        z.object({ SecretCode: z.string() }),
      )
      return SecretCode
    },
    verifyTotp: async (accessToken: string, code: string): Promise<boolean> => {
      const { Status } = await call(
        'VerifySoftwareToken',
        { AccessToken: accessToken, UserCode: code },
        z.object({ Status: z.string() }),
      )
      return Status === 'SUCCESS'
    },
    setTotp: (accessToken: string, enabled: boolean) =>
      call(
        'SetUserMFAPreference',
        { AccessToken: accessToken, SoftwareTokenMfaSettings: { Enabled: enabled, PreferredMfa: enabled } },
        nothing,
      ),
    hasTotp: async (accessToken: string): Promise<boolean> => {
      const { UserMFASettingList } = await call('GetUser', { AccessToken: accessToken }, Person)
      return UserMFASettingList.includes('SOFTWARE_TOKEN_MFA')
    },
    /** Ends every session: no refresh token works any more. Access tokens do, elsewhere, until they expire. */
    signOutEverywhere: (accessToken: string) => call('GlobalSignOut', { AccessToken: accessToken }, nothing),
    deleteUser: (accessToken: string) => call('DeleteUser', { AccessToken: accessToken }, nothing),
    /** Who an access token belongs to. Cognito also refuses revoked tokens and deleted or disabled users here. */
    whoIs: async (accessToken: string): Promise<Identity> => {
      const person = await call('GetUser', { AccessToken: accessToken }, Person)
      const attribute = (name: string) => person.UserAttributes.find(({ Name }) => Name === name)?.Value
      return {
        id: attribute('sub') ?? person.Username,
        email: attribute('email') ?? '',
        name: attribute('name') ?? null,
      }
    },
  }
}

export type Cognito = ReturnType<typeof openCognito>
