import { Redis } from '@upstash/redis'
import * as z from 'zod'

/** A cache that is slower than this is worse than none. */
const timeoutMs = 250

const Stored = z.object({ revision: z.number(), value: z.unknown().optional() })
const read = (text: string | null) => (text === null ? undefined : Stored.parse(JSON.parse(text)))

/** A cache that can be away: reads then find nothing and writes do nothing. Free plans count commands: one a call. */
export const openCache = ({
  url,
  token,
  onError,
}: {
  url: string
  token: string
  onError: (error: unknown) => void
}) => {
  const redis = new Redis({
    url,
    token,
    retry: { retries: 0 },
    automaticDeserialization: false,
    enableTelemetry: false,
    latencyLogging: false,
    signal: () => AbortSignal.timeout(timeoutMs),
  })
  const orElse = async <T>(run: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await run()
    } catch (error) {
      onError(error)
      return otherwise
    }
  }

  const put = async (key: string, revision: number, value: unknown, ttlSeconds: number): Promise<void> => {
    const text = JSON.stringify({ revision, value })
    const old = read(await redis.set<string>(key, text, { ex: ttlSeconds, get: true }))
    // Somebody newer was there: put theirs back. Every writer does so, hence the newest stays.
    if (old && old.revision > revision) await put(key, old.revision, old.value, ttlSeconds)
  }

  return {
    /** The value under a key as `schema` reads it, or nothing: absent, marked stale, unreadable, or the cache is away. */
    get: <Schema extends z.ZodType>(key: string, schema: Schema) =>
      orElse(async (): Promise<z.infer<Schema> | undefined> => {
        const stored = read(await redis.get<string>(key))
        return stored?.value === undefined ? undefined : schema.parse(stored.value)
      }, undefined),

    /** Keeps a value, or with none the fact that what was kept is stale, unless a newer one is there. */
    put: (key: string, revision: number, value: unknown, ttlSeconds: number) =>
      orElse(() => put(key, revision, value, ttlSeconds), undefined),

    ping: async () => {
      await redis.ping()
    },
  }
}

export type Cache = ReturnType<typeof openCache>
