import type { Keyspace } from '../keyspace.ts'
import { ok, RedisError } from '../reply.ts'
import { any, float, integer, pairs, printed, reads, writes, type Commands } from './command.ts'
import { deadline, options } from './expiry.ts'

const add = (keyspace: Keyspace, key: string, amount: number) => {
  const sum = integer(keyspace.read('string', key) ?? '0') + amount
  if (!Number.isSafeInteger(sum)) throw new RedisError('ERR increment or decrement would overflow')
  keyspace.setString(key, String(sum), keyspace.find(key)?.expiresAt ?? null)
  return sum
}

export const strings: Commands = {
  GET: reads(1, 1, (keyspace, key) => keyspace.read('string', key) ?? null),
  MGET: reads(1, any, (keyspace, ...keys) =>
    keys.map((key) => (keyspace.find(key)?.kind === 'string' ? (keyspace.read('string', key) ?? null) : null)),
  ),
  STRLEN: reads(1, 1, (keyspace, key) => keyspace.read('string', key)?.length ?? 0),
  SET: writes(2, any, (keyspace, key, value = '', ...rest) => {
    const { flags, expiresAt } = options(keyspace, rest, ['NX', 'XX', 'KEEPTTL', 'GET'], 'set')
    const old = keyspace.find(key)
    const before = flags.has('GET') ? (keyspace.read('string', key) ?? null) : undefined
    const refused = (flags.has('NX') && old) || (flags.has('XX') && !old)
    if (!refused) keyspace.setString(key, value, expiresAt ?? (flags.has('KEEPTTL') ? (old?.expiresAt ?? null) : null))
    return before !== undefined ? before : refused ? null : ok
  }),
  SETEX: writes(3, 3, (keyspace, key, seconds, value = '') => {
    keyspace.setString(key, value, deadline(keyspace, 'EX', seconds, 'setex'))
    return ok
  }),
  PSETEX: writes(3, 3, (keyspace, key, ms, value = '') => {
    keyspace.setString(key, value, deadline(keyspace, 'PX', ms, 'psetex'))
    return ok
  }),
  SETNX: writes(2, 2, (keyspace, key, value = '') => {
    if (keyspace.find(key)) return 0
    keyspace.setString(key, value, null)
    return 1
  }),
  MSET: writes(2, any, (keyspace, ...args) => {
    for (const [key, value] of pairs(args, 'mset')) keyspace.setString(key, value, null)
    return ok
  }),
  GETDEL: writes(1, 1, (keyspace, key) => {
    const value = keyspace.read('string', key) ?? null
    keyspace.delete(key)
    return value
  }),
  GETEX: writes(1, any, (keyspace, key, ...rest) => {
    const { flags, expiresAt } = options(keyspace, rest, ['PERSIST'], 'getex')
    const value = keyspace.read('string', key)
    if (value === undefined) return null
    if (expiresAt !== undefined || flags.has('PERSIST')) keyspace.setString(key, value, expiresAt ?? null)
    return value
  }),
  APPEND: writes(2, 2, (keyspace, key, more = '') => {
    const value = (keyspace.read('string', key) ?? '') + more
    keyspace.setString(key, value, keyspace.find(key)?.expiresAt ?? null)
    return value.length
  }),
  INCR: writes(1, 1, (keyspace, key) => add(keyspace, key, 1)),
  INCRBY: writes(2, 2, (keyspace, key, amount) => add(keyspace, key, integer(amount))),
  DECR: writes(1, 1, (keyspace, key) => add(keyspace, key, -1)),
  DECRBY: writes(2, 2, (keyspace, key, amount) => add(keyspace, key, -integer(amount))),
  INCRBYFLOAT: writes(2, 2, (keyspace, key, amount) => {
    const sum = printed(float(keyspace.read('string', key) ?? '0') + float(amount))
    keyspace.setString(key, sum, keyspace.find(key)?.expiresAt ?? null)
    return sum
  }),
}
