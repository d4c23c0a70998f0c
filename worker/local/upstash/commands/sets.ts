import { any, reads, writes, type Commands } from './command.ts'

export const sets: Commands = {
  SMEMBERS: reads(1, 1, (keyspace, key) => [...(keyspace.read('set', key) ?? [])]),
  SCARD: reads(1, 1, (keyspace, key) => keyspace.read('set', key)?.size ?? 0),
  SISMEMBER: reads(2, 2, (keyspace, key, member = '') => Number(keyspace.read('set', key)?.has(member) ?? false)),
  SMISMEMBER: reads(2, any, (keyspace, key, ...members) => {
    const set = keyspace.read('set', key)
    return members.map((member) => Number(set?.has(member) ?? false))
  }),
  SADD: writes(2, any, (keyspace, key, ...members) => {
    const set = keyspace.open('set', key)
    const before = set.size
    for (const member of members) set.add(member)
    return set.size - before
  }),
  SREM: writes(2, any, (keyspace, key, ...members) => {
    const set = keyspace.read('set', key)
    const gone = members.filter((member) => set?.delete(member)).length
    keyspace.dropIfEmpty(key)
    return gone
  }),
}
