import { newId, type Tokens } from '@macro-ai/shared'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { call, newPerson, ok, password, problem, type Person } from './support/api.ts'
import { authenticator } from './support/authenticator.ts'
import { fault, noFaults, poolAdmin, redis, sql } from './support/platform.ts'

beforeEach(noFaults)
afterEach(() => void vi.restoreAllMocks())

const real = globalThis.fetch
const newEmail = () => `${newId()}@example.org`
const post = (path: string, body?: object, token?: string) => call('post', path, { body, ...(token && { token }) })
const erase = ({ token }: Person, secret = password) => call('delete', '/me', { token, body: { password: secret } })
const isKnown = async (id: string) => (await sql`select 1 from users where id = ${id}::uuid`).length > 0

/** Has the user pool answer one operation as the stand-in never does. */
const poolSays = (operation: string, body: object, status = 200) => {
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const asked = new Headers(init?.headers).get('x-amz-target')?.split('.').pop()
    return asked === operation ? Promise.resolve(Response.json(body, { status })) : real(input, init)
  })
}

describe('a user pool that is too busy says so, and nothing has happened:', () => {
  const cases: Record<string, (person: Person) => Promise<Response>> = {
    'sign-up': () => post('/auth/sign-up', { email: newEmail(), password }),
    confirm: ({ email }) => post('/auth/confirm', { email, code: '123456' }),
    resend: ({ email }) => post('/auth/resend', { email }),
    forgot: ({ email }) => post('/auth/forgot', { email }),
    'sign-in': ({ email }) => post('/auth/sign-in', { email, password }),
    challenge: ({ email }) => post('/auth/challenge', { email, session: 'x', code: '123456' }),
    refresh: ({ refreshToken }) => post('/auth/refresh', { refreshToken }),
    password: ({ token }) => post('/auth/password', { current: password, next: `${password}2` }, token),
    'a second factor': ({ token }) => post('/auth/totp', undefined, token),
    'signing out everywhere': ({ token }) => post('/auth/sign-out-everywhere', undefined, token),
    erasing: (person) => erase(person),
  }

  test.for(Object.entries(cases))('%s', async ([, ask]) => {
    const person = await newPerson()
    await fault({ target: 'identity', kind: '429' })
    const answer = await ask(person)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    await problem(answer, 'rate_limited')
    await noFaults()
    await ok(call('get', '/me', { token: person.token }))
    await ok(post('/auth/sign-in', { email: person.email, password }))
  })
})

describe('a user pool', () => {
  test.for([
    ['that say nobody', `x.${btoa('{}')}.x`],
    ['that are none', 'x'],
    ['that cannot be read', 'x.é.x'],
  ] as const)('that grants tokens %s lets nobody in', async ([, token]) => {
    const person = await newPerson()
    const granted = { AccessToken: token, IdToken: token, RefreshToken: 'x', ExpiresIn: 3600 }
    poolSays('InitiateAuth', { AuthenticationResult: granted })
    await problem(post('/auth/sign-in', { email: person.email, password }), 'unavailable')
    vi.restoreAllMocks()
    await ok(post('/auth/sign-in', { email: person.email, password }))
  })

  test('with rules of its own for passwords is quoted', async () => {
    const message = 'Password did not conform with policy: Password must have symbol characters'
    poolSays('SignUp', { __type: 'InvalidPasswordException', message }, 400)
    const { errors } = await problem(post('/auth/sign-up', { email: newEmail(), password }), 'invalid')
    expect(errors).toEqual([{ path: 'password', message: 'Password must have symbol characters' }])
  })

  test('that takes an address for none is not quoted, and the place is free again', async () => {
    const places = () => sql`select count(*) as n from users where email is null`
    const before = await places()
    poolSays('SignUp', { __type: 'com.amazonaws#InvalidParameterException', Message: 'secret' }, 400)
    const { detail } = await problem(post('/auth/sign-up', { email: newEmail(), password }), 'invalid')
    expect([detail, await places()]).toEqual(['This can not be used to sign up.', before])
  })

  test.for([{ ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: 'x' }, {}])(
    'that asks for %j at sign-in asks for what this app does not know',
    async (asked) => {
      const { email, refreshToken } = await newPerson()
      poolSays('InitiateAuth', asked)
      const { detail } = await problem(post('/auth/sign-in', { email, password }), 'forbidden')
      expect(detail).toContain('a step that this app does not know')
      poolSays('GetTokensFromRefreshToken', asked)
      await problem(post('/auth/refresh', { refreshToken }), 'unauthenticated')
    },
  )

  test.for([[], { AuthenticationResult: {} }])('that answers %j makes no sense, and nobody is let in', async (said) => {
    const { email } = await newPerson()
    poolSays('InitiateAuth', said)
    expect((await problem(post('/auth/sign-in', { email, password }), 'unavailable')).detail).toMatch(/no sense/)
  })

  test.for([
    [400, { message: 'without a type' }],
    [400, { __type: 'InternalErrorException' }],
    [403, { __type: 'NotAuthorizedException' }],
  ] as const)('that refuses with %d and %j is out of order: nobody’s password is wrong', async ([status, said]) => {
    const { email } = await newPerson()
    poolSays('InitiateAuth', said, status)
    await problem(post('/auth/sign-in', { email, password }), 'unavailable')
  })

  test('that checks a code and does not call it right leaves the second factor off', async () => {
    const { token } = await newPerson()
    const { secret } = await ok<{ secret: string }>(post('/auth/totp', undefined, token))
    poolSays('VerifySoftwareToken', { Status: 'ERROR' })
    const { errors } = await problem(post('/auth/totp/verify', { code: await authenticator(secret) }, token), 'invalid')
    expect(errors?.[0]?.path).toBe('code')
    expect(await ok(call('get', '/auth/totp', { token }))).toEqual({ enabled: false })
  })
})

describe('signing out', () => {
  test('with what never was a token is as good as with one; while the user pool is away it is not done', async () => {
    const { refreshToken } = await newPerson()
    poolSays('RevokeToken', { __type: 'NotAuthorizedException', message: 'Invalid token' }, 400)
    await ok(post('/auth/sign-out', { refreshToken: 'never was one' }), 204)
    vi.restoreAllMocks()
    await fault({ target: 'identity', kind: 'down', times: 1 })
    await problem(post('/auth/sign-out', { refreshToken }), 'unavailable')
    await ok<Tokens>(post('/auth/refresh', { refreshToken }))
  })

  test('everywhere, dated ahead of every clock, keeps its owner waiting for seconds, not for good', async () => {
    const { id, email } = await newPerson()
    await sql`update users set signed_out_at = now() + interval '1 hour' where id = ${id}::uuid`
    const { detail } = await problem(post('/auth/sign-in', { email, password }), 'unavailable')
    expect(detail).toContain('Sign in again in a moment')
    await sql`update users set signed_out_at = null where id = ${id}::uuid`
    await ok(post('/auth/sign-in', { email, password }))
  })

  test('everywhere and back within a second is refused where the user pool asks for more than a token', async () => {
    const { id, email } = await newPerson()
    await sql`update users set signed_out_at = now() + interval '1 hour' where id = ${id}::uuid`
    poolSays('GetTokensFromRefreshToken', { ChallengeName: 'SOFTWARE_TOKEN_MFA', Session: 'x' })
    await problem(post('/auth/sign-in', { email, password }), 'unauthenticated')
  })
})

describe('erasing an account', () => {
  test('does nothing while the user pool is away', async () => {
    const person = await newPerson()
    await fault({ target: 'identity', kind: 'down' })
    await problem(erase(person), 'unavailable')
    await noFaults()
    await ok(call('get', '/me', { token: person.token }))
  })

  test('with a wrong password does nothing, and ends what is left of one whose account is gone', async () => {
    const person = await newPerson()
    await problem(erase(person, 'Wrong-h0rse 1'), 'invalid')
    expect(await isKnown(person.id)).toBe(true)
    await poolAdmin('AdminDeleteUser', { Username: person.email })
    await ok(erase(person), 204)
    expect(await isKnown(person.id)).toBe(false)
  })

  test('that the cache does not hear of is done, and says what is left', async () => {
    const person = await newPerson()
    await ok(call('get', '/me', { token: person.token }))
    await fault({ target: 'cache', kind: 'down' })
    expect((await problem(erase(person), 'unavailable')).detail).toContain('Your account is gone')
    expect(await isKnown(person.id)).toBe(false)
    await noFaults()
    const [ttl = -1] = await Promise.all([redis<number>('TTL', `person:1:${person.id}`)])
    expect(ttl).toBeGreaterThan(0)
    expect(ttl).toBeLessThanOrEqual(86_400)
  })
})

test('who is gone while the cache still knows them changes nothing', async () => {
  const { id, token } = await newPerson()
  await ok(call('get', '/me', { token }))
  await sql`delete from users where id = ${id}::uuid`
  await problem(call('patch', '/me', { token, body: { name: 'Eve' } }), 'not_found')
  expect(await isKnown(id)).toBe(false)
})
