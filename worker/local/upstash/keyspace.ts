import { RedisError } from './reply.ts'

type Values = {
  string: string
  hash: Map<string, string>
  set: Set<string>
  zset: Map<string, number>
}
export type Kind = keyof Values
type Entry = { [K in Kind]: { kind: K; value: Values[K]; expiresAt: number | null } }[Kind]

export type Keyspace = ReturnType<typeof createKeyspace>

const empty = {
  hash: () => new Map<string, string>(),
  set: () => new Set<string>(),
  zset: () => new Map<string, number>(),
}

/** The keys and their values. Expiry is by the clock, looked at when a key is. */
export const createKeyspace = (now: () => number = Date.now) => {
  const entries = new Map<string, Entry>()

  const find = (key: string) => {
    const entry = entries.get(key)
    if (entry?.expiresAt == null || entry.expiresAt > now()) return entry
    entries.delete(key)
    return undefined
  }

  const read = <K extends Kind>(kind: K, key: string) => {
    const entry = find(key)
    if (entry && entry.kind !== kind)
      throw new RedisError('WRONGTYPE Operation against a key holding the wrong kind of value')
    return entry?.value as Values[K] | undefined
  }

  return {
    now,
    find,
    /** The value if it is there, and of this kind. */
    read,
    /** The collection to write into, made when missing. */
    open: <K extends keyof typeof empty>(kind: K, key: string) => {
      const found = read(kind, key)
      if (found) return found
      const value = empty[kind]() as Values[K]
      entries.set(key, { kind, value, expiresAt: null } as Entry)
      return value
    },
    setString: (key: string, value: string, expiresAt: number | null) => {
      entries.set(key, { kind: 'string', value, expiresAt })
    },
    delete: (key: string) => find(key) !== undefined && entries.delete(key),
    /** Redis keeps no empty collection. */
    dropIfEmpty: (key: string) => {
      const entry = entries.get(key)
      if (entry && entry.kind !== 'string' && entry.value.size === 0) entries.delete(key)
    },
    keys: () => [...entries.keys()].filter((key) => find(key)),
    clear: () => entries.clear(),

    dump: () =>
      JSON.stringify(
        [...entries].map(([key, { kind, value, expiresAt }]) => [
          key,
          kind,
          typeof value === 'string' ? value : [...value],
          expiresAt,
        ]),
      ),
    load: (dump: string) => {
      const saved = JSON.parse(dump) as [string, Kind, never, number | null][]
      for (const [key, kind, value, expiresAt] of saved)
        entries.set(key, { kind, value: restored(kind, value), expiresAt } as Entry)
    },
  }
}

const restored = (kind: Kind, value: never) =>
  kind === 'string' ? value : kind === 'set' ? new Set(value) : new Map(value)
