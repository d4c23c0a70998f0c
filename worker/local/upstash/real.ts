import { createHash } from 'node:crypto'
import { Command, Redis } from 'ioredis'
import { fromBytes, ok, RedisError, type Cache, type Reply } from './reply.ts'

// Upstash answers with Redis's own flat list, where ioredis would make an object.
Command.setReplyTransformer('hgetall', (reply: unknown) => reply)

/** A real Redis behind the same face. */
export const realCache = (url: string): Cache => {
  const redis = new Redis(url, { protocol: 2, maxRetriesPerRequest: 1 })
  // Each command that fails says so itself; the client reconnects on its own.
  redis.on('error', () => undefined)
  const prepare = shebangRemover()

  const call = (command: string[]) => {
    const [name = '', ...args] = prepare(command).map(fromBytes)
    return [name.toString(), args] as const
  }
  return {
    run: async (command) => {
      const [name, args] = call(command)
      return toReply(await redis.callBuffer(name, ...args).catch(rethrown))
    },
    transaction: async (commands) => {
      const transaction = redis.multi()
      for (const command of commands) {
        const [name, args] = call(command)
        transaction.callBuffer(name, ...args)
      }
      const results = (await transaction.exec().catch(rethrown)) ?? []
      return results.map(([error, result]) => (error ? new RedisError(error.message) : toReply(result)))
    },
    close: async () => redis.disconnect(),
  }
}

/**
 * The limiter's scripts begin `#!lua flags=allow-key-locking`, a flag that only Upstash knows. Redis gets them without
 * that line, and EVALSHA is led from the original's hash to the hash of what Redis got.
 */
const shebangRemover = () => {
  const known = new Map<string, string>()
  return (command: string[]) => {
    const at = /^eval(_ro)?$/i.test(command[0] ?? '')
      ? 1
      : /^script$/i.test(command[0] ?? '') && /^load$/i.test(command[1] ?? '')
        ? 2
        : 0
    const source = command[at] ?? ''
    if (at && source.startsWith('#!lua')) {
      const without = source.replace(/^[^\n]*/, '')
      known.set(sha1(source), sha1(without))
      return command.with(at, without)
    }
    return /^evalsha(_ro)?$/i.test(command[0] ?? '')
      ? command.with(1, known.get(command[1] ?? '') ?? command[1] ?? '')
      : command
  }
}

const sha1 = (source: string) => createHash('sha1').update(source, 'latin1').digest('hex')

const toReply = (value: unknown): Reply => {
  if (Array.isArray(value)) return value.map(toReply)
  if (!Buffer.isBuffer(value)) return typeof value === 'number' ? value : null
  const text = value.toString('latin1')
  return text === 'OK' ? ok : text
}

const rethrown = (error: unknown): never => {
  throw new RedisError((error as Error).message)
}
