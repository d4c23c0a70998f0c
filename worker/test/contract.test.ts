import { contract, newId, type ConversationPage, type Endpoint } from '@macro-ai/shared'
import { exports } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { app } from '../src/app.ts'
import { call, newPerson, ok, problem } from './support/api.ts'
import { fault, noFaults } from './support/platform.ts'
import { rowsWith } from './support/tables.ts'
import { newTurn, say, told } from './support/turns.ts'
import { askFor, goodRequests, keyOf, newWorld, pathOf, type World } from './support/walk.ts'

let world: World
beforeAll(async () => {
  await noFaults()
  world = await newWorld()
})
beforeEach(noFaults)

const keys = contract.map(keyOf)

test('the routes are those of the contract and no other', () => {
  const routes = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
  expect([...new Set(routes)].sort()).toEqual([...keys].sort())
})

test('no request is walked that the contract does not have', () => {
  expect(Object.keys(goodRequests).filter((key) => !keys.includes(key))).toEqual([])
})

describe('a good request gets the answer as it is written, and nothing besides', () => {
  test.for(contract.map((one) => [keyOf(one), one] as const))('%s', async ([, endpoint]) => {
    // What changes something gets a world of its own.
    const answer = await askFor(endpoint, endpoint.method === 'get' ? world : await newWorld())
    const text = await answer.text()
    expect(answer.status, text).toBe(endpoint.status)
    expectUsualHeaders(answer)
    if (endpoint.who !== 'anybody') expect(answer.headers.get('cache-control')).toContain('no-store')
    expectAnswer(endpoint, answer, text)
  })

  const expectAnswer = ({ answer: written }: Endpoint, answer: Response, text: string) => {
    const type = answer.headers.get('content-type')
    if (written === 'events') {
      expect(type).toBe('text/event-stream')
      expect(told(text).end.status).toBe('complete')
    } else if (written === 'page') expect(type).toMatch('text/html')
    else if (written === 'csv') expect(type).toMatch('text/csv')
    else if (written === 'file') expect(answer.headers.get('content-disposition')).toContain('attachment')
    else if (written === 'lines') expect(type).toBe('application/x-ndjson')
    else if (written === undefined) expect(text).toBe('')
    else {
      expect(type).toMatch('application/json')
      const body: unknown = JSON.parse(text)
      // Equal, not only accepted: what a schema does not name is not told.
      expect(written.parse(body)).toEqual(body)
    }
  }
})

const expectUsualHeaders = ({ headers }: Response) => {
  expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  expect(headers.get('server-timing')).toMatch(/^app;dur=\d+$/)
  expect(headers.get('x-content-type-options')).toBe('nosniff')
}

describe('problems', () => {
  test.for([
    ['get', '/nowhere'],
    ['put', '/me'],
    ['get', '/auth/sign-in'],
    ['get', '/conversations/__pathname'],
    ['get', '/__pathname?__pathname=/me'],
  ])('%s %s is not found, and says so as a problem', async ([method = '', path = '']) => {
    const answer = await call(method, path, { token: world.person.token })
    expectUsualHeaders(answer)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const requestId = answer.headers.get('x-request-id')
    expect(await problem(answer, 'not_found')).toMatchObject({ type: 'about:blank', title: 'Not found', requestId })
  })

  test('are answered whatever the client says it accepts', async () => {
    for (const accept of ['text/html', '*/*;q=0', 'x'.repeat(4000), '../../etc/passwd'])
      await problem(call('get', '/me', { headers: { accept } }), 'unauthenticated')
  })

  test.for([
    ['patch', '/me', { defaultModel: 'gone' }],
    ['patch', '/conversations/{id}', { model: 'gone' }],
    ['patch', '/conversations/{id}', { model: 'demo-embedding' }],
    ['patch', '/assistants/{id}', { model: 'gone' }],
    ['post', '/turns', { ...newTurn(), model: 'gone' }],
  ] as const)('%s %s refuses a model that nobody can chat with here: %j', async ([method, path, body]) => {
    const { token } = world.person
    const { errors } = await problem(call(method, pathOf({ path }, world), { token, body }), 'invalid')
    expect(errors?.map(({ message }) => message)).toEqual(['is not a model of this instance'])
  })

  test.for(contract.filter(({ optionalBody }) => optionalBody).map((one) => [keyOf(one), one] as const))(
    '%s goes without a body, as HTTP clients send none: of no type and no length',
    async ([, endpoint]) => {
      const { owner, person, ...things } = await newWorld()
      const { token } = endpoint.who === 'admin' ? owner : person
      const url = `https://api.test${pathOf(endpoint, { owner, person, ...things })}`
      const headers = { authorization: `Bearer ${token}` }
      const send = (body: Uint8Array | null) =>
        exports.default.fetch(new Request(url, { method: 'POST', headers, body }))
      await ok(send(null), endpoint.status)
      await ok(send(new Uint8Array()), endpoint.status)
      await problem(send(new TextEncoder().encode('{}')), 'unsupported_type')
    },
  )

  let stranger: World
  /** What bodies are about, where they name anything. */
  let other: World
  beforeAll(async () => {
    stranger = await newWorld()
    other = await newWorld()
  })
  const about = contract.filter(({ who, path }) => who === 'signed in' && path.includes('{'))

  test.for(about.map((one) => [keyOf(one), one] as const))(
    '%s says of a foreign thing exactly what it says of a missing one, and of what is no id at all, and does nothing',
    async ([key, endpoint]) => {
      const { body, query = '' } = (await goodRequests[key]?.(other)) ?? {}
      const ask = async (path: string) => {
        const answer = await call(endpoint.method, path + query, { token: stranger.person.token, body })
        const { requestId: _, ...rest } = await problem(answer, 'not_found')
        return rest
      }
      const everything = () => rowsWith(world.person.id, stranger.person.id)
      const before = await everything()
      const foreign = await ask(pathOf(endpoint, world))
      expect(foreign).toEqual(await ask(endpoint.path.replace(/\{\w+\}/, crypto.randomUUID())))
      expect(foreign).toEqual(await ask(endpoint.path.replace(/\{\w+\}/, "1'--")))
      expect(await everything()).toEqual(before)
    },
  )
})

describe('lists', () => {
  test.for([
    '/conversations?cursor=x',
    `/conversations?cursor=${btoa(JSON.stringify([true, '2026-01-01', 'x']))}`,
    `/conversations?cursor=${btoa(JSON.stringify([true, '0000-01-01T00:00:00Z', crypto.randomUUID()]))}`,
    `/conversations?cursor=${btoa(JSON.stringify([true, "2026-01-01T00:00:00Z'; drop table users; --", crypto.randomUUID()]))}`,
    `/conversations?cursor=${'x'.repeat(501)}`,
    '/conversations?limit=-1',
    '/conversations?limit=0',
    '/conversations?limit=101',
    '/conversations?limit=1e9',
    '/conversations?limit=NaN',
    '/conversations?cursor=',
    '/conversations?view=nonsense',
    '/search',
    '/search?q=',
    '/search?q=%E2%80%8B',
    '/search?q=a%00b',
    `/search?q=${'x'.repeat(201)}`,
    '/search?q=x&cursor=x',
    '/search?q=x&cursor=-1',
    '/search?q=x&cursor=0',
    '/search?q=x&cursor=200',
    '/search?q=x&limit=1e9',
    '/admin/users?cursor=x',
    '/admin/users?limit=1e9',
    '/admin/invites?cursor=x',
    '/admin/invites?cursor=',
    ...['/documents', '/collections', '/memories', '/assistants', '/keys'].flatMap((path) =>
      ['cursor=x', 'cursor=', 'cursor=1.x', 'limit=0', 'limit=101', 'limit=x'].map((query) => `${path}?${query}`),
    ),
  ])('%s is a bad request', async (path) => {
    await problem(call('get', path, { token: world.owner.token }), 'bad_request')
  })

  test.for(contract.filter(({ query }) => query && 'limit' in query.shape).map(keyOf))(
    '%s takes a limit from 1 to 100',
    async (key) => {
      const [, path = ''] = key.split(' ')
      for (const limit of [1, 100]) {
        const { items } = await ok<{ items: unknown[] }>(
          call('get', `${path}?limit=${limit}&q=all`, { token: world.owner.token }),
        )
        expect(items.length).toBeLessThanOrEqual(limit)
      }
      for (const limit of ['0', '101', '-1', '1.5', 'x', ''])
        await problem(call('get', `${path}?limit=${limit}&q=all`, { token: world.owner.token }), 'bad_request')
    },
  )

  test('of messages want a cursor that can be read', async () => {
    const here = `/conversations/${world.conversationId}/messages`
    for (const query of ['', '?before=', '?before=x'])
      await problem(call('get', here + query, { token: world.person.token }), 'bad_request')
  })

  test.for([
    ['/collections', (id: string) => ({ id, name: 'The same name' })],
    ['/memories', (id: string) => ({ id, text: 'I sail.' })],
    ['/assistants', (id: string) => ({ id, name: 'Translator' })],
    ['/keys', () => ({ name: 'A program' })],
  ] as const)(
    'of %s come whole or page by page, also where a page’s last thing has gone since',
    async ([path, thing]) => {
      const { token } = await newPerson()
      type Page = { items: { id: string }[]; nextCursor: string | null }
      const page = (query: string) => ok<Page>(call('get', path + query, { token }))
      expect(await page('')).toEqual({ items: [], nextCursor: null })
      for (let more = 5; more > 0; more--) await ok(call('post', path, { token, body: thing(newId()) }), 201)
      const all = await page('')
      expect(all).toMatchObject({ items: { length: 5 }, nextCursor: null })
      const first = await page('?limit=2')
      const second = await page(`?limit=2&cursor=${first.nextCursor}`)
      await ok(call('delete', `${path}/${second.items[1]?.id}`, { token }), 204)
      // In the place of the one that has gone is now the one after it.
      const third = await page(`?limit=2&cursor=${second.nextCursor}`)
      expect([first, second, third].flatMap(({ items }) => items)).toEqual(all.items)
      expect(third.nextCursor).toBeNull()
      expect(await page(`?limit=3&cursor=${first.nextCursor}`)).toMatchObject({
        nextCursor: null,
        items: { length: 2 },
      })
    },
  )

  test('give every conversation once, page by page, pinned ones first', async () => {
    const { person } = await newWorld()
    const { token } = person
    for (let more = 4; more > 0; more--) await say(person)
    const all = await ok<ConversationPage>(call('get', '/conversations', { token }))
    expect(all.items).toHaveLength(5)
    const last = all.items.at(-1)?.id ?? ''
    await ok(call('patch', `/conversations/${last}`, { token, body: { pinned: true } }))
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = `?limit=2${cursor && `&cursor=${cursor}`}`
      const page: ConversationPage = await ok(call('get', `/conversations${query}`, { token }))
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(seen).toEqual([last, ...all.items.map(({ id }) => id).filter((id) => id !== last)])
  })
})

describe('the description', () => {
  type Json = { [key: string]: Json }
  const described = () => ok<Json>(call('get', '/openapi.json'))

  test('is OpenAPI 3.1, has every route with its answers, and every reference in it leads somewhere', async () => {
    const openapi = await described()
    expect(openapi).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Macro AI' },
      servers: [{ url: 'https://api.test' }],
    })
    const operations = Object.entries(openapi.paths ?? {}).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
    )
    expect(operations.map(([key]) => key).sort()).toEqual([...keys].sort())
    for (const [key, operation] of operations) {
      const endpoint = contract.find((one) => keyOf(one) === key) as Endpoint
      const statuses = Object.keys(operation.responses ?? {})
      expect(statuses).toContain(String(endpoint.status))
      if (endpoint.who !== 'anybody') expect(statuses).toContain('401')
      expect('requestBody' in operation).toBe((endpoint.body ?? endpoint.upload) !== undefined)
    }
    for (const ref of referencesIn(openapi)) {
      const target = ref
        .replace(/^#\//, '')
        .split('/')
        .reduce((at: Json | undefined, name) => at?.[name], openapi)
      expect(target, ref).toBeTypeOf('object')
    }
  })

  test('can be read as a page, which shows the bodies in full', async () => {
    const page = await (await call('get', '/docs')).text()
    for (const { path } of contract) expect(page).toContain(path)
    expect(page).toContain('conversationId')
    expect(page).not.toContain('$ref')
  })

  const referencesIn = (json: Json): string[] =>
    Object.entries(json ?? {}).flatMap(([key, value]) =>
      typeof value === 'object' ? referencesIn(value) : key === '$ref' ? [value as string] : [],
    )
})

describe('whether all is ready', () => {
  const key = 'the key of the test suite'

  test('is told to the owner and to who has the key, to nobody else', async () => {
    const ready = await ok(call('get', '/health/ready', { token: key }))
    expect(ready).toMatchObject({ status: 'ok', checks: { database: { ok: true }, model: { ok: true } } })
    await problem(call('get', '/health/ready'), 'unauthenticated')
    await problem(call('get', '/health/ready', { token: `${key}s` }), 'unauthenticated')
    await problem(call('get', '/health/ready', { token: world.person.token }), 'forbidden')
  })

  test.for(['database', 'cache', 'identity', 'model'] as const)('names %s when it is down', async (target) => {
    await fault({ target, kind: 'down' })
    const { status, checks } = await ok<{ status: string; checks: Record<string, { ok: boolean }> }>(
      call('get', '/health/ready', { token: key }),
      503,
    )
    expect(status).toBe('degraded')
    expect(Object.keys(checks).filter((name) => !checks[name]?.ok)).toEqual([target])
  })
})

test('only the owner may do what the contract leaves to the owner', async () => {
  for (const endpoint of contract.filter(({ who }) => who === 'admin')) {
    const { body } = (await goodRequests[keyOf(endpoint)]?.(await newWorld())) ?? {}
    await problem(call(endpoint.method, pathOf(endpoint, world), { token: world.person.token, body }), 'forbidden')
  }
})
