import { RedisError, type Reply } from '../reply.ts'
import type { Keyspace } from '../keyspace.ts'
import { any, float, integer, pairs, printed, reads, syntaxError, writes, type Commands } from './command.ts'

type Scored = [member: string, score: number]

const sorted = (keyspace: Keyspace, key: string): Scored[] =>
  [...(keyspace.read('zset', key) ?? [])].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))

/** A bound of a score range: `(1` leaves 1 itself out. */
const bound = (text: string) => ({ open: text.startsWith('('), score: float(text.replace(/^\(/, '')) })

const between = (min: string, max: string) => {
  const [low, high] = [bound(min), bound(max)]
  return ([, score]: Scored) =>
    (low.open ? score > low.score : score >= low.score) && (high.open ? score < high.score : score <= high.score)
}

/** `start` and `stop` as Redis counts them: inclusive, from the end when negative. */
const slice = <T>(items: T[], start: number, stop: number) => items.slice(start, stop === -1 ? undefined : stop + 1)

const range = (keyspace: Keyspace, key: string, start = '', stop = '', ...rest: string[]): Reply => {
  const flags = new Set<string>()
  let limit: [number, number] | undefined
  for (let at = 0; at < rest.length; at++) {
    const name = rest[at]?.toUpperCase() ?? ''
    if (name === 'LIMIT') limit = [integer(rest[++at]), integer(rest[++at])]
    else if (['BYSCORE', 'REV', 'WITHSCORES'].includes(name)) flags.add(name)
    else throw syntaxError()
  }
  if (limit && !flags.has('BYSCORE'))
    throw new RedisError('ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX')

  let found = sorted(keyspace, key)
  if (flags.has('REV')) found.reverse()
  // With REV the higher bound comes first.
  if (flags.has('BYSCORE')) found = found.filter(flags.has('REV') ? between(stop, start) : between(start, stop))
  else found = slice(found, integer(start), integer(stop))
  if (limit) found = found.slice(limit[0], limit[1] < 0 ? undefined : limit[0] + limit[1])
  return found.flatMap(([member, score]) => (flags.has('WITHSCORES') ? [member, printed(score)] : [member]))
}

const remove = (keyspace: Keyspace, key: string, members: string[]) => {
  const set = keyspace.read('zset', key)
  const gone = members.filter((member) => set?.delete(member)).length
  keyspace.dropIfEmpty(key)
  return gone
}

export const sortedSets: Commands = {
  ZCARD: reads(1, 1, (keyspace, key) => keyspace.read('zset', key)?.size ?? 0),
  ZSCORE: reads(2, 2, (keyspace, key, member = '') => {
    const score = keyspace.read('zset', key)?.get(member)
    return score === undefined ? null : printed(score)
  }),
  ZCOUNT: reads(3, 3, (keyspace, key, min = '', max = '') => sorted(keyspace, key).filter(between(min, max)).length),
  ZRANGE: reads(3, any, range),
  ZADD: writes(3, any, (keyspace, key, ...args) => {
    const at = args.findIndex((arg) => !/^(NX|XX|GT|LT|CH|INCR)$/i.test(arg))
    const flags = args.slice(0, at).map((flag) => flag.toUpperCase())
    if (flags.some((flag) => !['NX', 'XX', 'CH'].includes(flag))) throw syntaxError()
    const scores = pairs(args.slice(at), 'zadd').map(([score, member]): Scored => [member, float(score)])
    const set = keyspace.open('zset', key)
    let added = 0
    let changed = 0
    for (const [member, score] of scores) {
      const old = set.get(member)
      if (old === undefined ? flags.includes('XX') : flags.includes('NX')) continue
      set.set(member, score)
      if (old === undefined) added++
      else if (old !== score) changed++
    }
    keyspace.dropIfEmpty(key)
    return flags.includes('CH') ? added + changed : added
  }),
  ZINCRBY: writes(3, 3, (keyspace, key, amount, member = '') => {
    const more = float(amount)
    const set = keyspace.open('zset', key)
    const score = (set.get(member) ?? 0) + more
    set.set(member, score)
    return printed(score)
  }),
  ZREM: writes(2, any, (keyspace, key, ...members) => remove(keyspace, key, members)),
  ZREMRANGEBYSCORE: writes(3, 3, (keyspace, key, min = '', max = '') => {
    const doomed = sorted(keyspace, key).filter(between(min, max))
    return remove(
      keyspace,
      key,
      doomed.map(([member]) => member),
    )
  }),
}
