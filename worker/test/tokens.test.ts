import { contract, newId } from '@macro-ai/shared'
import { exports } from 'cloudflare:workers'
import { base64url, exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { call, newPerson, ok, problem, requestOf, signIn, type Person } from './support/api.ts'
import { counters, fault, issuer, noFaults, resetCounters, rotateKeys, sql } from './support/platform.ts'
import { workerWith } from './support/settings.ts'
import { eventually, longTurn, readUntil, streamOf, told } from './support/turns.ts'
import { keyOf, newWorld, pathOf, type World } from './support/walk.ts'

beforeAll(noFaults)

const real = globalThis.fetch

describe('a token that is not good', () => {
  // A pool whose key is in our hands: it can sign what the real one never would.
  const own = 'https://pool.test/own'
  const ask = workerWith({ COGNITO_ISSUER: own, COGNITO_CLIENT_ID: 'web' })
  const soon = () => Math.floor(Date.now() / 1000) + 300
  const ago = (seconds: number) => Math.floor(Date.now() / 1000) - seconds
  const claims = (change: JWTPayload = {}): JWTPayload => ({
    sub: world.person.id,
    iss: own,
    iat: ago(10),
    exp: soon(),
    jti: newId(),
    client_id: 'web',
    token_use: 'access',
    'cognito:groups': ['admin'],
    ...change,
  })

  let world: World
  let keys: Awaited<ReturnType<typeof generateKeyPair>>
  let others: typeof keys
  let before: unknown

  const signed = (change?: JWTPayload, header: { kid?: string } = { kid: 'own' }, key = keys) =>
    new SignJWT(claims(change)).setProtectedHeader({ alg: 'RS256', ...header }).sign(key.privateKey)

  /** All that could have been changed or spent. */
  const everything = () => sql`
    select (select json_agg(u order by u.id) from users u) as users, (select json_agg(c order by c.id) from conversations c) as conversations,
      (select count(*) from messages) as messages, (select count(*) from ledger) as ledger,
      (select json_agg(i) from instance i) as instance, (select count(*) from audit) as audit`

  beforeAll(async () => {
    world = await newWorld()
    ;[keys, others] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')])
    const published = { keys: [{ ...(await exportJWK(keys.publicKey)), alg: 'RS256', kid: 'own', use: 'sig' }] }
    vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) =>
      input === `${own}/.well-known/jwks.json` ? Promise.resolve(Response.json(published)) : real(input, init),
    )
    before = await everything()
  })
  afterAll(() => vi.restoreAllMocks())

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const tampered = (token: string) => {
    const [header = '', , signature = ''] = token.split('.')
    return [header, base64url.encode(JSON.stringify(claims({ exp: soon() + 1 }))), signature].join('.')
  }
  /** Signed as HS256 with what everybody can know of the RSA key. */
  const confused = (secret: string) =>
    new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'own' }).sign(new TextEncoder().encode(secret))

  const bad: Record<string, () => Promise<{ headers?: Record<string, string>; query?: string }>> = {
    'is absent': async () => ({}),
    'is empty': async () => ({ headers: { authorization: 'Bearer ' } }),
    'is garbage': async () => ({ headers: bearer('a.b.c') }),
    'is no JWT': async () => ({ headers: bearer('mk_0123456789') }),
    'comes as Basic': async () => ({ headers: { authorization: `Basic ${await signed()}` } }),
    'comes in the query': async () => ({ query: `?access_token=${await signed()}&token=${await signed()}` }),
    'comes in a cookie': async () => ({
      headers: { cookie: `token=${await signed()}; Authorization=${await signed()}` },
    }),
    'comes in other headers': async () => {
      const token = await signed()
      const names = [
        'x-authorization',
        'x-api-key',
        'x-access-token',
        'proxy-authorization',
        'x-forwarded-authorization',
      ]
      return { headers: Object.fromEntries(names.map((name) => [name, `Bearer ${token}`])) }
    },
    'comes twice': async () => ({ headers: { authorization: `Bearer ${await signed()}, Bearer ${await signed()}` } }),
    'has more than 8 KB': async () => ({ headers: bearer(await signed({ padding: 'x'.repeat(8_192) })) }),
    'has expired': async () => ({ headers: bearer(await signed({ exp: ago(90) })) }),
    'never expires': async () => ({ headers: bearer(await signed({ exp: undefined })) }),
    'is from the future': async () => ({ headers: bearer(await signed({ iat: soon() + 300, exp: soon() + 600 })) }),
    'is not valid yet': async () => ({ headers: bearer(await signed({ nbf: soon() })) }),
    'is an ID token': async () => ({
      headers: bearer(await signed({ token_use: 'id', aud: 'web', client_id: undefined })),
    }),
    'does not say its use': async () => ({ headers: bearer(await signed({ token_use: undefined })) }),
    'is for another client': async () => ({ headers: bearer(await signed({ client_id: 'other' })) }),
    'is from another pool': async () => ({ headers: bearer(await signed({ iss: 'https://pool.test/other' })) }),
    'is from the pool of another instance': async () => ({ headers: bearer(world.person.token) }),
    'names nobody': async () => ({ headers: bearer(await signed({ sub: 'admin' })) }),
    'has no signature': async () => ({ headers: bearer(new UnsecuredJWT(claims()).encode()) }),
    'has lost its signature': async () => ({ headers: bearer((await signed()).replace(/[^.]+$/, '')) }),
    'was changed': async () => ({ headers: bearer(tampered(await signed())) }),
    'is signed by somebody else': async () => ({ headers: bearer(await signed({}, { kid: 'own' }, others)) }),
    'names an unknown key': async () => ({ headers: bearer(await signed({}, { kid: 'theirs' }, others)) }),
    'names no key': async () => ({ headers: bearer(await signed({}, {})) }),
    'is HS256 with the public key as PEM': async () => ({
      headers: bearer(await confused(await exportSPKI(keys.publicKey))),
    }),
    'is HS256 with the modulus': async () => ({
      headers: bearer(await confused((await exportJWK(keys.publicKey)).n ?? '')),
    }),
  }

  test('is told from a good one: that passes, also with a clock a minute off', async () => {
    for (const change of [{}, { iat: ago(-45) }, { exp: ago(45) }, { nbf: ago(-45) }])
      await ok(ask('get', '/me', { token: await signed(change) }))
    await ok(ask('get', '/admin/users', { token: await signed() }))
  })

  test.for(Object.entries(bad))('because it %s opens nothing', async ([, make]) => {
    const closed = contract.filter(({ who }) => who !== 'anybody' && who !== 'key')
    for (const endpoint of closed) {
      const { headers, query = '' } = await make()
      const answer = await ask(endpoint.method, pathOf(endpoint, world) + query, { headers })
      expect(answer.status, keyOf(endpoint)).toBe(401)
      await problem(answer, 'unauthenticated')
    }
  })

  test('has changed nothing', async () => {
    expect(await everything()).toEqual(before)
  })

  test('because it was signed out stays out, also when the clock that dated it is ahead', async () => {
    const { id } = await newPerson()
    const token = await signed({ sub: id, iat: ago(-45) })
    await ok(ask('get', '/me', { token }))
    await ok(ask('post', '/auth/sign-out-everywhere', { token }), 204)
    await problem(ask('get', '/me', { token }), 'unauthenticated')
  })

  test('because its session began before its holder signed out everywhere, opens nothing, however new it is', async () => {
    const { id } = await newPerson()
    const [refreshed, back] = [{ auth_time: ago(10) }, { auth_time: ago(-30) }].map((began) =>
      signed({ sub: id, iat: ago(-30), ...began }),
    )
    await ok(ask('get', '/me', { token: await refreshed }))
    await ok(ask('post', '/auth/sign-out-everywhere', { token: await signed({ sub: id }) }), 204)
    await problem(ask('get', '/me', { token: await refreshed }), 'unauthenticated')
    await problem(ask('post', '/turns', { token: await refreshed, body: longTurn() }), 'unauthenticated')
    await ok(ask('get', '/me', { token: await back }))
  })

  test('because it expired while an answer came does not end the answer, and nothing after it', async () => {
    const token = await signed({ exp: soon() })
    const answer = await ask('post', '/turns', { token, body: longTurn({ text: 'Write 800 tokens about tides' }) })
    const [toWatch, toRead] = answer.body?.tee() ?? []
    await readUntil(new Response(toWatch, answer), (text) => text.includes('event: delta'))
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 400_000 })
    const { end } = told(await streamOf(new Response(toRead, answer)))
    expect(end).toMatchObject({ status: 'complete', usage: { outputTokens: 800 } })
    await problem(ask('get', '/me', { token }), 'unauthenticated')
    vi.useRealTimers()
  })
})

describe('a key set', () => {
  const pool = 'https://pool.test/keys'
  const newKey = async (kid: string) => {
    const { privateKey, publicKey } = await generateKeyPair('RS256')
    return { privateKey, published: { ...(await exportJWK(publicKey)), alg: 'RS256', kid, use: 'sig' } }
  }
  type Key = Awaited<ReturnType<typeof newKey>>
  const tokenOf = ({ id }: Person, { privateKey, published }: Key) =>
    new SignJWT({ iss: pool, jti: newId(), client_id: 'web', token_use: 'access' })
      .setProtectedHeader({ alg: 'RS256', kid: published.kid })
      .setSubject(id)
      .setIssuedAt()
      .setExpirationTime('5 minutes')
      .sign(privateKey)
  /** A Worker that has fetched no keys yet; `answer` is what it gets for them. */
  const newWorker = (answer: () => Response) => {
    vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) =>
      input === `${pool}/.well-known/jwks.json` ? Promise.resolve(answer()) : real(input, init),
    )
    return workerWith({ COGNITO_ISSUER: pool, COGNITO_CLIENT_ID: 'web' })
  }
  afterEach(() => void vi.restoreAllMocks())

  test('that comes with an error, or is none, is as good as away, whatever the token', async () => {
    const [person, key] = [await newPerson(), await newKey('one')]
    const token = await tokenOf(person, key)
    const keys = [key.published]
    for (const answer of [() => Response.json({ keys }, { status: 500 }), () => Response.json({})])
      await problem(newWorker(answer)('get', '/me', { token }), 'unavailable')
    await ok(newWorker(() => Response.json({ keys }))('get', '/me', { token }))
  })

  test('that has a new key since an isolate first looked is looked at again at once', async () => {
    const [person, one, two] = [await newPerson(), await newKey('one'), await newKey('two')]
    const keys = [one.published]
    const worker = newWorker(() => Response.json({ keys }))
    await ok(worker('get', '/me', { token: await tokenOf(person, one) }))
    keys.push(two.published)
    await ok(worker('get', '/me', { token: await tokenOf(person, two) }))
  })
})

describe('the pool’s keys', () => {
  /** Lets the keys' rest of 30 seconds go by. */
  const later = (ms: number) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
  }
  afterEach(async () => {
    await noFaults()
  })
  afterAll(() => vi.useRealTimers())

  const fetches = async () => {
    const { operations } = (await counters()).detail.identity
    return Object.entries(operations).reduce((sum, [name, count]) => sum + (name.includes('jwks') ? count : 0), 0)
  }
  const me = ({ token }: Pick<Person, 'token'>) => call('get', '/me', { token })

  const forged = async (count: number) => {
    const { privateKey } = await generateKeyPair('RS256')
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      sub: newId(),
      iss: issuer,
      iat: now,
      exp: now + 300,
      jti: 'x',
      client_id: 'local-web',
      token_use: 'access',
    }
    const make = () => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: newId() }).sign(privateKey)
    return Promise.all(Array.from({ length: count }, make))
  }

  test('are fetched once in half a minute, however many forged ones are named, and good tokens pass all the while', async () => {
    const person = await newPerson()
    await ok(me(person))
    later(31_000)
    await resetCounters()
    const answers = await Promise.all((await forged(60)).map((token, index) => me(index % 3 ? { token } : person)))
    answers.forEach(({ status }, index) => expect(index % 3 ? [401, 503] : [200]).toContain(status))
    for (const token of await forged(10)) await problem(me({ token }), 'unauthenticated')
    await ok(me(person))
    expect(await fetches()).toBe(1)
  })

  test('are not fetched for a token that names none', async () => {
    const person = await newPerson()
    await ok(me(person))
    later(31_000)
    await resetCounters()
    const { privateKey } = await generateKeyPair('RS256')
    const token = await new SignJWT({ iss: issuer }).setProtectedHeader({ alg: 'RS256' }).sign(privateKey)
    await problem(me({ token }), 'unauthenticated')
    expect(await fetches()).toBe(0)
  })

  test('can be changed without anybody noticing', async () => {
    const person = await newPerson()
    await ok(me(person))
    later(31_000)
    await rotateKeys()
    await resetCounters()
    const again = await signIn(person.email)
    await ok(me(again))
    await ok(me(person))
    await Promise.all(Array.from({ length: 10 }, () => ok(me(again))))
    expect(await fetches()).toBe(1)
  })

  test('that cannot be fetched leave known ones working; a token with another is told to come back, not that it is bad', async () => {
    const person = await newPerson()
    await ok(me(person))
    later(31_000)
    await rotateKeys()
    const again = await signIn(person.email)
    await fault({ target: 'identity', kind: 'down', match: 'jwks' })
    await ok(me(person))
    const refused = await me(again)
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    await problem(refused, 'unavailable')
    await problem(me(again), 'unavailable')
    later(4_000)
    await problem(me(again), 'unavailable')
    await noFaults()
    later(4_000)
    await ok(me(again))
    await ok(me(person))
  })

  test('that somebody asked for and did not wait for hold up nobody', async () => {
    const person = await newPerson()
    await ok(me(person))
    later(31_000)
    await rotateKeys()
    const again = await signIn(person.email)
    await fault({ target: 'identity', kind: 'hang', times: 1, match: 'jwks' })
    await resetCounters()
    const leave = new AbortController()
    const request = new Request(requestOf('get', '/me', again), { signal: leave.signal })
    const left = exports.default.fetch(request).catch(() => undefined)
    await eventually(async () => expect(await fetches()).toBe(1))
    leave.abort()
    await left
    await ok(me(person))
    later(4_000)
    await ok(me(again))
  })

  test.for(['hang', '500', 'malformed', 'cut'] as const)(
    'that are answered with %s are as good as away',
    async (kind) => {
      const person = await newPerson()
      await ok(me(person))
      later(31_000)
      await fault({ target: 'identity', kind, match: 'jwks' })
      await ok(me(person))
      const [token = ''] = await forged(1)
      await problem(me({ token }), 'unavailable')
    },
  )
})
