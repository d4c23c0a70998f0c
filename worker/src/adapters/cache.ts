import { Redis } from '@upstash/redis'
import * as z from 'zod'
import type { Tally } from '../metering/tally.ts'
import { Unheard } from '../problem.ts'

/** What is larger is not kept: a hundred people's lists are at most 60 of the free plan's 256 MB, whatever they write. */
const mostLetters = 200_000

/** After so long the cache is told again of a change that it missed: what it keeps would hide it for up to a day. */
const againMs = [100, 400]
/** By then nobody waits for it, save an owner who wants to know. */
const patientMs = 2_000

/** Keys that one SCAN looks at. */
const keysAtOnce = 1_000

/** So long nothing is kept of what may have been changed unheard. A statement that was given up on is over by then. */
const doubtMs = 60_000
/** Newer than all that anybody reads meanwhile. */
const doubtful = Number.MAX_SAFE_INTEGER

/** `until`: a doubt, which is over then (milliseconds since the epoch). */
const Stored = z.object({ revision: z.number(), value: z.unknown().optional(), until: z.number().optional() })
const read = (text: string | null) => (text === null ? undefined : Stored.parse(JSON.parse(text)))

/** Why Upstash refused, for the log. Its client's own message goes on with the command, and so with what people wrote. */
export const reasonOf = (error: unknown): string => String(error).split(', command was:')[0] ?? ''

type Entry = [key: string, revision: number, value: unknown, ttlSeconds: number, until?: number]

/** Where something is kept, and how to read it. */
export type Slot<Schema extends z.ZodType = z.ZodType> = { key: string; schema: Schema }
export type Found<Wanted extends Record<string, Slot>> = { [Name in keyof Wanted]?: z.infer<Wanted[Name]['schema']> }

/** A cache that can be away: reads then find nothing and writes do nothing. Free plans count commands: one a call. */
export const openCache = ({
  url,
  token,
  timeoutMs,
  onError,
  onAnswer,
  count,
  rests,
  later,
}: {
  url: string
  token: string
  timeoutMs: number
  onError: (error: unknown) => void
  onAnswer: () => void
  count: Tally['add']
  /** While it does nothing is looked up. What is kept is still told of changes, so that it is right when it wakes. */
  rests: () => boolean
  later: (work: Promise<unknown>) => void
}) => {
  const clientWith = (ms: number) =>
    new Redis({
      url,
      token,
      retry: { retries: 0 },
      automaticDeserialization: false,
      enableTelemetry: false,
      latencyLogging: false,
      signal: () => AbortSignal.timeout(ms),
    })
  const redis = clientWith(timeoutMs)
  const patient = clientWith(Math.max(timeoutMs, patientMs))

  const orElse = async <T>(run: () => Promise<T>, otherwise: T): Promise<T> => {
    count('upstash.commands')
    try {
      const found = await run()
      onAnswer()
      return found
    } catch (error) {
      onError(error)
      return otherwise
    }
  }

  const put = async (client: Redis, ...[key, revision, value, ttlSeconds, until]: Entry): Promise<void> => {
    const whole = JSON.stringify({ revision, value, until })
    const text = whole.length > mostLetters ? JSON.stringify({ revision }) : whole
    const ex = until === undefined ? ttlSeconds : Math.max(1, Math.ceil((until - Date.now()) / 1000))
    const old = read(await client.set<string>(key, text, { ex, get: true }))
    const isOver = old?.until !== undefined && old.until <= Date.now()
    // Somebody newer was there: put theirs back. Every writer does so, hence the newest stays.
    if (old && old.revision > revision && !isOver)
      await put(client, key, old.revision, old.value, ttlSeconds, old.until)
  }

  const keepBy = (client: Redis, entry: Entry): Promise<boolean> =>
    orElse(async () => {
      await put(client, ...entry)
      return true
    }, false)
  const keep = (...entry: Entry) => keepBy(redis, entry)

  const keepAgain = async (entry: Entry): Promise<boolean> => {
    for (const ms of againMs) {
      await new Promise((resolve) => setTimeout(resolve, ms))
      if (await keepBy(patient, entry)) return true
    }
    return false
  }

  const tell = async (...entry: Entry): Promise<boolean> => {
    const told = await keep(...entry)
    if (!told) later(keepAgain(entry))
    return told
  }

  /** What one text holds. Whatever else somebody put there is as good as nothing, and takes nothing else with it. */
  const valueOf = (text: string | null, schema: z.ZodType): unknown => {
    try {
      const stored = read(text)
      return stored?.value === undefined ? undefined : schema.parse(stored.value)
    } catch (error) {
      onError(error instanceof z.ZodError ? 'a value of another shape' : error)
      return undefined
    }
  }

  return {
    /**
     * What is kept under some keys, as their schemas read it: one command. Nothing where it is absent, marked stale or
     * unreadable, or while the cache is away.
     */
    find: async <Wanted extends Record<string, Slot>>(wanted: Wanted): Promise<Found<Wanted>> => {
      if (rests()) return {}
      return orElse(async (): Promise<Found<Wanted>> => {
        const slots = Object.entries(wanted)
        const texts = await redis.mget<(string | null)[]>(slots.map(([, { key }]) => key))
        const values = slots.map(([name, { schema }], at) => [name, valueOf(texts[at] ?? null, schema)])
        for (const [, value] of values) count(value === undefined ? 'cache.misses' : 'cache.hits')
        return Object.fromEntries(values) as Found<Wanted>
      }, {})
    },

    /**
     * Keeps a value, or with none the fact that what was kept is stale, unless a newer one is there. False when the
     * cache could not be told.
     */
    put: keep,

    /** The same for a change, of which the cache is told again if it stumbles. False when it was not told at once. */
    tell,

    /** The same for what must not be missed: returns after all tries. False when the cache could not be told by any. */
    insist: async (...entry: Entry): Promise<boolean> => (await keep(...entry)) || keepAgain(entry),

    /**
     * Makes a change of what is kept under a key. Where it found nothing, or nobody heard whether it was made, the
     * cache is told, and what is thrown stays what it was. Costs no command where all goes well.
     */
    changing: async <Result>(key: string, change: () => Promise<Result>): Promise<Result> => {
      const doubt = () => tell(key, doubtful, undefined, doubtMs / 1000, Date.now() + doubtMs)
      try {
        const result = await change()
        if (result === undefined) await doubt()
        return result
      } catch (error) {
        if (error instanceof Unheard) await doubt()
        throw error
      }
    },

    /**
     * Forgets what is kept under some keys, and under all that begin in one way: a command, and one for every thousand
     * keys that there are of anybody. False when the cache could not be told.
     */
    forget: (keys: string[], beginning: string) =>
      orElse(async () => {
        const found = [...keys]
        let cursor = '0'
        do {
          count('upstash.commands')
          const [next, some] = await redis.scan(cursor, { match: `${beginning}*`, count: keysAtOnce })
          found.push(...some)
          cursor = next
        } while (cursor !== '0')
        await redis.del(...found)
        return true
      }, false),

    ping: async () => {
      await redis.ping()
    },
  }
}

export type Cache = ReturnType<typeof openCache>
