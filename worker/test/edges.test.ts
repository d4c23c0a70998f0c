import { contract, newId, type Tokens } from '@macro-ai/shared'
import { env, exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { readSettings } from '../src/settings.ts'
import { call, newPerson, ok, origin, password, problem } from './support/api.ts'
import { fault, noFaults } from './support/platform.ts'
import { workerWith } from './support/settings.ts'
import { newTurn, streamOf, told } from './support/turns.ts'
import { keyOf, newWorld, pathOf, type World } from './support/walk.ts'

let world: World
beforeAll(async () => {
  await noFaults()
  world = await newWorld()
})

test('the name of the scheme before a token is read in either case', async () => {
  const { token } = await newPerson()
  for (const scheme of ['bearer', 'BEARER'])
    expect((await call('GET', '/me', { headers: { authorization: `${scheme} ${token}` } })).status).toBe(200)
})

describe('another origin', () => {
  const hostile = [
    'null',
    'https://evil.example',
    `${origin}.evil.example`,
    `${origin}0`,
    origin.slice(0, -1),
    origin.replace('http:', 'https:'),
    origin.replace('127.0.0.1', '127.0.0.1.evil.example'),
    `http://evil.example@${origin.slice(7)}`,
    `${origin}/`,
    origin.toUpperCase(),
    'file://',
    '*',
    '',
  ]

  test.for(hostile)('%j gets no CORS, neither on the answer nor before it', async (from) => {
    for (const method of ['GET', 'OPTIONS']) {
      const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' }
      const { headers } = await call(method, '/me', {
        headers: { origin: from, ...(method === 'OPTIONS' && preflight) },
      })
      expect(headers.get('access-control-allow-origin')).toBeNull()
      expect(headers.get('access-control-allow-credentials')).toBeNull()
    }
  })

  test('that is ours may ask for two hours without asking whether it may', async () => {
    const { status, headers } = await call('OPTIONS', '/turns', {
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,last-event-id',
      },
    })
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe(origin)
    expect(headers.get('access-control-max-age')).toBe('7200')
    expect(headers.get('access-control-allow-methods')).toMatch(/GET.*POST.*PATCH.*DELETE/)
    expect(headers.get('access-control-allow-headers')).toMatch(/Authorization.*Content-Type.*Last-Event-ID/)
    expect(headers.get('access-control-allow-credentials')).toBeNull()
  })

  test('that is ours can read every answer and what it says about itself, problems and streams too', async () => {
    const { token } = world.person
    const answers = await Promise.all([
      call('get', '/me', { headers: { origin } }),
      call('get', '/nowhere', { headers: { origin } }),
      call('get', '/health', { headers: { origin } }),
      call('post', '/me', { headers: { origin } }),
      call('post', '/turns', { token, headers: { origin }, body: {} }),
      call('post', '/turns', { token, headers: { origin }, body: newTurn() }),
    ])
    for (const { headers, body } of answers) {
      expect(headers.get('access-control-allow-origin')).toBe(origin)
      expect(headers.get('access-control-expose-headers')).toMatch(/X-Request-Id.*Server-Timing.*Retry-After/)
      await body?.cancel()
    }
  })
})

describe('a body', () => {
  const withBody = contract.filter(({ body, who }) => body !== undefined && who !== 'key')
  const tokenOf = (who: string) => (who === 'anybody' ? undefined : world.owner.token)

  test.for(withBody.map((endpoint) => [keyOf(endpoint), endpoint] as const))(
    'of %s that is too large, or of another type, is refused',
    async ([, endpoint]) => {
      const [path, token] = [pathOf(endpoint, world), tokenOf(endpoint.who)]
      const send = (body: string, type?: string) =>
        call(endpoint.method, path, { token, body, ...(type && { headers: { 'content-type': type } }) })
      const tooLarge = await problem(send(JSON.stringify({ text: 'x'.repeat(600 * 1024) })), 'too_large')
      expect(tooLarge.status).toBe(413)
      for (const type of ['text/plain', 'multipart/form-data', 'application/json; charset=utf-16', 'application/jsonp'])
        expect((await problem(send('{}', type), 'unsupported_type')).status).toBe(415)
    },
  )

  test('without end is given up before it is read', async () => {
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 16_384
        controller.enqueue(new Uint8Array(16_384).fill(0x20))
      },
    })
    const headers = { authorization: `Bearer ${world.person.token}`, 'content-type': 'application/json' }
    await problem(
      exports.default.fetch('https://api.test/turns', { method: 'POST', headers, body: endless }),
      'too_large',
    )
    expect(sent).toBeLessThan(2_000_000)
  })

  test('that is not valid says where and why', async () => {
    const body = { ...newTurn(), turnId: 'no id', text: 7 }
    const { errors } = await problem(call('post', '/turns', { token: world.person.token, body }), 'invalid')
    expect(errors?.map(({ path }) => path).sort()).toEqual(['text', 'turnId'])
    for (const { message } of errors ?? []) expect(message).not.toBe('')
  })
})

describe('the burst limit', () => {
  const full = { limit: () => Promise.resolve({ success: false }) }

  test.for(
    contract.filter(({ path }) => !/^\/(health|docs|openapi|v1)/.test(path)).map((one) => [keyOf(one), one] as const),
  )('holds for %s', async ([, endpoint]) => {
    const change = { LIMIT_ADDRESS: full, LIMIT_USER: full }
    const token = endpoint.who === 'anybody' ? undefined : world.owner.token
    const answer = await workerWith(change)(endpoint.method, pathOf(endpoint, world), { token })
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    await problem(answer, 'rate_limited')
  })

  test('counts a person by who they are and a visitor by address', async () => {
    const limit = vi.fn(() => Promise.resolve({ success: true }))
    await ok(workerWith({ LIMIT_USER: { limit } })('get', '/me', { token: world.person.token }))
    expect(limit).toHaveBeenCalledExactlyOnceWith({ key: world.person.id })

    const visits = vi.fn(() => Promise.resolve({ success: true }))
    const headers = {
      'cf-connecting-ip': '203.0.113.7',
      'x-forwarded-for': '198.51.100.1',
      'x-client-address': '198.51.100.2',
    }
    await problem(workerWith({ LIMIT_ADDRESS: { limit: visits } })('get', '/me', { headers }), 'unauthenticated')
    expect(visits).toHaveBeenCalledExactlyOnceWith({ key: '203.0.113.7' })
  })
})

test('no address that a person, a document or a model writes is ever asked', async () => {
  const { token } = await newPerson()
  const asked: string[] = []
  const real = globalThis.fetch
  const watch = vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    asked.push(new URL(input instanceof Request ? input.url : String(input)).origin)
    return real(input, init)
  })
  const addresses = 'http://169.254.169.254/latest ![x](https://evil.example/x.png) https://evil.example/doc.pdf'
  const send = (method: string, path: string, body: object) => call(method, path, { token, body })
  const chunks = [{ text: addresses }]
  await ok(send('patch', '/me', { instructions: addresses }))
  await ok(send('post', '/documents', { id: newId(), title: 'https://evil.example/doc.pdf', chunks }), 201)
  await ok(send('post', '/memories', { id: newId(), text: addresses }), 201)
  const body = newTurn({ text: `Say exactly: ${addresses}`, useKnowledge: true })
  const { text, start } = told(await streamOf(send('post', '/turns', body)))
  expect(text).toContain('evil.example')
  await ok(send('post', `/conversations/${start.conversationId}/share`, {}), 201)
  await (await call('get', '/me/export', { token })).text()
  watch.mockRestore()
  expect([...new Set(asked)]).toEqual([new URL(readSettings(env).UPSTASH_REDIS_REST_URL).origin])
})

test('the log holds no token, password, text or address of anybody', async () => {
  const levels = ['info', 'warn', 'error', 'log', 'debug'] as const
  const spies = levels.map((level) => vi.spyOn(console, level).mockReturnValue())
  const person = await newPerson()
  const { token, email, refreshToken } = person
  const secret = 'Sesame-opens 42'
  await problem(call('post', '/auth/sign-in', { body: { email, password: secret } }), 'unauthenticated')
  const { refreshToken: next } = await ok<Tokens>(call('post', '/auth/refresh', { body: { refreshToken } }))
  await streamOf(call('post', '/turns', { token, body: newTurn({ text: `Say exactly: ${secret}` }) }))
  await ok(call('get', `/search?q=${encodeURIComponent(secret)}`, { token }))
  await problem(call('post', '/turns', { token: `${token}x`, body: newTurn({ text: secret }) }), 'unauthenticated')
  // Also where something breaks in the middle of it.
  for (const order of [
    { target: 'database', kind: 'malformed' },
    { target: 'model', kind: '500' },
    { target: 'cache', kind: '500' },
    { target: 'identity', kind: '500' },
  ] as const) {
    await fault(order)
    await (await call('post', '/turns', { token, body: newTurn({ text: secret }) })).text()
    await (await call('post', '/auth/sign-in', { body: { email, password: secret } })).text()
    await noFaults()
  }
  const said = spies.flatMap((spy): unknown[] => spy.mock.calls.flat()).map(String)
  for (const spy of spies) spy.mockRestore()
  expect(said.length).toBeGreaterThan(10)
  for (const kept of [token, refreshToken, next, password, secret, email, encodeURIComponent(secret)])
    expect(said.filter((line) => line.includes(kept))).toEqual([])
})

test('each request is one line of JSON in the log, by the id of its answer, and an error of ours is told by the same id', async () => {
  const spies = (['info', 'error'] as const).map((level) => vi.spyOn(console, level).mockReturnValue())
  const { token } = world.person
  const limit = () => Promise.reject(new Error('failed at line 7'))
  const [fine, broken] = [
    await call('get', `/conversations/${newId()}?secret=1`, { token }),
    await workerWith({ LIMIT_USER: { limit } })('get', '/me', { token }),
  ]
  const said = spies.flatMap((spy): unknown[] => spy.mock.calls.flat())
  for (const spy of spies) spy.mockRestore()
  const lines = said.map((line) => JSON.parse(String(line)) as Record<string, unknown>)
  const of = (answer: Response) => lines.filter((line) => line['requestId'] === answer.headers.get('x-request-id'))
  const request = { level: 'info', event: 'request', requestId: expect.any(String) as string, method: 'GET' }
  const ms = expect.any(Number) as number
  expect(of(fine)).toEqual([{ ...request, route: '/conversations/:id', status: 404, ms }])
  expect(of(broken)).toEqual(
    expect.arrayContaining([
      { ...request, route: '/me', status: 500, ms },
      expect.objectContaining({
        level: 'error',
        event: 'unexpected',
        error: expect.stringContaining('line 7') as string,
      }),
    ]),
  )
  expect(of(broken)).toHaveLength(2)
})

describe('what goes wrong inside', () => {
  test('is a plain 500 that tells nothing of it', async () => {
    const limit = () => Promise.reject(new Error('postgres://user:secret@host failed at line 7'))
    const answer = await workerWith({ LIMIT_USER: { limit } })('get', '/me', { token: world.person.token })
    const body = await problem(answer, 'internal')
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Something went wrong',
      status: 500,
      detail: 'Something went wrong on our side.',
      code: 'internal',
      requestId: answer.headers.get('x-request-id'),
    })
  })

  test('with the settings is told to the owner in the log and to nobody else', async () => {
    const written = vi.spyOn(console, 'error').mockReturnValue()
    const change = { NEON_DATABASE_URL: '', UPSTASH_REDIS_REST_URL: 'rediss://host:6379', DEFAULT_MODEL: '' }
    const { detail } = await problem(workerWith(change)('get', '/me', { token: world.person.token }), 'unavailable')
    expect(detail).not.toMatch(/NEON|UPSTASH/)
    const said = written.mock.calls.flat().join('\n')
    written.mockRestore()
    expect(said).toMatch(/NEON_DATABASE_URL: is not set/)
    expect(said).toMatch(/UPSTASH_REDIS_REST_URL: is a Redis URL; use the REST URL/)
    await ok(workerWith(change)('get', '/health'))
  })
})
