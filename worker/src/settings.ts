import { freeTiers, knownModels, knownRates, Model, Rate, type OwnLimits } from '@macro-ai/shared'
import * as z from 'zod'
import { defaultDimensions } from './vectors.ts'

const micros = (fallback: number) => z.coerce.number().int().min(0).default(fallback)
const milliseconds = (fallback: number) => z.coerce.number().int().min(1).default(fallback)
/** How often, in ten minutes or in one. */
const attempts = (fallback: number) => z.coerce.number().int().min(1).default(fallback)
/** R2 bills from 10 GB on: no setting reaches it. */
const atMost = (fallback: number, most: number) => z.coerce.number().int().min(0).max(most).default(fallback)
const address = z.url({ protocol: /^https?$/ })

const restAddress = z
  .string()
  .refine((url) => !/^rediss?:/.test(url), {
    message: 'is a Redis URL; use the REST URL (https://…upstash.io), which works over HTTP',
    abort: true,
  })
  .pipe(address)

/** JSON in a variable. */
const json = <Schema extends z.ZodType>(schema: Schema) =>
  z.string().transform((text, context) => {
    try {
      return schema.parse(JSON.parse(text))
    } catch (error) {
      context.addIssue(error instanceof z.ZodError ? z.prettifyError(error) : 'must be JSON')
      return z.NEVER
    }
  })

const Variables = z.object({
  /** How the database is reached: over Neon's HTTP, or any PostgreSQL through Cloudflare's Hyperdrive. */
  DATABASE_DRIVER: z.enum(['neon', 'hyperdrive']).default('neon'),
  NEON_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  NEON_FETCH_ENDPOINT: address.optional(),
  UPSTASH_REDIS_REST_URL: restAddress,
  UPSTASH_REDIS_REST_TOKEN: z.string().min(1),
  COGNITO_ISSUER: address,
  COGNITO_CLIENT_ID: z.string().min(1),
  COGNITO_ENDPOINT: address.optional(),
  OPENAI_API_KEY: z.string().min(1),
  OPENAI_BASE_URL: address.default('https://api.openai.com/v1'),
  MODELS: json(z.array(Model)).default([]),
  EXCHANGE_RATES: json(z.array(Rate)).default([]),
  DEFAULT_MODEL: z.string().default('gpt-6-luna'),
  ALLOWED_ORIGINS: z
    .string()
    .transform((list) => list.split(',').map((origin) => origin.trim()))
    .pipe(z.array(z.url().refine((url) => url === new URL(url).origin, 'must be origins, without a path')).min(1)),
  JOIN: z.enum(['open', 'invite', 'closed']).default('invite'),
  MAX_USERS: z.coerce
    .number()
    .int()
    .min(1)
    .max(9_000, 'may be at most 9000: Cognito bills from 10,000 people a month on')
    .default(100),
  AUTH_LIMIT_PER_ACCOUNT: attempts(10),
  AUTH_LIMIT_PER_ADDRESS: attempts(50),
  AUTH_FLOOR_MS: z.coerce.number().int().min(0).max(5_000).default(1_000),
  SITE_SECRET: z.string().min(16).optional(),
  HEALTH_KEY: z.string().min(16).optional(),
  TURN_CAP_MICROS: micros(50_000),
  USER_DAY_CAP_MICROS: micros(100_000),
  USER_MONTH_CAP_MICROS: micros(500_000),
  INSTANCE_MONTH_CAP_MICROS: micros(1_000_000),
  FILES_USER_BYTES: atMost(500_000_000, 9_000_000_000),
  FILES_INSTANCE_BYTES: atMost(5_000_000_000, 9_000_000_000),
  CHUNKS_USER: atMost(10_000, 1_000_000),
  CHUNKS_INSTANCE: atMost(40_000, 1_000_000),
  // What the database may hold. Of Neon's it is known where the free plan stops; 0 where nobody knows.
  DATABASE_BYTES: z.coerce.number().int().min(0).optional(),
  EMBEDDING_DIMENSIONS: z.coerce.number().int().min(64).max(3_072).default(defaultDimensions),
  VECTOR_INDEX: z.enum(['none', 'hnsw']).default('none'),
  API_REQUESTS_PER_MINUTE: attempts(60),
  API_URL: address.optional(),
  ALERT_WEBHOOK_URL: address.optional(),
  ALERT_WEBHOOK_KIND: z.enum(['json', 'slack', 'discord', 'ntfy']).default('json'),
  ALERT_EMAIL_FROM: z.email().optional(),
  ALERT_EMAIL_TO: z.email().optional(),
  FALLBACK_MODEL: z.string().min(1).optional(),
  FALLBACK_BASE_URL: address.optional(),
  FALLBACK_API_KEY: z.string().min(1).optional(),
  // How long turns may wait for a database that sleeps: see till/till.ts. With 0 each is written at once.
  DATABASE_REST_SECONDS: z.coerce.number().int().min(0).max(7_200).default(0),
  /** How far limits go that are not the free tiers': `{"workers.requests": 10000000}`; `null` for one that is none. */
  LIMITS: json(z.partialRecord(z.enum(freeTiers.map(({ id }) => id)), z.number().min(0).nullable())).default({}),
  // Keys with which the board asks the providers themselves. Never those that deploy: reading is enough.
  USAGE_CLOUDFLARE_ACCOUNT: z.string().optional(),
  USAGE_CLOUDFLARE_TOKEN: z.string().optional(),
  USAGE_NEON_PROJECT: z.string().optional(),
  USAGE_NEON_KEY: z.string().optional(),
  USAGE_UPSTASH_DATABASE: z.string().optional(),
  USAGE_UPSTASH_EMAIL: z.string().optional(),
  USAGE_UPSTASH_KEY: z.string().optional(),
  USAGE_VERCEL_TOKEN: z.string().optional(),
  USAGE_VERCEL_TEAM: z.string().optional(),
  USAGE_OPENAI_KEY: z.string().optional(),
  USAGE_OPENAI_PROJECT: z.string().optional(),
  USAGE_AWS_ACCOUNT: z.string().optional(),
  USAGE_AWS_KEY_ID: z.string().optional(),
  USAGE_AWS_SECRET: z.string().optional(),
  // How long a model may take to begin, and may pause. One that runs on your own machine may need more.
  FIRST_BYTE_MS: milliseconds(30_000),
  STALL_MS: milliseconds(20_000),
  // A cache that is slower than this is worse than none.
  CACHE_MS: milliseconds(250),
})

/** A model that its owner says costs nothing: on a free plan, or on a machine of their own. */
const freeModel = (id: string): Model => ({
  ...{ id, label: `${id} (free)`.slice(0, 60), kind: 'chat', outputLimit: 'max_tokens', hiddenReasoning: false },
  ...{ inputMicrosPerMTok: 0, outputMicrosPerMTok: 0, contextTokens: 8_192, maxOutputTokens: 2_048 },
  ...{ source: 'FALLBACK_MODEL: the owner says it is free', asOf: '2026-11-22' },
})

/** What Neon gives free says nothing of another database. */
const limitsOf = ({ DATABASE_DRIVER, LIMITS }: z.infer<typeof Variables>): OwnLimits =>
  DATABASE_DRIVER === 'neon'
    ? LIMITS
    : { 'neon.bytes': null, 'neon.cuHours': null, 'neon.egressBytes': null, ...LIMITS }

/** What the app is told from outside, by name. The bindings of wrangler.toml are not part of it. */
export type Settings = z.infer<typeof Variables> & { models: ReadonlyMap<string, Model>; rates: Rate[] }

/** Thrown when settings are missing or wrong: its message names every one of them. */
export class SettingsError extends Error {}

export const readSettings = (env: object): Settings => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const read = Variables.safeParse(given)
  if (!read.success) {
    const lines = read.error.issues.map((issue) => {
      const name = issue.path.join('.')
      return `  ${name}: ${Object.hasOwn(given, name) ? issue.message : 'is not set'}`
    })
    throw new SettingsError(`The Worker's settings are not complete:\n${lines.join('\n')}\nSee .env.example.`)
  }
  // The prices we know are OpenAI's own: at another address the same name may cost anything.
  const known = new URL(read.data.OPENAI_BASE_URL).host === 'api.openai.com' ? knownModels : []
  const models = new Map([...known, ...read.data.MODELS].map((model) => [model.id, model]))
  if (models.get(read.data.DEFAULT_MODEL)?.kind !== 'chat')
    throw new SettingsError(
      `DEFAULT_MODEL: ${read.data.DEFAULT_MODEL} has no known price. Add it to MODELS with its price: a model without one is refused.`,
    )
  const rates = [...new Map([...knownRates, ...read.data.EXCHANGE_RATES].map((rate) => [rate.currency, rate])).values()]
  const settings = { ...read.data, LIMITS: limitsOf(read.data), models, rates }
  const { FALLBACK_MODEL } = settings
  if (FALLBACK_MODEL === undefined) return settings
  if (models.has(FALLBACK_MODEL))
    throw new SettingsError(`FALLBACK_MODEL: ${FALLBACK_MODEL} has a price. Name one that costs nothing.`)
  return { ...settings, models: new Map([...models, [FALLBACK_MODEL, freeModel(FALLBACK_MODEL)]]) }
}
