import { contract, newId, type Challenge, type Me, type Tokens, type TotpSecret } from '@macro-ai/shared'
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { call, newPerson, ok, owner, password, problem, signIn, type Person } from './support/api.ts'
import { authenticator } from './support/authenticator.ts'
import { checkBooks, ledgerOf } from './support/books.ts'
import { counters, fault, noFaults, resetCounters, sql } from './support/platform.ts'
import { tablesWith } from './support/tables.ts'
import { longTurn, newTurn, post, readUntil, resume, say, streamOf } from './support/turns.ts'

beforeEach(noFaults)

const post204 = (path: string, { token }: Pick<Person, 'token'>, body?: unknown) =>
  ok(call('post', path, { token, body }), 204)

describe('a password', () => {
  const next = 'Another-h0rse battery'
  const twoSessions = async () => {
    const person = await newPerson()
    const elsewhere = await signIn(person.email)
    for (const { token } of [person, elsewhere]) await ok(call('get', '/me', { token }))
    return [person, elsewhere] as const
  }
  const reset = async ({ email }: Person, code = '123456') => {
    await ok(call('post', '/auth/forgot', { body: { email } }), 202)
    return call('post', '/auth/reset', { body: { email, code, password: next } })
  }
  const expectOver = async (...sessions: Person[]) => {
    for (const { token, refreshToken } of sessions) {
      for (const path of ['/me', '/conversations']) await problem(call('get', path, { token }), 'unauthenticated')
      await problem(post({ token }, newTurn()), 'unauthenticated')
      await problem(call('post', '/auth/refresh', { body: { refreshToken } }), 'unauthenticated')
    }
  }

  test('is changed by who knows the old one, and by nobody else', async () => {
    const person = await newPerson()
    const wrong = await problem(
      call('post', '/auth/password', { token: person.token, body: { current: 'Wrong-h0rse 1', next } }),
      'invalid',
    )
    expect(wrong.errors?.[0]?.path).toBe('current')
    const weak = await problem(
      call('post', '/auth/password', { token: person.token, body: { current: password, next: 'short' } }),
      'invalid',
    )
    expect(weak.errors?.[0]?.path).toBe('next')
    await post204('/auth/password', person, { current: password, next })
    await problem(call('post', '/auth/sign-in', { body: { email: person.email, password } }), 'unauthenticated')
    await signIn(person.email, next)
  })

  test('that is reset ends every session of before', async () => {
    const [person, elsewhere] = await twoSessions()
    await ok(reset(person), 204)
    await expectOver(person, elsewhere)
    await ok(call('get', '/me', { token: (await signIn(person.email, next)).token }))
  })

  test('chosen by a stranger who signed up with somebody’s address before them opens nothing once it is reset', async () => {
    const email = `${newId()}@example.org`
    for (const secret of ['The-stranger’s 1', password])
      await ok(call('post', '/auth/sign-up', { body: { email, password: secret } }), 202)
    await ok(call('post', '/auth/confirm', { body: { email, code: '123456' } }), 204)
    const stranger = await signIn(email, 'The-stranger’s 1')
    await problem(call('post', '/auth/sign-in', { body: { email, password } }), 'unauthenticated')
    await ok(reset(stranger), 204)
    await say(await signIn(email, next))
    await expectOver(stranger)
  })

  test('that is reset ends them while the cache is away, too', async () => {
    const [person, elsewhere] = await twoSessions()
    await fault({ target: 'cache', kind: 'down' })
    await ok(reset(person), 204)
    await expectOver(person, elsewhere)
  })

  test('that is reset by a wrong code ends nothing', async () => {
    const [person] = await twoSessions()
    await problem(reset(person, '000000'), 'invalid')
    await ok(call('get', '/me', { token: person.token }))
    await ok(call('post', '/auth/refresh', { body: { refreshToken: person.refreshToken } }))
  })

  test.for([
    ['identity', 'InitiateAuth'],
    ['identity', 'GlobalSignOut'],
    ['database', 'update users u set'],
  ] as const)('that is reset while %s (%s) is away says what is left to do', async ([target, match]) => {
    const [person, elsewhere] = await twoSessions()
    await fault({ target, kind: 'down', match })
    expect((await problem(reset(person), 'unavailable')).detail).toMatch(/is changed, but .* sign out everywhere/)
    await noFaults()
    await post204('/auth/sign-out-everywhere', await signIn(person.email, next))
    await expectOver(person, elsewhere)
  })
})

describe('a second factor', () => {
  test('is set up with a code of the app, and asked for at the next sign-in', async () => {
    const person = await newPerson()
    const { secret, uri } = await ok<TotpSecret>(call('post', '/auth/totp', { token: person.token }))
    const shown = new URL(uri)
    expect([shown.protocol, shown.host]).toEqual(['otpauth:', 'totp'])
    expect(decodeURIComponent(shown.pathname)).toBe(`/Macro AI:${person.email}`)
    expect(shown.searchParams.get('secret')).toBe(secret)

    const state = () => ok(call('get', '/auth/totp', { token: person.token }))
    await problem(call('post', '/auth/totp/verify', { token: person.token, body: { code: '000000' } }), 'invalid')
    expect(await state()).toEqual({ enabled: false })
    await post204('/auth/totp/verify', person, { code: await authenticator(secret) })
    expect(await state()).toEqual({ enabled: true })

    const { email } = person
    const asked = await ok<Challenge>(call('post', '/auth/sign-in', { body: { email, password } }))
    expect(asked).toEqual({ challenge: 'totp', session: expect.any(String) as string })
    const answer = (code: string) => call('post', '/auth/challenge', { body: { email, session: asked.session, code } })
    await problem(answer('000000'), 'unauthenticated')
    const code = await authenticator(secret)
    const { accessToken } = await ok<Tokens>(answer(code))
    await ok(call('get', '/me', { token: accessToken }))
    await problem(answer(code), 'unauthenticated')

    // A forgotten password is no way around it.
    const next = 'Another-h0rse battery'
    await ok(call('post', '/auth/forgot', { body: { email } }), 202)
    await ok(call('post', '/auth/reset', { body: { email, code: '123456', password: next } }), 204)
    expect(await ok(call('post', '/auth/sign-in', { body: { email, password: next } }))).toMatchObject({
      challenge: 'totp',
    })
    // Nothing spoke for its owner at Cognito, and yet the sessions of before are over here.
    for (const token of [person.token, accessToken]) await problem(call('get', '/me', { token }), 'unauthenticated')
    const back = await ok<Challenge>(call('post', '/auth/sign-in', { body: { email, password: next } }))
    // A code works once: the one of the half minute to come has not been used.
    const body = { email, session: back.session, code: await authenticator(secret, Date.now() + 30_000) }
    await ok(call('get', '/me', { token: (await ok<Tokens>(call('post', '/auth/challenge', { body }))).accessToken }))
  })

  test('is dropped again', async () => {
    const { token, email } = await newPerson()
    const { secret } = await ok<TotpSecret>(call('post', '/auth/totp', { token }))
    await ok(call('post', '/auth/totp/verify', { token, body: { code: await authenticator(secret) } }), 204)
    await ok(call('delete', '/auth/totp', { token }), 204)
    await signIn(email)
  })
})

/** A request of each route for who is signed in, good enough to get past its input. */
const signedInRoutes = contract
  .filter(
    ({ who, path }) =>
      who !== 'anybody' && who !== 'key' && !['/health/ready', '/auth/sign-out-everywhere'].includes(path),
  )
  .map(({ method, path }) => ({ method, path: path.replaceAll(/\{\w+\}/g, () => newId()) }))
const bodyOf = (method: string, path: string) =>
  method === 'get'
    ? undefined
    : path === '/turns'
      ? newTurn()
      : path === '/me' && method === 'delete'
        ? { password }
        : {}

describe('signing out everywhere', () => {
  test('puts out every session and every token at once, on every route, and lets its owner back in', async () => {
    const person = await newPerson()
    const elsewhere = await signIn(person.email)
    const turn = newTurn()
    await say(elsewhere, turn)
    for (const path of ['/me', '/conversations']) await ok(call('get', path, { token: elsewhere.token }))

    await post204('/auth/sign-out-everywhere', person)
    for (const { token } of [person, elsewhere]) {
      for (const { method, path } of signedInRoutes.filter(
        (route) => route.path !== '/me' || route.method !== 'delete',
      ))
        await problem(call(method, path, { token, body: bodyOf(method, path) }), 'unauthenticated')
      await problem(post({ token }, turn), 'unauthenticated')
      await problem(resume({ token }, turn.turnId), 'unauthenticated')
    }
    for (const { refreshToken } of [person, elsewhere])
      await problem(call('post', '/auth/refresh', { body: { refreshToken } }), 'unauthenticated')

    const back = await signIn(person.email)
    expect(await ok<Me>(call('get', '/me', { token: back.token }))).toMatchObject({ id: person.id })
    expect(await streamOf(post(back, turn))).toContain('event: end')
  })

  test('holds while the cache is away, and after it stumbled', async () => {
    const [away, stumbled] = await Promise.all([newPerson(), newPerson()])
    for (const { token } of [away, stumbled]) await ok(call('get', '/me', { token }))
    await fault({ target: 'cache', kind: 'down', times: 1, match: stumbled.id })
    await post204('/auth/sign-out-everywhere', stumbled)
    await problem(call('get', '/me', { token: stumbled.token }), 'unauthenticated')

    await fault({ target: 'cache', kind: 'down' })
    await post204('/auth/sign-out-everywhere', away)
    await problem(call('get', '/me', { token: away.token }), 'unauthenticated')
    await problem(call('get', '/conversations', { token: away.token }), 'unauthenticated')
  })

  test('holds for the owner too', async () => {
    const admin = await owner()
    await ok(call('get', '/health/ready', { token: admin.token }))
    await post204('/auth/sign-out-everywhere', admin)
    for (const path of ['/health/ready', '/admin/users'])
      await problem(call('get', path, { token: admin.token }), 'unauthenticated')
  })

  test('says again what it said, without putting out who came back since', async () => {
    const person = await newPerson()
    await post204('/auth/sign-out-everywhere', person)
    const back = await signIn(person.email)
    await post204('/auth/sign-out-everywhere', person)
    await ok(call('get', '/me', { token: back.token }))
  })

  test('does nothing and says so while Cognito is away', async () => {
    const person = await newPerson()
    await fault({ target: 'identity', kind: 'down', times: 1 })
    await problem(call('post', '/auth/sign-out-everywhere', { token: person.token }), 'unavailable')
    await ok(call('get', '/me', { token: person.token }))
  })
})

describe('somebody who is disabled', () => {
  test('is out at once, on every route and at sign-in, and in again when enabled', async () => {
    const [person, admin] = await Promise.all([newPerson(), owner()])
    await ok(call('get', '/me', { token: person.token }))
    const set = (disabled: boolean) =>
      ok(call('patch', `/admin/users/${person.id}`, { token: admin.token, body: { disabled } }))
    await set(true)
    for (const { method, path } of signedInRoutes)
      await problem(call(method, path, { token: person.token, body: bodyOf(method, path) }), 'unauthenticated')
    const disabled = await problem(
      call('post', '/auth/sign-in', { body: { email: person.email, password } }),
      'unauthenticated',
    )
    const wrong = await problem(
      call('post', '/auth/sign-in', { body: { email: person.email, password: 'Wrong-h0rse 1' } }),
      'unauthenticated',
    )
    expect(disabled.detail).toBe(wrong.detail)

    const { refreshToken } = person
    await problem(call('post', '/auth/refresh', { body: { refreshToken } }), 'unauthenticated')
    await set(false)
    const { accessToken } = await ok<Tokens>(call('post', '/auth/sign-in', { body: { email: person.email, password } }))
    await ok(call('get', '/me', { token: accessToken }))
  })

  test('whom the cache still lets in is told of to the owner, and is out once it could be told', async () => {
    const [person, admin] = await Promise.all([newPerson(), owner()])
    await ok(call('get', '/me', { token: person.token }))
    const shutOut = () => call('patch', `/admin/users/${person.id}`, { token: admin.token, body: { disabled: true } })
    await fault({ target: 'cache', kind: 'down', match: person.id })
    expect((await problem(shutOut(), 'unavailable')).detail).toContain('the cache could not be told')
    await noFaults()
    await ok(shutOut())
    await problem(call('get', '/me', { token: person.token }), 'unauthenticated')
  })
})

test('an owner cannot lock themselves out', async () => {
  const { id, token } = await owner()
  const change = (body: object) => call('patch', `/admin/users/${id}`, { token, body })
  const { errors } = await problem(change({ disabled: true }), 'invalid')
  expect(errors?.[0]?.path).toBe('disabled')
  await ok(change({ disabled: false }))
  await ok(call('get', '/me', { token }))
})

test('who signs up without a name has none, and can be sent back as they are', async () => {
  const email = `${newId()}@example.org`
  await ok(call('post', '/auth/sign-up', { body: { email, password } }), 202)
  await ok(call('post', '/auth/confirm', { body: { email, code: '123456' } }), 204)
  const { token } = await signIn(email)
  const { name, instructions } = await ok<Me>(call('get', '/me', { token }))
  expect(name).toBeNull()
  await ok(call('patch', '/me', { token, body: { name, instructions } }))
})

describe('what it costs', () => {
  test('opening the app takes two commands of the cache and wakes no database', async () => {
    const person = await newPerson()
    const open = async () => {
      for (const path of ['/me', '/conversations']) await ok(call('get', path, { token: person.token }))
    }
    await open()
    await resetCounters()
    await open()
    const { database, identity, detail } = await counters()
    expect({ database, identity }).toEqual({ database: 0, identity: 0 })
    expect(detail.cache.commands).toBeLessThanOrEqual(2)
  })

  test('a turn takes two commands of the cache', async () => {
    const person = await newPerson()
    await resetCounters()
    await say(person)
    await expect.poll(async () => (await counters()).detail.cache.commands).toBe(2)
  })
})

describe('erasing an account', () => {
  test('asks for the password, and leaves nothing that names its owner', async () => {
    const [person, other] = await Promise.all([newPerson(), newPerson()])
    const mine = newTurn({ text: 'Say exactly: a secret of mine' })
    await say(person, mine)
    await say(other)
    const admin = await owner()
    await ok(call('patch', `/admin/users/${person.id}`, { token: admin.token, body: { dailyCapMicros: 1_000_000 } }))
    await sql`insert into memories (id, owner_id, text) values (${newId()}::uuid, ${person.id}::uuid, 'likes tea')`
    expect(await tablesWith(person.id)).toEqual(
      expect.arrayContaining(['users', 'messages', 'ledger', 'audit', 'memories']),
    )

    const erase = (secret: string) => call('delete', '/me', { token: person.token, body: { password: secret } })
    expect((await problem(erase('Wrong-h0rse 1'), 'invalid')).errors?.[0]?.path).toBe('password')
    await ok(call('get', '/me', { token: person.token }))
    await ok(erase(password), 204)

    expect(await tablesWith(person.id)).toEqual([])
    expect(await tablesWith(person.email)).toEqual([])
    expect(await tablesWith('a secret of mine')).toEqual([])
    expect(await sql`select 1 from ledger where reservation_id = ${mine.turnId}::uuid`).toHaveLength(2)
    await problem(call('get', '/me', { token: person.token }), 'unauthenticated')
    await problem(post(person, newTurn()), 'unauthenticated')
    await problem(post(person, mine), 'unauthenticated')
    await problem(call('post', '/auth/sign-in', { body: { email: person.email, password } }), 'unauthenticated')
    expect(await tablesWith(person.id)).toEqual([])
    await ok(call('get', '/me', { token: other.token }))
  })

  test('in the middle of an answer settles it, and its object forgets it', async () => {
    const person = await newPerson()
    const turn = longTurn()
    await readUntil(await post(person, turn), (text) => text.includes('event: delta'))
    await ok(call('delete', '/me', { token: person.token, body: { password } }), 204)
    expect(await tablesWith(person.id)).toEqual([])
    expect((await ledgerOf(turn.turnId)).map(({ kind }) => kind)).toEqual(['reserve', 'settle'])
    await checkBooks()
    const chat = env.CHAT.get(env.CHAT.idFromName(`${person.id}/${turn.conversationId}`))
    const left = await runInDurableObject(chat, (_chat, { storage }) => [
      ...storage.sql.exec('select turn_id from frames union all select id from turns'),
    ])
    expect(left).toEqual([])
  })

  test('that breaks off is finished by asking again', async () => {
    for (const [target, match] of [
      ['database', 'update ledger set user_id'],
      ['identity', 'DeleteUser'],
    ] as const) {
      const person = await newPerson()
      await say(person)
      const erase = () => call('delete', '/me', { token: person.token, body: { password } })
      await fault({ target, kind: 'down', times: 1, match })
      await problem(erase(), 'unavailable')
      await problem(call('get', '/me', { token: person.token }), 'unauthenticated')
      await ok(erase(), 204)
      expect([...(await tablesWith(person.id)), ...(await tablesWith(person.email))]).toEqual([])
    }
  })
})
