import { RedisError } from '../reply.ts'
import { any, float, integer, pairs, printed, reads, writes, type Commands } from './command.ts'

export const hashes: Commands = {
  HGET: reads(2, 2, (keyspace, key, field = '') => keyspace.read('hash', key)?.get(field) ?? null),
  HMGET: reads(2, any, (keyspace, key, ...fields) => {
    const hash = keyspace.read('hash', key)
    return fields.map((field) => hash?.get(field) ?? null)
  }),
  HGETALL: reads(1, 1, (keyspace, key) => [...(keyspace.read('hash', key) ?? [])].flat()),
  HKEYS: reads(1, 1, (keyspace, key) => [...(keyspace.read('hash', key)?.keys() ?? [])]),
  HVALS: reads(1, 1, (keyspace, key) => [...(keyspace.read('hash', key)?.values() ?? [])]),
  HLEN: reads(1, 1, (keyspace, key) => keyspace.read('hash', key)?.size ?? 0),
  HEXISTS: reads(2, 2, (keyspace, key, field = '') => Number(keyspace.read('hash', key)?.has(field) ?? false)),
  HSET: writes(3, any, (keyspace, key, ...args) => {
    const fields = pairs(args, 'hset')
    const hash = keyspace.open('hash', key)
    const before = hash.size
    for (const [field, value] of fields) hash.set(field, value)
    return hash.size - before
  }),
  HSETNX: writes(3, 3, (keyspace, key, field = '', value = '') => {
    const hash = keyspace.open('hash', key)
    if (hash.has(field)) return 0
    hash.set(field, value)
    return 1
  }),
  HDEL: writes(2, any, (keyspace, key, ...fields) => {
    const hash = keyspace.read('hash', key)
    const gone = fields.filter((field) => hash?.delete(field)).length
    keyspace.dropIfEmpty(key)
    return gone
  }),
  HINCRBY: writes(3, 3, (keyspace, key, field = '', amount) => {
    const old = keyspace.read('hash', key)?.get(field) ?? '0'
    if (!/^-?\d+$/.test(old)) throw new RedisError('ERR hash value is not an integer')
    const sum = Number(old) + integer(amount)
    keyspace.open('hash', key).set(field, String(sum))
    return sum
  }),
  HINCRBYFLOAT: writes(3, 3, (keyspace, key, field = '', amount) => {
    const sum = printed(float(keyspace.read('hash', key)?.get(field) ?? '0') + float(amount))
    keyspace.open('hash', key).set(field, sum)
    return sum
  }),
}
