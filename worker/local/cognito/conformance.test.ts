import { afterAll, beforeAll, expect, test } from 'vitest'
import { password as localPassword, startPool, tokensOf, verifier, wire } from './fixture.ts'

/**
 * What the app relies on in any user pool. Set these to hold a real pool to it: COGNITO_TEST_ENDPOINT
 * (https://cognito-idp.REGION.amazonaws.com/), COGNITO_TEST_ISSUER, COGNITO_TEST_CLIENT_ID, and
 * COGNITO_TEST_EMAIL and COGNITO_TEST_PASSWORD of a confirmed user without a second factor.
 */
const { env } = process

const localTarget = async () => {
  const pool = await startPool()
  const { email } = await pool.newUser('ada@example.com')
  return { ...pool, clientId: 'test-client', email, password: localPassword }
}

const realTarget = async (endpoint: string) => ({
  ...wire(endpoint, env.COGNITO_TEST_CLIENT_ID ?? ''),
  clientId: env.COGNITO_TEST_CLIENT_ID ?? '',
  issuer: env.COGNITO_TEST_ISSUER ?? '',
  email: env.COGNITO_TEST_EMAIL ?? '',
  password: env.COGNITO_TEST_PASSWORD ?? '',
  close: async () => undefined,
})

let pool: Awaited<ReturnType<typeof localTarget | typeof realTarget>>
const signIn = async () => tokensOf(await pool.signIn(pool.email, pool.password))

beforeAll(async () => {
  pool = env.COGNITO_TEST_ENDPOINT ? await realTarget(env.COGNITO_TEST_ENDPOINT) : await localTarget()
})
afterAll(() => pool.close())

test.each(['Sh0rt!', 'no-upper-c4se', 'NO-LOWER-C4SE', 'No-digits-here', 'NoSymbol5Here'])(
  'the password %s breaks the policy and signs nobody up',
  async (Password) => {
    const reply = await pool.call('SignUp', { Username: 'nobody@example.com', Password })
    expect(reply).toMatchObject({ status: 400, type: 'InvalidPasswordException' })
  },
)

test('a second sign-up with an address in another case is refused', async () => {
  const reply = await pool.call('SignUp', { Username: pool.email.toUpperCase(), Password: 'An0ther-password' })
  expect(reply).toMatchObject({ status: 400, type: 'UsernameExistsException' })
})

test('a wrong password and an unknown user get one and the same answer', async () => {
  const wrong = await pool.signIn(pool.email, 'Wr0ng-password')
  const unknown = await pool.signIn('nobody@example.com', 'Wr0ng-password')
  expect(wrong).toMatchObject({ type: 'NotAuthorizedException', message: 'Incorrect username or password.' })
  expect(unknown).toEqual(wrong)
})

test('a forgotten password of an unknown user is answered as if a code were on its way', async () => {
  const { status, body } = await pool.call('ForgotPassword', { Username: 'nobody@example.com' })
  expect(status).toBe(200)
  expect(body).toMatchObject({ CodeDeliveryDetails: { DeliveryMedium: 'EMAIL', Destination: 'n***@e***' } })
})

test('the access token verifies against the published keys and names user and client', async () => {
  const { AccessToken, ExpiresIn } = await signIn()
  const claims = await verifier(pool.issuer).verify(AccessToken)
  expect(claims).toMatchObject({
    iss: pool.issuer,
    client_id: pool.clientId,
    token_use: 'access',
    scope: 'aws.cognito.signin.user.admin',
    username: claims.sub,
  })
  for (const id of ['origin_jti', 'event_id', 'jti']) expect(claims[id]).toMatch(/^[0-9a-f-]{36}$/)
  expect(claims.auth_time).toBeTypeOf('number')
  expect(Number(claims.exp) - Number(claims.iat)).toBe(ExpiresIn)
})

test('the ID token says who signed in, and to which client', async () => {
  const claims = await verifier(pool.issuer).verify((await signIn()).IdToken)
  expect(claims).toMatchObject({ token_use: 'id', aud: pool.clientId, email: pool.email, email_verified: true })
  expect(claims['cognito:username']).toBe(claims.sub)
})

test('GetUser tells what is known of the holder and refuses an ID token, a forged one and none', async () => {
  const { AccessToken, IdToken } = await signIn()
  const { body } = await pool.call('GetUser', { AccessToken })
  expect(body.UserAttributes).toEqual(
    expect.arrayContaining([
      { Name: 'sub', Value: body.Username },
      { Name: 'email', Value: pool.email },
      { Name: 'email_verified', Value: 'true' },
    ]),
  )
  expect(await pool.call('GetUser', { AccessToken: IdToken })).toMatchObject({ type: 'NotAuthorizedException' })
  const forged = `${AccessToken.slice(0, -8)}AAAAAAAA`
  expect(await pool.call('GetUser', { AccessToken: forged })).toMatchObject({ type: 'NotAuthorizedException' })
  expect(await pool.call('GetUser', {})).toMatchObject({ status: 400, type: 'InvalidParameterException' })
})

test('a refresh gives a new refresh token for the same sign-in, and only through the rotating operation', async () => {
  const first = await signIn()
  const second = tokensOf(await pool.refresh(first.RefreshToken))
  expect(second.RefreshToken).not.toBe(first.RefreshToken)
  const keys = verifier(pool.issuer)
  const [before, after] = [await keys.verify(first.AccessToken), await keys.verify(second.AccessToken)]
  expect(after).toMatchObject({ sub: before.sub, origin_jti: before.origin_jti, auth_time: before.auth_time })
  const old = await pool.call('InitiateAuth', {
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN: second.RefreshToken },
  })
  expect(old.status).toBe(400)
})

test('revoking a refresh token ends that sign-in and no other', async () => {
  const [ended, other] = [await signIn(), await signIn()]
  expect(await pool.call('RevokeToken', { Token: ended.RefreshToken })).toMatchObject({ status: 200 })
  expect(await pool.refresh(ended.RefreshToken)).toMatchObject({ type: 'NotAuthorizedException' })
  expect(await pool.call('GetUser', { AccessToken: ended.AccessToken })).toMatchObject({
    type: 'NotAuthorizedException',
    message: 'Access Token has been revoked',
  })
  expect(await pool.call('GetUser', { AccessToken: other.AccessToken })).toMatchObject({ status: 200 })
})

test('a global sign-out ends every sign-in at once', async () => {
  const [one, two] = [await signIn(), await signIn()]
  expect(await pool.call('GlobalSignOut', { AccessToken: one.AccessToken })).toMatchObject({ status: 200 })
  for (const { AccessToken, RefreshToken } of [one, two]) {
    expect(await pool.call('GetUser', { AccessToken })).toMatchObject({ message: 'Access Token has been revoked' })
    expect(await pool.refresh(RefreshToken)).toMatchObject({ type: 'NotAuthorizedException' })
  }
})

test('calls that are not Cognito calls are refused by name', async () => {
  expect(await pool.call('NoSuchOperation', {})).toMatchObject({ status: 400, type: 'UnknownOperationException' })
  expect(await pool.send('SignUp', '{"ClientId":')).toMatchObject({ status: 400, type: 'SerializationException' })
  expect(await pool.call('ForgotPassword', { ClientId: 'nosuchclient0', Username: pool.email })).toMatchObject({
    status: 400,
    type: 'ResourceNotFoundException',
  })
  const unsigned = await pool.send('ListUsers', JSON.stringify({ UserPoolId: 'eu-west-2_aaaaaaaaa' }))
  expect(unsigned).toMatchObject({ status: 400, type: 'MissingAuthenticationTokenException' })
})
