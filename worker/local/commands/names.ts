/** Every setting of the Worker; worker/src/settings.ts says what each may be. */
export const workerNames = [
  'DATABASE_DRIVER',
  'NEON_DATABASE_URL',
  'NEON_FETCH_ENDPOINT',
  'UPSTASH_REDIS_REST_URL',
  'UPSTASH_REDIS_REST_TOKEN',
  'COGNITO_ISSUER',
  'COGNITO_CLIENT_ID',
  'COGNITO_ENDPOINT',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'MODELS',
  'EXCHANGE_RATES',
  'DEFAULT_MODEL',
  'ALLOWED_ORIGINS',
  'JOIN',
  'MAX_USERS',
  'AUTH_LIMIT_PER_ACCOUNT',
  'AUTH_LIMIT_PER_ADDRESS',
  'AUTH_FLOOR_MS',
  'SITE_SECRET',
  'HEALTH_KEY',
  'TURN_CAP_MICROS',
  'USER_DAY_CAP_MICROS',
  'USER_MONTH_CAP_MICROS',
  'INSTANCE_MONTH_CAP_MICROS',
  'FILES_USER_BYTES',
  'FILES_INSTANCE_BYTES',
  'CHUNKS_USER',
  'CHUNKS_INSTANCE',
  'DATABASE_BYTES',
  'VECTOR_INDEX',
  'EMBEDDING_DIMENSIONS',
  'API_REQUESTS_PER_MINUTE',
  'API_URL',
  'ALERT_WEBHOOK_URL',
  'ALERT_WEBHOOK_KIND',
  'ALERT_EMAIL_FROM',
  'ALERT_EMAIL_TO',
  'LIMITS',
  'FALLBACK_MODEL',
  'FALLBACK_BASE_URL',
  'FALLBACK_API_KEY',
  'USAGE_CLOUDFLARE_ACCOUNT',
  'USAGE_CLOUDFLARE_TOKEN',
  'USAGE_NEON_PROJECT',
  'USAGE_NEON_KEY',
  'USAGE_UPSTASH_DATABASE',
  'USAGE_UPSTASH_EMAIL',
  'USAGE_UPSTASH_KEY',
  'USAGE_VERCEL_TOKEN',
  'USAGE_VERCEL_TEAM',
  'USAGE_OPENAI_KEY',
  'USAGE_OPENAI_PROJECT',
  'USAGE_AWS_ACCOUNT',
  'USAGE_AWS_KEY_ID',
  'USAGE_AWS_SECRET',
  'DATABASE_REST_SECONDS',
  'FIRST_BYTE_MS',
  'STALL_MS',
  'CACHE_MS',
] as const
export type WorkerName = (typeof workerNames)[number]

/** Settings of the local commands alone. */
export const localNames = [
  'API_PORT',
  'SITE_PORT',
  'PLATFORM_PORT',
  'LOCAL_POSTGRES_URL',
  'LOCAL_REDIS_URL',
  'MODEL_PACE',
] as const

/** What the commands need that deploy and keep up an instance; kept in .env.production. */
export const operatorNames = [
  'SITE_URL',
  'CLOUDFLARE_API_TOKEN',
  'CLOUDFLARE_ACCOUNT_ID',
  'WORKERS_SUBDOMAIN',
  'NEON_API_KEY',
  'NEON_PROJECT_ID',
  'UPSTASH_EMAIL',
  'UPSTASH_API_KEY',
  'VERCEL_TOKEN',
  'VERCEL_ORG_ID',
  'VERCEL_PROJECT_ID',
  'AWS_REGION',
  'ALERT_EMAIL',
  'SESSION_KEYS',
  'BACKUP_KEY',
] as const

export type Name = WorkerName | (typeof localNames)[number] | (typeof operatorNames)[number]
export type Given = { [name in Name]?: string }

export const names: readonly Name[] = [...workerNames, ...localNames, ...operatorNames]

type DatabaseNames = Pick<Given, 'NEON_DATABASE_URL' | 'NEON_FETCH_ENDPOINT' | 'DATABASE_DRIVER' | 'VECTOR_INDEX'> & {
  EMBEDDING_DIMENSIONS?: string | number
}
/** The database that settings name. */
export const databaseOf = ({
  NEON_DATABASE_URL = '',
  NEON_FETCH_ENDPOINT,
  DATABASE_DRIVER,
  VECTOR_INDEX,
  EMBEDDING_DIMENSIONS,
}: DatabaseNames) => ({
  databaseUrl: NEON_DATABASE_URL,
  fetchEndpoint: NEON_FETCH_ENDPOINT,
  driver: DATABASE_DRIVER,
  vectorIndex: VECTOR_INDEX,
  dimensions: EMBEDDING_DIMENSIONS,
})

/** The setting that `wrong` was probably meant to be. */
export const meant = (wrong: string): Name | undefined => {
  const plain = (name: string) => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
  return names.find((name) => distance(plain(name), plain(wrong)) <= 2)
}

/** How many letters must be put in, left out or changed to get from one word to the other. */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1]
    for (const [index, other] of [...to].entries())
      next.push(
        Math.min((row[index] ?? 0) + (letter === other ? 0 : 1), (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1),
      )
    row = next
  }
  return row.at(-1) ?? 0
}
