import { Hono, type Context } from 'hono'
import { z } from 'zod'
import { embeddedCache } from './embedded.ts'
import { realCache } from './real.ts'
import { fromBytes, RedisError, toBytes, type Cache, type Reply } from './reply.ts'

const Command = z.array(z.union([z.string(), z.number(), z.boolean()]).transform((arg) => toBytes(String(arg)))).min(1)
const Commands = z.array(Command)

/** Upstash's own limit on the free plan. */
const maxRequestBytes = 10 * 1024 * 1024

type Where = { file: string | null; redisUrl: string | undefined }

export const openCache = async ({ file, redisUrl }: Where, onScriptCommand: (name: string) => void): Promise<Cache> =>
  redisUrl ? realCache(redisUrl) : embeddedCache(file, onScriptCommand)

/** Upstash's REST face of a Redis. */
export const upstash = (cache: Cache, token: string): Hono =>
  new Hono()
    .use(async (c, next) => {
      const given = c.req.header('authorization')?.replace(/^Bearer /i, '') ?? c.req.query('_token')
      if (given !== token) return c.json({ error: 'WRONGPASS invalid or missing auth token' }, 401)
      if (Buffer.byteLength(await c.req.text()) > maxRequestBytes)
        return c.json({ error: `ERR max request size exceeded. Limit: ${maxRequestBytes} bytes` }, 413)
      // Clients send back the newest one, to read their own writes. One Redis has nothing to wait for.
      c.header('upstash-sync-token', c.req.header('upstash-sync-token') || 'local')
      return next()
    })
    .post('/', async (c) => {
      const command = read(Command, await c.req.text(), 'command')
      return c.json({ result: encoded(await cache.run(command), encoding(c)) })
    })
    .post('/pipeline', async (c) => {
      const results = []
      for (const command of read(Commands, await c.req.text(), 'pipeline request'))
        results.push(item(await cache.run(command).catch(ifRedis), encoding(c)))
      return c.json(results)
    })
    .post('/multi-exec', async (c) => {
      const commands = read(Commands, await c.req.text(), 'multi-exec request')
      return c.json((await cache.transaction(commands)).map((result) => item(result, encoding(c))))
    })
    /** `/set/key?EX=10` with the value as the body, or `/get/key`. */
    .all('/:command/*', async (c) => {
      const path = new URL(c.req.url).pathname.split('/').slice(2).map(decodeURIComponent)
      const body = c.req.method === 'POST' ? await c.req.text() : ''
      const query = Object.entries(c.req.query()).filter(([name]) => name !== '_token')
      const command = [...path, ...(body ? [body] : []), ...query.flat().filter(Boolean)].map(toBytes)
      return c.json({ result: encoded(await cache.run(command), encoding(c)) })
    })
    .onError((error, c) => c.json({ error: error.message }, error instanceof RedisError ? 400 : 500))

const read = <T>(schema: z.ZodType<T>, body: string, what: string): T => {
  try {
    return schema.parse(JSON.parse(body))
  } catch {
    throw new RedisError(`ERR failed to parse ${what}`)
  }
}

const ifRedis = (error: unknown) => {
  if (error instanceof RedisError) return error
  throw error
}

const item = (result: Reply | RedisError, as: BufferEncoding) =>
  result instanceof RedisError ? { error: result.message } : { result: encoded(result, as) }

const encoding = (c: Context): BufferEncoding => (c.req.header('upstash-encoding') === 'base64' ? 'base64' : 'utf8')

/** Only the status `OK` is left as it is: the client knows that one word. */
const encoded = (reply: Reply, as: BufferEncoding): unknown => {
  if (reply === null || typeof reply === 'number') return reply
  if (Array.isArray(reply)) return reply.map((part) => encoded(part, as))
  if (typeof reply === 'string') return fromBytes(reply).toString(as)
  return reply.status === 'OK' ? reply.status : fromBytes(reply.status).toString(as)
}
