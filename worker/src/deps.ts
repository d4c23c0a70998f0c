import { freeTiers, type Part } from '@macro-ai/shared'
import { waitUntil } from 'cloudflare:workers'
import { mail, webhook, type Channel } from './adapters/alerts.ts'
import { openCache, reasonOf } from './adapters/cache.ts'
import { openCognito } from './adapters/cognito.ts'
import { hyperdriveLink } from './adapters/database/hyperdrive.ts'
import type { Link, OnTrip } from './adapters/database/client.ts'
import { openStore } from './adapters/database/index.ts'
import { neonLink } from './adapters/database/neon.ts'
import { openFiles } from './adapters/files.ts'
import { openLimits } from './adapters/limits.ts'
import { openModels } from './adapters/model.ts'
import { sourcesOf } from './adapters/providers/index.ts'
import { openTokens } from './adapters/tokens.ts'
import { checkLimits } from './alerts/alerts.ts'
import { openPages } from './conversations/pages.ts'
import type { Env } from './env.ts'
import { embeddingOf, messageDimensions } from './knowledge/embedding.ts'
import { log } from './log.ts'
import { meterOf } from './metering/meter.ts'
import { openTally } from './metering/tally.ts'
import { openRelief } from './relief/relief.ts'
import { report } from './relief/reporting.ts'
import { openLadder } from './spending/ladder.ts'
import { readSettings, SettingsError, type Settings } from './settings.ts'
import { openStatus } from './watch/status.ts'
import { noteFailure } from './watch/troubles.ts'
import { openWatch } from './watch/watch.ts'
import { openTill } from './till/client.ts'

const neonBytes = freeTiers.find(({ id }) => id === 'neon.bytes')?.limit ?? 0

/** Where alerts go. */
const channelsOf = (env: Env, settings: Settings): Channel[] => [
  ...(settings.ALERT_WEBHOOK_URL ? [webhook(settings.ALERT_WEBHOOK_URL, settings.ALERT_WEBHOOK_KIND)] : []),
  ...(env.EMAIL && settings.ALERT_EMAIL_FROM && settings.ALERT_EMAIL_TO
    ? [mail(env.EMAIL, settings.ALERT_EMAIL_FROM, settings.ALERT_EMAIL_TO)]
    : []),
]

/** The way to PostgreSQL: Neon's own, or Hyperdrive's to any other. */
const linkOf = (env: Env, settings: Settings, onTrip: OnTrip): Link => {
  if (settings.DATABASE_DRIVER === 'neon')
    return neonLink({ url: settings.NEON_DATABASE_URL, fetchEndpoint: settings.NEON_FETCH_ENDPOINT, onTrip })
  const { HYPERDRIVE } = env
  if (!HYPERDRIVE) throw new SettingsError('DATABASE_DRIVER is hyperdrive, and wrangler.toml binds no HYPERDRIVE.')
  return hyperdriveLink({ address: () => HYPERDRIVE, onTrip, later: waitUntil })
}

/** Everything the app is made of, wired in this one place. */
const wire = (env: Env, settings: Settings) => {
  const now = () => Date.now()
  const meter = () => meterOf(env)
  const relief = openRelief({ now })
  const ladder = openLadder({
    hasFree: settings.FALLBACK_MODEL !== undefined,
    warn: () =>
      waitUntil(checkLimits(depsOf(env)).catch((error: unknown) => log.warn('alert', { error: String(error) }))),
  })
  const tally = openTally({ now, send: (told) => report(depsOf(env), told), later: waitUntil })
  const dimensions = settings.EMBEDDING_DIMENSIONS
  const till = settings.DATABASE_REST_SECONDS > 0 ? openTill(env) : undefined
  const link = linkOf(env, settings, tally.trip)
  const watch = openWatch({
    now,
    later: waitUntil,
    tell: (part, works): Promise<unknown> => (works ? meter().worked(part) : noteFailure(depsOf(env), part)),
  })
  const hear = (part: Part) => ({
    worked: () => watch.worked(part),
    failed: (why: unknown) => watch.failed(part, why),
  })
  const upstash = {
    url: settings.UPSTASH_REDIS_REST_URL,
    token: settings.UPSTASH_REDIS_REST_TOKEN,
    timeoutMs: settings.CACHE_MS,
    onError: (error: unknown) => watch.failed('cache', reasonOf(error)),
    count: tally.add,
  }
  const cache = openCache({
    ...upstash,
    onAnswer: () => watch.worked('cache'),
    rests: () => relief.shut('cache') !== undefined,
    later: waitUntil,
  })
  return {
    now,
    settings,
    meter,
    channels: channelsOf(env, settings),
    sources: sourcesOf(settings),
    ladder,
    freeModel: settings.FALLBACK_MODEL,
    tally,
    relief,
    watch,
    status: openStatus({
      ask: (from) => meter().standing(from),
      relief,
      ladder,
      capMicros: settings.INSTANCE_MONTH_CAP_MICROS,
      now,
    }),
    /** The database as everybody sees it: what waits at the till is put in before it is asked. */
    store: openStore({ link, before: till?.bank, vectorIndex: settings.VECTOR_INDEX, dimensions, ...hear('database') }),
    /** The database as it is, for the till and for turns that have asked there. */
    ledger: openStore({ link, ...hear('database') }),
    till,
    cache,
    pages: openPages(cache),
    files: env.FILES && openFiles(env.FILES, tally.add),
    storageCaps: {
      userBytes: settings.FILES_USER_BYTES,
      instanceBytes: settings.FILES_INSTANCE_BYTES,
      userChunks: settings.CHUNKS_USER,
      instanceChunks: settings.CHUNKS_INSTANCE,
      databaseBytes: settings.DATABASE_BYTES ?? (settings.DATABASE_DRIVER === 'neon' ? neonBytes : 0),
    },
    limits: openLimits({
      ...upstash,
      now,
      perAccount: settings.AUTH_LIMIT_PER_ACCOUNT,
      perAddress: settings.AUTH_LIMIT_PER_ADDRESS,
    }),
    tokens: openTokens({ issuer: settings.COGNITO_ISSUER, clientId: settings.COGNITO_CLIENT_ID, now }),
    cognito: openCognito({
      endpoint: settings.COGNITO_ENDPOINT ?? new URL(settings.COGNITO_ISSUER).origin,
      clientId: settings.COGNITO_CLIENT_ID,
      count: tally.add,
      ...hear('identity'),
    }),
    modelProvider: openModels({
      ...hear('model'),
      apiKey: settings.OPENAI_API_KEY,
      baseUrl: settings.OPENAI_BASE_URL,
      elsewhere: settings.FALLBACK_MODEL
        ? {
            model: settings.FALLBACK_MODEL,
            apiKey: settings.FALLBACK_API_KEY ?? settings.OPENAI_API_KEY,
            baseUrl: settings.FALLBACK_BASE_URL ?? settings.OPENAI_BASE_URL,
          }
        : undefined,
    }),
    models: settings.models,
    embedding: embeddingOf(settings.models, dimensions),
    /** What messages are found by. */
    messageEmbedding: embeddingOf(settings.models, messageDimensions(dimensions)),
    defaultModel: settings.DEFAULT_MODEL,
    deadlines: { firstByteMs: settings.FIRST_BYTE_MS, stallMs: settings.STALL_MS, wholeMs: 10 * 60_000 },
    caps: {
      turn: settings.TURN_CAP_MICROS,
      userDay: settings.USER_DAY_CAP_MICROS,
      userMonth: settings.USER_MONTH_CAP_MICROS,
      instanceMonth: settings.INSTANCE_MONTH_CAP_MICROS,
    },
  }
}

export type Deps = ReturnType<typeof wire>

const wired = new WeakMap<object, Deps>()

/** The parts for an environment, made once an isolate: they hold addresses and keys, never a request's things. */
export const depsOf = (env: object): Deps => {
  const deps = wired.get(env) ?? wire(env as Env, readSettings(env))
  wired.set(env, deps)
  return deps
}
