import type { Keyspace } from '../keyspace.ts'
import { ok, RedisError } from '../reply.ts'
import { any, integer, reads, syntaxError, writes, type Command, type Commands } from './command.ts'

const timeLeft = (keyspace: Keyspace, key: string, unitMs: number) => {
  const entry = keyspace.find(key)
  if (!entry) return -2
  return entry.expiresAt === null ? -1 : Math.round((entry.expiresAt - keyspace.now()) / unitMs)
}

const expire = (unitMs: number, fromNow: boolean): Command =>
  writes(2, 3, (keyspace, key, amount, condition) => {
    const at = integer(amount) * unitMs + (fromNow ? keyspace.now() : 0)
    const entry = keyspace.find(key)
    if (!entry || !allows(condition?.toUpperCase(), entry.expiresAt, at)) return 0
    if (at <= keyspace.now()) keyspace.delete(key)
    else entry.expiresAt = at
    return 1
  })

/** A key that never expires counts as expiring after any other. */
const allows = (condition: string | undefined, old: number | null, at: number) => {
  switch (condition) {
    case undefined:
      return true
    case 'NX':
      return old === null
    case 'XX':
      return old !== null
    case 'GT':
      return old !== null && at > old
    case 'LT':
      return old === null || at < old
    default:
      throw new RedisError(`ERR Unsupported option ${condition}`)
  }
}

const count = (keys: string[], does: (key: string) => unknown) => keys.filter(does).length

/** Redis's glob as a regular expression over bytes. */
const glob = (pattern: string) =>
  new RegExp(
    `^${pattern.replace(/\\(.)|\[\^?[^\]]*\]|[*?]|[.+^${}()|\\[\]]/gs, (part, escaped?: string) => {
      if (escaped !== undefined) return escaped.replace(/[^\w]/, '\\$&')
      if (part === '*') return '[^]*'
      if (part === '?') return '[^]'
      return part.length > 1 ? part : `\\${part}`
    })}$`,
  )

export const keys: Commands = {
  EXISTS: reads(1, any, (keyspace, ...names) => count(names, keyspace.find)),
  TYPE: reads(1, 1, (keyspace, key) => ({ status: keyspace.find(key)?.kind ?? 'none' })),
  TTL: reads(1, 1, (keyspace, key) => timeLeft(keyspace, key, 1_000)),
  PTTL: reads(1, 1, (keyspace, key) => timeLeft(keyspace, key, 1)),
  KEYS: reads(1, 1, (keyspace, pattern) => keyspace.keys().filter((key) => glob(pattern).test(key))),
  /** All in one page: COUNT is only a hint. */
  SCAN: reads(1, any, (keyspace, cursor, ...rest) => {
    if (integer(cursor) !== 0) return ['0', []]
    let found = keyspace.keys()
    for (let at = 0; at < rest.length; at += 2) {
      const [name = '', value = ''] = rest.slice(at, at + 2)
      if (/^match$/i.test(name)) found = found.filter((key) => glob(value).test(key))
      else if (/^type$/i.test(name)) found = found.filter((key) => keyspace.find(key)?.kind === value.toLowerCase())
      else if (!/^count$/i.test(name)) throw syntaxError()
    }
    return ['0', found]
  }),
  DEL: writes(1, any, (keyspace, ...names) => count(names, keyspace.delete)),
  UNLINK: writes(1, any, (keyspace, ...names) => count(names, keyspace.delete)),
  EXPIRE: expire(1_000, true),
  PEXPIRE: expire(1, true),
  EXPIREAT: expire(1_000, false),
  PEXPIREAT: expire(1, false),
  PERSIST: writes(1, 1, (keyspace, key) => {
    const entry = keyspace.find(key)
    if (entry?.expiresAt == null) return 0
    entry.expiresAt = null
    return 1
  }),
  DBSIZE: reads(0, 0, (keyspace) => keyspace.keys().length),
  FLUSHDB: writes(0, 1, (keyspace) => {
    keyspace.clear()
    return ok
  }),
  FLUSHALL: writes(0, 1, (keyspace) => {
    keyspace.clear()
    return ok
  }),
}

export const server: Commands = {
  PING: reads(0, 1, (_keyspace, message) => message || { status: 'PONG' }),
  ECHO: reads(1, 1, (_keyspace, message) => message),
  TIME: reads(0, 0, (keyspace) => {
    const ms = keyspace.now()
    return [String(Math.floor(ms / 1_000)), String((ms % 1_000) * 1_000)]
  }),
}
