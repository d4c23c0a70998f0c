import * as z from 'zod'
import { Refused } from '../identity/refused.ts'
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
})

export type Granted = {
  accessToken: string
  refreshToken: string | undefined
  idToken: string | undefined
  expiresIn: number
}
export type Outcome = { granted: Granted } | { challenge: string; session: string }
export type Identity = { id: string; email: string; name: string | null }

/** The calls of a Cognito user pool that need no AWS credentials, in its own wire format. */
export const openCognito = ({ endpoint, clientId }: { endpoint: string; clientId: string }) => {
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
      throw unavailable('Sign-in is not answering. Try again in a moment.', error)
    }
    if (response.ok) {
      const read = schema.safeParse(answer)
      if (read.success) return read.data
      throw unavailable('Sign-in gave an answer that makes no sense. Try again in a moment.', read.error)
    }
    const failure = Failure.safeParse(answer)
    const reason = failure.success ? (failure.data.__type.split('#').pop() ?? '') : ''
    if (response.status !== 400 || reason === '' || reason === 'InternalErrorException')
      throw unavailable('Sign-in is not answering. Try again in a moment.')
    throw new Refused(reason, failure.data?.message ?? failure.data?.Message ?? reason)
  }
  const nothing = z.unknown()

  const outcome = (result: z.infer<typeof Result>): Outcome => {
    const tokens = result.AuthenticationResult
    if (tokens)
      return {
        granted: {
          accessToken: tokens.AccessToken,
          refreshToken: tokens.RefreshToken,
          idToken: tokens.IdToken,
          expiresIn: tokens.ExpiresIn,
        },
      }
    return { challenge: result.ChallengeName ?? 'unknown', session: result.Session ?? '' }
  }

  return {
    signUp: (email: string, password: string, name: string | undefined) =>
      call(
        'SignUp',
        {
          ClientId: clientId,
          Username: email,
          Password: password,
          UserAttributes: [{ Name: 'email', Value: email }, ...(name ? [{ Name: 'name', Value: name }] : [])],
        },
        nothing,
      ),
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
