import { RedisError } from '../reply.ts'
import type { Keyspace } from '../keyspace.ts'
import { integer, syntaxError } from './command.ts'

/** How each of SET's and GETEX's options tells the time: from now or since the epoch, in units of so many ms. */
const clocks: Record<string, { unitMs: number; fromNow: boolean }> = {
  EX: { unitMs: 1_000, fromNow: true },
  PX: { unitMs: 1, fromNow: true },
  EXAT: { unitMs: 1_000, fromNow: false },
  PXAT: { unitMs: 1, fromNow: false },
}

export const deadline = (keyspace: Keyspace, clock: string, amount: string | undefined, command: string) => {
  const { unitMs, fromNow } = clocks[clock] ?? { unitMs: 1, fromNow: true }
  const count = integer(amount)
  if (count <= 0) throw new RedisError(`ERR invalid expire time in '${command}' command`)
  return count * unitMs + (fromNow ? keyspace.now() : 0)
}

/** Reads options such as `EX 10 NX GET`: the flags seen, and when it ends if that is said. */
export const options = (keyspace: Keyspace, args: string[], allowed: string[], command: string) => {
  const flags = new Set<string>()
  let expiresAt: number | undefined
  for (let at = 0; at < args.length; at++) {
    const name = args[at]?.toUpperCase() ?? ''
    if (name in clocks && expiresAt === undefined) expiresAt = deadline(keyspace, name, args[++at], command)
    else if (allowed.includes(name)) flags.add(name)
    else throw syntaxError()
  }
  return { flags, expiresAt }
}
