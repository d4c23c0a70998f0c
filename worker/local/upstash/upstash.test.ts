import { Ratelimit } from '@upstash/ratelimit'
import { Redis } from '@upstash/redis'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startPlatform, type Platform } from '../platform.ts'

let platform: Platform
let redis: Redis

beforeAll(async () => {
  // A real Redis can be put in place, to hold both to the same suite. The database is never called here.
  platform = await startPlatform({
    port: 0,
    dataDir: null,
    postgresUrl: 'postgresql://unused@localhost/unused',
    redisUrl: process.env['TEST_REDIS_URL'],
  })
  redis = new Redis({ url: platform.cache.url, token: platform.cache.token, retry: false, enableTelemetry: false })
})
beforeEach(() => Promise.all([redis.flushall(), redis.scriptFlush()]))
afterAll(() => platform.stop())

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(platform.cache.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.cache.token}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

const commandsOf = async (work: () => Promise<unknown>) => {
  await fetch(`${platform.url}/counters`, { method: 'DELETE' })
  await work()
  const counters = (await (await fetch(`${platform.url}/counters`)).json()) as {
    cache: number
    detail: { cache: { commands: number; operations: Record<string, number> } }
  }
  return { requests: counters.cache, ...counters.detail.cache }
}

describe('the real client', () => {
  test('gets back any JSON value it sets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.jsonValue({ noUnicodeString: false }),
        async (key, value) => {
          // The client itself turns these into strings and does not turn them back.
          fc.pre(typeof value === 'object' && JSON.parse(JSON.stringify(value)) !== null)
          await redis.set(`k${key}`, value)
          expect(await redis.get(`k${key}`)).toEqual(JSON.parse(JSON.stringify(value)))
        },
      ),
      { numRuns: 100 },
    )
  })

  test('gets back any text, also emoji, NUL and the word OK', async () => {
    const raw = new Redis({ url: platform.cache.url, token: platform.cache.token, automaticDeserialization: false })
    const text = fc.string({ unit: 'grapheme-composite' })
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, fc.constantFrom('OK', '\0', '', '🎉', 'T0s=')), async (value) => {
        await raw.set('text', value)
        expect(await raw.get('text')).toBe(value)
        expect(await raw.strlen('text')).toBe(Buffer.byteLength(value))
      }),
      { numRuns: 100 },
    )
  })

  test('sends what is asked in one tick as one request of many commands', async () => {
    const counted = await commandsOf(() => Promise.all([redis.get('a'), redis.get('b'), redis.mget('a', 'b')]))
    expect(counted).toEqual({ requests: 1, commands: 3, operations: { GET: 2, MGET: 1 } })
  })

  test('sees a key go when its time is up, and only then', async () => {
    await redis.set('brief', 'x', { px: 150 })
    await redis.set('long', 'x', { ex: 100 })
    expect(await redis.ttl('long')).toBeGreaterThan(50)
    expect(await redis.ttl('missing')).toBe(-2)
    await expect.poll(() => redis.get('brief')).toBeNull()
    expect(await redis.get('long')).toBe('x')
    expect(await redis.persist('long')).toBe(1)
    expect(await redis.ttl('long')).toBe(-1)
  })

  test('sets with NX, XX, KEEPTTL and GET as Redis does', async () => {
    expect(await redis.set('k', 1, { nx: true, ex: 50 })).toBe('OK')
    expect(await redis.set('k', 2, { nx: true })).toBeNull()
    expect(await redis.set('other', 2, { xx: true })).toBeNull()
    expect(await redis.set('k', 3, { get: true, keepTtl: true })).toBe(1)
    expect(await redis.ttl('k')).toBe(50)
    expect(await redis.getdel('k')).toBe(3)
    expect(await redis.exists('k', 'other')).toBe(0)
  })

  test('counts, in strings and in hashes', async () => {
    expect(await redis.incr('n')).toBe(1)
    expect(await redis.incrby('n', 41)).toBe(42)
    expect(await redis.decr('n')).toBe(41)
    expect(await redis.incrbyfloat('f', 0.5)).toBe(0.5)
    expect(await redis.hincrby('h', 'n', 5)).toBe(5)
    expect(await redis.hincrbyfloat('h', 'n', 0.25)).toBe(5.25)
    await redis.set('word', 'x')
    await expect(redis.incr('word')).rejects.toThrow('not an integer')
  })

  test('keeps hashes, sets and sorted sets', async () => {
    expect(await redis.hset('h', { a: 1, b: { deep: ['x'] } })).toBe(2)
    expect(await redis.hgetall('h')).toEqual({ a: 1, b: { deep: ['x'] } })
    expect(await redis.hmget('h', 'a', 'nope')).toEqual({ a: 1, nope: null })
    expect(await redis.hdel('h', 'a', 'b')).toBe(2)
    expect(await redis.exists('h')).toBe(0)

    expect(await redis.sadd('s', 'x', 'y', 'x')).toBe(2)
    expect(await redis.sismember('s', 'x')).toBe(1)
    expect(await redis.srem('s', 'x')).toBe(1)
    expect(await redis.smembers('s')).toEqual(['y'])

    expect(await redis.zadd('z', { score: 2, member: 'b' }, { score: 1, member: 'a' }, { score: 3, member: 'c' })).toBe(
      3,
    )
    expect(await redis.zrange('z', 0, -1)).toEqual(['a', 'b', 'c'])
    expect(await redis.zrange('z', 0, 0, { rev: true, withScores: true })).toEqual(['c', 3])
    expect(await redis.zrange('z', '(1', '+inf', { byScore: true })).toEqual(['b', 'c'])
    expect(await redis.zincrby('z', 10, 'a')).toBe(11)
    expect(await redis.zremrangebyscore('z', 0, 3)).toBe(2)
    expect(await redis.zcard('z')).toBe(1)
  })

  test('finds keys by pattern', async () => {
    await redis.mset({ 'user:1': 'a', 'user:2': 'b', 'us[er': 'c' })
    expect((await redis.keys('user:*')).sort()).toEqual(['user:1', 'user:2'])
    expect(await redis.keys('us\\[er')).toEqual(['us[er'])
    expect((await redis.scan(0, { match: 'user:[2-9]' }))[1]).toEqual(['user:2'])
    expect(await redis.dbsize()).toBe(3)
    expect(await redis.type('user:1')).toBe('string')
  })

  test('gets an error for the one command that failed and answers for the rest', async () => {
    await redis.set('text', 'x')
    const pipeline = redis.pipeline().set('a', 1).hget('text', 'field').get('a')
    const [set, failed, got] = await pipeline.exec<[string, unknown, number]>({ keepErrors: true })
    expect(set.result).toBe('OK')
    expect(failed?.error).toMatch(/^WRONGTYPE/)
    expect(got.result).toBe(1)
    await expect(redis.hget('text', 'field')).rejects.toThrow('WRONGTYPE')
  })

  test('runs a transaction as a whole, or not at all', async () => {
    expect(await redis.multi().set('a', 1).incr('a').exec()).toEqual(['OK', 2])
    const spoiled = await post('/multi-exec', [['SET', 'b', '1'], ['NOSUCH']])
    expect(spoiled.status).toBe(400)
    expect(await spoiled.json()).toHaveProperty('error')
    expect(await redis.get('b')).toBeNull()
  })

  test('runs Lua: values, tables, errors, and by hash only once it is known', async () => {
    const script = `
      redis.call('SET', KEYS[1], ARGV[1])
      return {redis.call('GET', KEYS[1]), 3.9, true, false, {redis.call('INCRBY', KEYS[2], 7)}, tonumber('1700000000000') * 2}`
    const hash = Buffer.from(await crypto.subtle.digest('SHA-1', Buffer.from(script))).toString('hex')
    await expect(redis.evalsha(hash, ['a', 'n'], ['é🎉'])).rejects.toThrow('NOSCRIPT')
    const result = ['é🎉', 3, 1, null, [7], 3_400_000_000_000]
    expect(await redis.eval(script, ['a', 'n'], ['é🎉'])).toEqual(result)
    await redis.del('n')
    expect(await redis.evalsha(hash, ['a', 'n'], ['é🎉'])).toEqual(result)

    expect(await redis.eval(`return redis.pcall('INCR', KEYS[1])['err']`, ['a'], [])).toContain('not an integer')
    expect(await redis.eval(`return redis.status_reply('FINE')`, [], [])).toBe('FINE')
    await expect(redis.eval(`return redis.call('HGET', KEYS[1], 'x')`, ['a'], [])).rejects.toThrow('WRONGTYPE')
    await expect(redis.eval(`return nonsense(`, [], [])).rejects.toThrow('compiling')
    await expect(redis.eval(`error('stop')`, [], [])).rejects.toThrow('stop')
  })
})

describe('the real limiter', () => {
  const limiters = {
    'fixed window': Ratelimit.fixedWindow(3, '60 s'),
    'sliding window': Ratelimit.slidingWindow(3, '60 s'),
    'token bucket': Ratelimit.tokenBucket(3, '60 s', 3),
  }

  test.for(Object.entries(limiters))(
    '%s lets three through, at once or in turn, and no more',
    async ([name, limiter]) => {
      const limit = new Ratelimit({ redis, limiter, prefix: name, ephemeralCache: false })
      const answers = await Promise.all(Array.from({ length: 8 }, () => limit.limit('someone')))
      expect(answers.filter(({ success }) => success)).toHaveLength(3)
      expect((await limit.limit('someone')).success).toBe(false)
      expect((await limit.limit('someone else')).success).toBe(true)
      expect((await limit.getRemaining('someone else')).remaining).toBe(2)
      await limit.resetUsedTokens('someone')
      expect((await limit.limit('someone')).success).toBe(true)
    },
  )

  test.skipIf(process.env['TEST_REDIS_URL'])('is billed for the commands inside its script as well', async () => {
    const limit = new Ratelimit({ redis, limiter: limiters['fixed window'], ephemeralCache: false })
    await limit.limit('warm')
    const { requests, operations } = await commandsOf(() => limit.limit('new'))
    expect(requests).toBe(1)
    expect(operations).toEqual({ EVALSHA: 1, INCRBY: 1, PEXPIRE: 1 })
  })
})

describe('the wire', () => {
  test('without the token, nothing', async () => {
    for (const authorization of ['', 'Bearer wrong']) {
      const answer = await post('/', ['PING'], { authorization })
      expect(answer.status).toBe(401)
      expect(await answer.json()).toHaveProperty('error')
    }
  })

  test('one command answers plainly, or in base64 on request, and echoes the sync token', async () => {
    const plain = await post('/', ['SET', 'k', 'wört'], { 'upstash-sync-token': 'abc' })
    expect(await plain.json()).toEqual({ result: 'OK' })
    expect(plain.headers.get('upstash-sync-token')).toBe('abc')
    expect(await (await post('/', ['GET', 'k'])).json()).toEqual({ result: 'wört' })
    expect(await (await post('/', ['GET', 'k'], { 'upstash-encoding': 'base64' })).json()).toEqual({
      result: 'd8O2cnQ=',
    })
  })

  test('more than 10 MB is refused', async () => {
    const answer = await post('/', ['SET', 'k', 'x'.repeat(10 * 1024 * 1024)])
    expect(answer.status).toBe(413)
    expect(await redis.exists('k')).toBe(0)
  })

  test('a command may come in the path', async () => {
    expect(await (await post('/set/k?EX=100', 'a body')).json()).toEqual({ result: 'OK' })
    expect(await (await post('/get/k', '')).json()).toEqual({ result: 'a body' })
    expect(await redis.ttl('k')).toBe(100)
  })

  test.for([
    '',
    '{',
    '{}',
    '[]',
    'null',
    '[[]]',
    '[{}]',
    '[null]',
    '["NOSUCH"]',
    '["GET"]',
    '["GET","a","b"]',
    '"PING"',
  ])('a command that is none gets a 400 that says so: %s', async (body) => {
    const answer = await post('/', body)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual({ error: expect.stringMatching(/^ERR /) as string })
  })
})
