import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authenticator, password, startPool, tokensOf, verifier } from './fixture.ts'

let pool: Awaited<ReturnType<typeof startPool>>
beforeAll(async () => {
  pool = await startPool()
})
afterAll(() => pool.close())

describe('sign-up', () => {
  test('an account opens with the code that was sent, and not before', async () => {
    const Username = 'new@example.com'
    const signedUp = await pool.call('SignUp', { Username, Password: password })
    expect(signedUp.body).toMatchObject({ UserConfirmed: false, CodeDeliveryDetails: { Destination: 'n***@e***' } })
    expect(await pool.signIn(Username, password)).toMatchObject({ type: 'UserNotConfirmedException' })
    expect(await pool.signIn(Username, 'Wr0ng-password')).toMatchObject({ type: 'NotAuthorizedException' })
    const confirm = (ConfirmationCode: unknown) => pool.call('ConfirmSignUp', { Username, ConfirmationCode })
    expect(await confirm('000000')).toMatchObject({ type: 'CodeMismatchException' })
    expect(await confirm(123456)).toMatchObject({ type: 'SerializationException' })
    expect(await confirm('123456')).toMatchObject({ status: 200 })
    expect(await confirm('123456')).toMatchObject({ type: 'NotAuthorizedException' })
    expect(await pool.signIn(Username, password)).toMatchObject({ status: 200 })
  })

  test('a code is good for a day and can be sent again', async () => {
    const Username = 'late@example.com'
    await pool.call('SignUp', { Username, Password: password })
    pool.clock.now += 24 * 60 * 60_000
    const confirm = () => pool.call('ConfirmSignUp', { Username, ConfirmationCode: '123456' })
    expect(await confirm()).toMatchObject({ type: 'ExpiredCodeException' })
    expect((await pool.call('ResendConfirmationCode', { Username })).body).toHaveProperty('CodeDeliveryDetails')
    expect(await confirm()).toMatchObject({ status: 200 })
  })

  test('guessing codes is stopped, for real and unknown addresses alike', async () => {
    await pool.call('SignUp', { Username: 'guessed@example.com', Password: password })
    for (const Username of ['guessed@example.com', 'unknown@example.com']) {
      const guess = async () => (await pool.call('ConfirmSignUp', { Username, ConfirmationCode: '000000' })).type
      for (let tries = 0; tries < 5; tries += 1) expect(await guess()).toBe('CodeMismatchException')
      expect(await guess()).toBe('LimitExceededException')
    }
  })
})

describe('passwords', () => {
  test('after five wrong passwords the lock grows from one second, with an account or without', async () => {
    await pool.newUser('locked@example.com')
    for (const name of ['locked@example.com', 'unknown-too@example.com']) {
      const guess = async () => (await pool.signIn(name, 'Wr0ng-password')).message
      for (let tries = 0; tries < 5; tries += 1) expect(await guess()).toBe('Incorrect username or password.')
      for (const seconds of [1, 2, 4]) {
        pool.clock.now += seconds * 1000 - 1
        expect(await guess()).toBe('Password attempts exceeded')
        pool.clock.now += 1
        expect(await guess()).toBe('Incorrect username or password.')
      }
    }
    expect(await pool.signIn('locked@example.com', password)).toMatchObject({ message: 'Password attempts exceeded' })
    pool.clock.now += 8000
    expect(await pool.signIn('locked@example.com', password)).toMatchObject({ status: 200 })
    expect(await pool.signIn('locked@example.com', 'Wr0ng-password')).toMatchObject({
      message: 'Incorrect username or password.',
    })
  })

  test('a forgotten password is replaced with a code, which works once', async () => {
    const { email: Username } = await pool.newUser('forgetful@example.com')
    const reset = { Username, ConfirmationCode: '123456', Password: 'Brand-new-1' }
    expect(await pool.call('ConfirmForgotPassword', reset)).toMatchObject({ type: 'ExpiredCodeException' })
    await pool.call('ForgotPassword', { Username })
    expect(await pool.call('ConfirmForgotPassword', reset)).toMatchObject({ status: 200 })
    expect(await pool.call('ConfirmForgotPassword', reset)).toMatchObject({ type: 'ExpiredCodeException' })
    expect(await pool.signIn(Username, password)).toMatchObject({ type: 'NotAuthorizedException' })
    expect(await pool.signIn(Username, 'Brand-new-1')).toMatchObject({ status: 200 })
  })

  test('changing a password takes the old one', async () => {
    const { email } = await pool.newUser('changing@example.com')
    const { AccessToken } = tokensOf(await pool.signIn(email, password))
    const change = (PreviousPassword: string) =>
      pool.call('ChangePassword', { AccessToken, PreviousPassword, ProposedPassword: 'Brand-new-1' })
    expect(await change('Wr0ng-password')).toMatchObject({ type: 'NotAuthorizedException' })
    expect(await change(password)).toMatchObject({ status: 200 })
    expect(await pool.signIn(email, 'Brand-new-1')).toMatchObject({ status: 200 })
  })
})

test('a rotated refresh token works through its grace period; after it, reuse ends the whole sign-in', async () => {
  const { email } = await pool.newUser('rotating@example.com')
  const first = tokensOf(await pool.signIn(email, password))
  const second = tokensOf(await pool.refresh(first.RefreshToken))
  pool.clock.now += 9999
  const retried = tokensOf(await pool.refresh(first.RefreshToken))
  pool.clock.now += 1
  expect(await pool.refresh(first.RefreshToken)).toMatchObject({ type: 'RefreshTokenReuseException' })
  for (const { RefreshToken } of [second, retried]) {
    expect(await pool.refresh(RefreshToken)).toMatchObject({ message: 'Refresh Token has been revoked' })
  }
  expect(await pool.call('GetUser', { AccessToken: retried.AccessToken })).toMatchObject({
    message: 'Access Token has been revoked',
  })
})

test('with an authenticator enrolled a sign-in takes its code, once, and guesses are counted', async () => {
  const { email } = await pool.newUser('totp@example.com')
  const { AccessToken } = tokensOf(await pool.signIn(email, password))
  const secret = String((await pool.call('AssociateSoftwareToken', { AccessToken })).body.SecretCode)
  const prefer = { AccessToken, SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } }
  expect(await pool.call('SetUserMFAPreference', prefer)).toMatchObject({ type: 'InvalidParameterException' })
  const verify = (UserCode: string) => pool.call('VerifySoftwareToken', { AccessToken, UserCode })
  expect(await verify('12345')).toMatchObject({ type: 'EnableSoftwareTokenMFAException' })
  expect((await verify(authenticator(secret, pool.clock.now))).body).toEqual({ Status: 'SUCCESS' })
  expect(await pool.call('SetUserMFAPreference', prefer)).toMatchObject({ status: 200 })
  expect((await pool.call('GetUser', { AccessToken })).body.UserMFASettingList).toEqual(['SOFTWARE_TOKEN_MFA'])

  const challenge = async () => {
    const { body } = await pool.signIn(email, password)
    expect(body).toMatchObject({ ChallengeName: 'SOFTWARE_TOKEN_MFA' })
    expect(body).not.toHaveProperty('AuthenticationResult')
    return body.Session
  }
  const respond = (Session: unknown, code: string, USERNAME = email) =>
    pool.call('RespondToAuthChallenge', {
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session,
      ChallengeResponses: { USERNAME, SOFTWARE_TOKEN_MFA_CODE: code },
    })

  pool.clock.now += 30_000
  const code = authenticator(secret, pool.clock.now - 30_000)
  const session = await challenge()
  expect(await respond(session, code, 'somebody@example.com')).toMatchObject({ type: 'NotAuthorizedException' })
  expect(await respond(session, authenticator(secret, pool.clock.now - 60_000))).toMatchObject({
    type: 'CodeMismatchException',
  })
  const tokens = tokensOf(await respond(session, code))
  expect(await pool.refresh(tokens.RefreshToken)).toMatchObject({ status: 200 })
  expect(await respond(session, authenticator(secret, pool.clock.now))).toMatchObject({
    type: 'NotAuthorizedException',
  })
  expect(await respond(await challenge(), code)).toMatchObject({ type: 'ExpiredCodeException' })

  const guessed = await challenge()
  for (let tries = 0; tries < 5; tries += 1) await respond(guessed, 'no')
  expect(await respond(guessed, authenticator(secret, pool.clock.now))).toMatchObject({
    message: 'Password attempts exceeded',
  })
})

test('tokens outlive one key rotation and not two, and the private key is in no answer', async () => {
  const { email } = await pool.newUser('keys@example.com')
  const before = tokensOf(await pool.signIn(email, password))
  const published = async () => {
    const response = await fetch(`${pool.issuer}/.well-known/jwks.json`)
    expect(response.headers.get('cache-control')).toMatch(/max-age=\d+/)
    return (await response.json()) as { keys: object[] }
  }
  const rotate = async () => {
    const response = await fetch(`${pool.endpoint}/admin/rotate-keys`, { method: 'POST' })
    return (await response.json()) as object
  }

  const rotated = await rotate()
  const after = tokensOf(await pool.signIn(email, password))
  const keys = verifier(pool.issuer)
  for (const { AccessToken } of [before, after]) await keys.verify(AccessToken)
  await rotate()
  await expect(verifier(pool.issuer).verify(before.AccessToken)).rejects.toThrow(/kid/i)
  await verifier(pool.issuer).verify(after.AccessToken)

  const { keys: members } = await published()
  expect(members).toHaveLength(2)
  for (const key of members) expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
  expect(Object.keys(rotated)).toEqual(['kid'])
  expect((await fetch(`${pool.endpoint}/other_pool/.well-known/jwks.json`)).status).toBe(404)
})

describe('the owner of the pool', () => {
  test('a group comes and goes with the tokens issued after the change', async () => {
    const { email, sub } = await pool.newUser('grouped@example.com')
    const group = { Username: sub, GroupName: 'admin' }
    const groups = async () => {
      const claims = await verifier(pool.issuer).verify(tokensOf(await pool.signIn(email, password)).AccessToken)
      return claims['cognito:groups']
    }
    await pool.admin('AdminAddUserToGroup', group)
    expect(await groups()).toEqual(['admin'])
    expect((await pool.admin('AdminListGroupsForUser', { Username: sub })).body).toMatchObject({
      Groups: [{ GroupName: 'admin' }],
    })
    await pool.admin('AdminRemoveUserFromGroup', group)
    expect(await groups()).toBeUndefined()
  })

  test('a disabled user is out at once and can come back', async () => {
    const { email, sub } = await pool.newUser('disabled@example.com')
    const { AccessToken, RefreshToken } = tokensOf(await pool.signIn(email, password))
    await pool.admin('AdminDisableUser', { Username: sub })
    expect(await pool.signIn(email, password)).toMatchObject({ message: 'User is disabled.' })
    expect(await pool.call('GetUser', { AccessToken })).toMatchObject({ type: 'NotAuthorizedException' })
    expect(await pool.refresh(RefreshToken)).toMatchObject({ type: 'NotAuthorizedException' })
    expect((await pool.admin('AdminGetUser', { Username: email })).body).toMatchObject({ Enabled: false })
    await pool.admin('AdminEnableUser', { Username: sub })
    expect(await pool.signIn(email, password)).toMatchObject({ status: 200 })
  })

  test('users are listed page by page, counted, and gone when deleted', async () => {
    const { sub } = await pool.newUser('leaving@example.com')
    const count = async () => (await pool.admin('DescribeUserPool')).body.UserPool as { EstimatedNumberOfUsers: number }
    const before = await count()
    const seen = new Set<unknown>()
    let PaginationToken: unknown
    do {
      const { body } = await pool.admin('ListUsers', { Limit: 3, PaginationToken })
      for (const { Username } of body.Users as { Username: string }[]) seen.add(Username)
      PaginationToken = body.PaginationToken
    } while (PaginationToken)
    expect(seen.size).toBe(before.EstimatedNumberOfUsers)
    await pool.admin('AdminDeleteUser', { Username: sub })
    expect(await pool.admin('AdminGetUser', { Username: sub })).toMatchObject({ type: 'UserNotFoundException' })
    expect((await count()).EstimatedNumberOfUsers).toBe(before.EstimatedNumberOfUsers - 1)
  })
})
