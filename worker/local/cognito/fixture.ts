import { createHmac } from 'node:crypto'
import { serve } from '@hono/node-server'
import { JwtVerifier } from 'aws-jwt-verify'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import { Hono } from 'hono'
import { cognito, type CognitoOptions } from './index.ts'

export const poolId = 'local_test'
export const clientId = 'test-client'
export const password = 'Correct-h0rse'

type Fields = Record<string, unknown>
export type Reply = { status: number; type: string | undefined; message: string | undefined; body: Fields }
export type Tokens = { AccessToken: string; IdToken: string; RefreshToken: string; ExpiresIn: number }

/** Cognito's wire protocol and nothing more, so that the same calls reach a real pool. */
export const wire = (endpoint: string, client: string) => {
  const send = async (operation: string, body: string, headers: Record<string, string> = {}): Promise<Reply> => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': `AWSCognitoIdentityProviderService.${operation}`,
        ...headers,
      },
      body,
    })
    const answer = (await response.json()) as Fields
    const { __type: type, message } = answer as { __type?: string; message?: string }
    return { status: response.status, type, message, body: answer }
  }
  const call = (operation: string, input: Fields) => send(operation, JSON.stringify({ ClientId: client, ...input }))
  const signIn = (USERNAME: string, PASSWORD: string) =>
    call('InitiateAuth', { AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME, PASSWORD } })
  return {
    send,
    call,
    signIn,
    refresh: (RefreshToken: string) => call('GetTokensFromRefreshToken', { RefreshToken }),
    admin: (operation: string, input: Fields = {}) =>
      send(operation, JSON.stringify({ UserPoolId: poolId, ...input }), {
        Authorization: 'AWS4-HMAC-SHA256 Credential=local',
      }),
  }
}

export const tokensOf = ({ type, message, body }: Reply): Tokens => {
  if (!body.AuthenticationResult) throw new Error(`No tokens but ${type}: ${message}`)
  return body.AuthenticationResult as Tokens
}

/** The library that the Worker verifies with; its own fetcher would refuse the plain http: of a local pool. */
export const verifier = (issuer: string) =>
  JwtVerifier.create(
    { issuer, jwksUri: `${issuer}/.well-known/jwks.json`, audience: null },
    { jwksCache: new SimpleJwksCache({ fetcher: { fetch: async (uri) => (await fetch(uri)).arrayBuffer() } }) },
  )

/** A stand-in on a port of its own, mounted where the local platform mounts it, with a clock that tests move. */
export const startPool = async (options: Partial<CognitoOptions> = {}) => {
  const clock = { now: Date.now() }
  const app = new Hono()
  const { server, port } = await new Promise<{ server: ReturnType<typeof serve>; port: number }>((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve({ server, port }))
  })
  const endpoint = `http://127.0.0.1:${port}/cognito`
  const issuer = `${endpoint}/${poolId}`
  app.route('/cognito', await cognito({ dataDir: null, issuer, poolId, clientId, now: () => clock.now, ...options }))

  const client = wire(endpoint, clientId)
  const newUser = async (email: string) => {
    const { body } = await client.call('SignUp', {
      Username: email,
      Password: password,
      UserAttributes: [{ Name: 'name', Value: 'Ada' }],
    })
    await client.call('ConfirmSignUp', { Username: email, ConfirmationCode: '123456' })
    return { email, sub: String(body.UserSub) }
  }
  const close = () => new Promise((resolve) => server.close(resolve))
  return { ...client, endpoint, issuer, clock, newUser, close }
}

/** An authenticator app, written apart from the code under test. */
export const authenticator = (secret: string, now: number): string => {
  let bits = ''
  for (const letter of secret) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')
  const key = Buffer.from(
    BigInt(`0b${bits}`)
      .toString(16)
      .padStart(bits.length / 4, '0'),
    'hex',
  )
  const counter = Math.floor(now / 30_000)
    .toString(16)
    .padStart(16, '0')
  const digest = createHmac('sha1', key).update(Buffer.from(counter, 'hex')).digest('hex')
  const offset = parseInt(digest.slice(-1), 16) * 2
  return String(parseInt(digest.slice(offset, offset + 8), 16) & 0x7fffffff)
    .slice(-6)
    .padStart(6, '0')
}
