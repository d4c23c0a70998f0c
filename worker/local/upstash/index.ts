import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { embeddedCache } from './embedded.ts'
import { realCache } from './real.ts'
import { fromBytes, RedisError, toBytes, type Cache, type Reply } from './reply.ts'

const Command = z.array(z.union([z.string(), z.number(), z.boolean()]).transform((arg) => toBytes(String(arg)))).min(1)
const Commands = z.array(Command)

const maxRequestBytes = 10 * 1024 * 1024

type Where = { file: string | null; redisUrl: string | undefined }

export const openCache = async ({ file, redisUrl }: Where, onScriptCommand: (name: string) => void): Promise<Cache> =>
  redisUrl ? realCache(redisUrl) : embeddedCache(file, onScriptCommand)

/** Upstash's REST face of a Redis. */
export const upstash = (cache: Cache, token: string) =>
  new Hono<{ Variables: { encode: (reply: Reply) => unknown } }>()
    .use(async (c, next) => {
      const given = c.req.header('authorization')?.replace(/^Bearer /i, '') ?? c.req.query('_token')
      if (given !== token) return c.json({ error: 'WRONGPASS invalid or missing auth token' }, 401)
      c.set('encode', c.req.header('upstash-encoding') === 'base64' ? base64 : plain)
      // Clients send back the newest one, to read their own writes. One Redis has nothing to wait for.
      c.header('upstash-sync-token', c.req.header('upstash-sync-token') || 'local')
      return next()
    })
    .use(
      bodyLimit({
        maxSize: maxRequestBytes,
        onError: (c) => c.json({ error: `ERR max request size exceeded. Limit: ${maxRequestBytes} bytes` }, 413),
      }),
    )
    .post('/', async (c) => {
      const command = read(Command, await c.req.text(), 'command')
      return c.json({ result: c.var.encode(await cache.run(command)) })
    })
    .post('/pipeline', async (c) => {
      const results = []
      for (const command of read(Commands, await c.req.text(), 'pipeline request'))
        results.push(item(await cache.run(command).catch(ifRedis), c.var.encode))
      return c.json(results)
    })
    .post('/multi-exec', async (c) => {
      const commands = read(Commands, await c.req.text(), 'multi-exec request')
      return c.json((await cache.transaction(commands)).map((result) => item(result, c.var.encode)))
    })
    /** `/set/key?EX=10` with the value as the body, or `/get/key`. */
    .all('/:command/*', async (c) => {
      const path = new URL(c.req.url).pathname.split('/').slice(2).map(decodeURIComponent)
      const body = c.req.method === 'POST' ? await c.req.text() : ''
      const query = Object.entries(c.req.query()).filter(([name]) => name !== '_token')
      const command = [...path, ...(body ? [body] : []), ...query.flat().filter(Boolean)].map(toBytes)
      return c.json({ result: c.var.encode(await cache.run(command)) })
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

const item = (result: Reply | RedisError, encode: (reply: Reply) => unknown) =>
  result instanceof RedisError ? { error: result.message } : { result: encode(result) }

const plain = (reply: Reply): unknown => encoded(reply, 'utf8')
const base64 = (reply: Reply): unknown => encoded(reply, 'base64')

/** Only the status `OK` is left as it is: the client knows that one word. */
const encoded = (reply: Reply, encoding: 'utf8' | 'base64'): unknown => {
  if (reply === null || typeof reply === 'number') return reply
  if (Array.isArray(reply)) return reply.map((part) => encoded(part, encoding))
  if (typeof reply === 'string') return fromBytes(reply).toString(encoding)
  return reply.status === 'OK' ? reply.status : fromBytes(reply.status).toString(encoding)
}
