import { neon, neonConfig } from '@neondatabase/serverless'
import { Redis } from '@upstash/redis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startPlatform, type Platform } from './platform.ts'

let platform: Platform

beforeAll(async () => {
  platform = await startPlatform({ port: 0, dataDir: null })
  neonConfig.fetchEndpoint = platform.database.endpoint
})
afterEach(() => control('DELETE', '/faults'))
afterAll(() => platform.stop())

const control = (method: string, path: string, body?: unknown) =>
  fetch(platform.url + path, { method, body: body === undefined ? null : JSON.stringify(body) })
const fault = async (order: Record<string, unknown>) =>
  expect((await control('POST', '/faults', order)).status).toBe(204)
const counters = async () =>
  (await (await control('GET', '/counters')).json()) as Record<string, number> & {
    detail: Record<string, Record<string, unknown>>
  }

/** What each service is asked in these tests, by its own client where there is one; none of them tries again. */
const calls = {
  database: () => neon(platform.database.url).query('SELECT 1 AS fine'),
  cache: () => new Redis({ ...platform.cache, retry: { retries: 0 }, enableTelemetry: false }).get('k'),
  identity: () => answered(platform.identity.jwksUri),
  model: () => answered(`${platform.model.url}/models`),
}
const answered = async (url: string) => {
  const answer = await fetch(url, { headers: { authorization: 'Bearer any' } })
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  return (await answer.json()) as unknown
}
type Target = keyof typeof calls
const targets = Object.keys(calls) as Target[]

describe.for(targets)('the %s', (target) => {
  test.for(['down', 'hang', '429', '500', 'malformed', 'cut', 'lost-reply'])(
    'fails its client once under %s, counts it, and is well again',
    async (kind) => {
      await control('DELETE', '/counters')
      await fault({ target, kind, times: 1, ...(kind === 'hang' && { ms: 50 }) })
      await expect(calls[target]()).rejects.toThrow()
      await calls[target]()
      expect((await counters())[target]).toBe(2)
    },
  )

  test('answers late under slow, and right', async () => {
    const right: unknown = await calls[target]()
    await fault({ target, kind: 'slow', ms: 30, times: 1 })
    expect(await calls[target]()).toEqual(right)
  })

  test('hangs until the faults are cleared', async () => {
    await control('DELETE', '/counters')
    await fault({ target, kind: 'hang' })
    const hanging = expect(calls[target]()).rejects.toThrow()
    await expect.poll(async () => (await counters())[target]).toBe(1)
    await control('DELETE', '/faults')
    await hanging
    await calls[target]()
  })
})

describe('faults', () => {
  test('apply in the order they came, each as often as ordered', async () => {
    await fault({ target: 'database', kind: '500', times: 2 })
    await fault({ target: 'database', kind: 429, times: 1 })
    for (const status of ['500', '500', '429']) await expect(calls.database()).rejects.toThrow(status)
    await calls.database()
  })

  test('can let some requests through first, and single requests out', async () => {
    const sql = neon(platform.database.url)
    await fault({ target: 'database', kind: '500', times: 1, skip: 1, match: 'special' })
    await sql`SELECT 'plain'`
    await sql`SELECT 'special'`
    await expect(sql`SELECT 'special'`).rejects.toThrow('500')
    await sql`SELECT 'special'`
  })

  test('lost-reply has done the work, down has not', async () => {
    const sql = neon(platform.database.url)
    await sql`CREATE TABLE IF NOT EXISTS done (what text)`
    for (const kind of ['lost-reply', 'down']) {
      await fault({ target: 'database', kind, times: 1 })
      await expect(sql`INSERT INTO done VALUES (${kind})`).rejects.toThrow()
    }
    expect(await sql`SELECT what FROM done`).toEqual([{ what: 'lost-reply' }])
  })

  test('cut ends a stream after its beginning', async () => {
    await fault({ target: 'model', kind: 'cut', times: 1 })
    const answer = await fetch(`${platform.model.url}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer any', 'content-type': 'application/json', 'x-demo-pace': 'instant' },
      body: JSON.stringify({ model: 'demo', stream: true, messages: [{ role: 'user', content: 'Tell me a story' }] }),
    })
    let text = ''
    const reading = async () => {
      for await (const chunk of answer.body ?? []) text += new TextDecoder().decode(chunk)
    }
    await expect(reading()).rejects.toThrow()
    expect(text).toContain('data: {')
    expect(text).not.toContain('[DONE]')
  })

  test('a 429 of the model says when to come back', async () => {
    await fault({ target: 'model', kind: '429', times: 1 })
    const answer = await fetch(`${platform.model.url}/models`)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(await answer.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } })
  })

  test.for([
    {},
    { target: 'database' },
    { target: 'moon', kind: 'down' },
    { target: 'cache', kind: 'stall' },
    { target: 'cache', kind: 'down', times: 0 },
    { target: 'cache', kind: 'down', ms: -1 },
    { target: 'cache', kind: 'down', extra: 1 },
  ])('an order that is none is refused: %j', async (order) => {
    const answer = await control('POST', '/faults', order)
    expect(answer.status).toBe(422)
    expect(await answer.json()).toHaveProperty('error')
  })
})

test('counters tell requests, statements and commands apart', async () => {
  await control('DELETE', '/counters')
  const sql = neon(platform.database.url)
  await sql.transaction([sql`SELECT 1 AS one`, sql`SELECT 2 AS two`])
  const redis = new Redis({ ...platform.cache, enableTelemetry: false })
  await redis.pipeline().set('a', 1).get('a').get('b').exec()
  expect(await counters()).toEqual({
    database: 1,
    cache: 1,
    identity: 0,
    model: 0,
    detail: {
      database: { statements: 2, operations: { 'SELECT 1 AS one': 1, 'SELECT 2 AS two': 1 } },
      cache: { commands: 3, operations: { SET: 1, GET: 2 } },
      identity: { total: 0, operations: {} },
      model: { total: 0, operations: {} },
    },
  })
})
