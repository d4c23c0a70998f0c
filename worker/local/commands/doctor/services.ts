import { readMigrationFiles } from 'drizzle-orm/migrator'
import { join } from 'node:path'
import { connect, type Connection } from '../../../../db/connect.ts'
import { sourcesOf } from '../../../src/adapters/providers/index.ts'
import type { Settings } from '../../../src/settings.ts'
import { databaseOf } from '../names.ts'
import { root } from '../places.ts'
import { wrongBudgets } from './books.ts'
import { finding, type Finding } from './finding.ts'

const timeoutMs = 5_000

const reach = async (what: string, run: () => Promise<string>): Promise<Finding> => {
  try {
    return finding(what, 'ok', await run())
  } catch (error) {
    return finding(what, 'danger', error instanceof Error ? error.message : String(error))
  }
}

const get = async (url: string, headers: Record<string, string> = {}): Promise<unknown> => {
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) })
  if (!answer.ok) throw new Error(`${new URL(url).host} answered ${answer.status}`)
  return answer.json()
}

const database = async (settings: Settings): Promise<Finding[]> => {
  const target = { ...databaseOf(settings), signal: AbortSignal.timeout(timeoutMs) }
  const opened = await connect(target).catch((error: unknown) => String(error))
  if (typeof opened === 'string') return [finding('database', 'danger', opened)]
  try {
    return await examined(opened)
  } finally {
    await opened.close()
  }
}

const examined = async (database: Connection): Promise<Finding[]> => {
  const wanted = readMigrationFiles({ migrationsFolder: join(root, 'db/migrations/core') })
  const reached = await reach('database', async () => {
    const [row] = await database.query({
      text: `select current_setting('server_version') as version, pg_database_size(current_database()) as bytes`,
    })
    return `PostgreSQL ${String(row?.['version'])}, ${(Number(row?.['bytes']) / 1e6).toFixed(0)} MB of 500`
  })
  if (reached.verdict !== 'ok') return [reached]
  const migrated = await reach('migrations', async () => {
    const known = await database.query({ text: `select digest from migrations where folder = 'core'` })
    const done = new Set(known.map((row) => String(row['digest'])))
    const missing = wanted.filter(({ hash }) => !done.has(hash))
    if (missing.length > 0) throw new Error(`${missing.length} of ${wanted.length} are missing: pnpm db:migrate`)
    return `all ${wanted.length} are there`
  })
  const books = await reach('books', async () => {
    const wrong = await database.query({ text: wrongBudgets })
    if (wrong.length > 0)
      throw new Error(`${wrong.length} totals are not what the ledger says: stop the instance and look`)
    return 'every total is what the ledger says, and within its cap'
  })
  return [reached, migrated, books]
}

const cache = ({ UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token }: Settings) =>
  reach('cache', async () => {
    await get(`${url}/ping`, { authorization: `Bearer ${token}` })
    return 'answers'
  })

const identity = ({ COGNITO_ISSUER }: Settings) =>
  reach('sign-in', async () => {
    const { keys } = (await get(`${COGNITO_ISSUER}/.well-known/jwks.json`)) as { keys: unknown[] }
    return `${keys.length} keys`
  })

const endpointOf = (url: string) => (url.endsWith('/') ? url : `${url}/`)

/** An address that nobody has, asked about to see what the pool says of it. */
const nobody = 'nobody@doctor.invalid'

/** What the user pool's app client lets anybody see, as far as one attempt to sign in shows it. */
const pool = ({ COGNITO_ISSUER, COGNITO_ENDPOINT, COGNITO_CLIENT_ID }: Settings) =>
  reach('user pool', async () => {
    const answer = await fetch(endpointOf(COGNITO_ENDPOINT ?? new URL(COGNITO_ISSUER).origin), {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
      },
      body: JSON.stringify({
        ...{ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: COGNITO_CLIENT_ID },
        AuthParameters: { USERNAME: nobody, PASSWORD: 'Not-the-passw0rd' },
      }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const { __type: type = '' } = (await answer.json()) as { __type?: string }
    const said = type.split('#').at(-1)
    if (said === 'NotAuthorizedException') return 'signs in by password, and tells nobody who has an account'
    if (said === 'UserNotFoundException')
      throw new Error('tells strangers who has an account: set PreventUserExistenceErrors, as worker/infra does')
    throw new Error(`says ${said}: is COGNITO_CLIENT_ID the app client that worker/infra makes?`)
  })

/** Whether AWS warns of its own bill, where a key that may look is set. */
const budget = async (settings: Settings): Promise<Finding[]> => {
  const source = sourcesOf(settings).find(({ name }) => name === 'AWS Budgets')
  if (!source) return []
  const found = await reach('AWS budget', async () => {
    const { 'aws.micros': micros } = await source.ask(new Date())
    if (micros === undefined) throw new Error('there is no monthly budget of cost: deploy worker/infra')
    return `in place, with $${(micros / 1e6).toFixed(2)} of this month`
  })
  return [found]
}

const model = ({ OPENAI_BASE_URL, OPENAI_API_KEY, DEFAULT_MODEL }: Settings) =>
  reach('model', async () => {
    const { data } = (await get(`${OPENAI_BASE_URL}/models`, { authorization: `Bearer ${OPENAI_API_KEY}` })) as {
      data: { id: string }[]
    }
    if (!data.some(({ id }) => id === DEFAULT_MODEL)) throw new Error(`the provider has no ${DEFAULT_MODEL}`)
    return `${DEFAULT_MODEL} is there`
  })

/** Whether everything that the settings name answers as it should. */
export const serviceFindings = async (settings: Settings): Promise<Finding[]> =>
  (
    await Promise.all([
      ...[database(settings), cache(settings), identity(settings)],
      ...[pool(settings), model(settings), budget(settings)],
    ])
  ).flat()

/** Whether the Worker at an address is up, and is the one of this checkout. */
export const workerFindings = async (url: string | undefined, version: string): Promise<Finding[]> => {
  if (!url) return [finding('deployment', 'look', 'API_URL is not set: the deployed Worker was not looked at')]
  const found = await reach('deployment', async () => {
    const health = (await get(`${url}/health`)) as { version: string }
    if (health.version !== version)
      throw new Error(`version ${health.version} is deployed, ${version} is here: pnpm run deploy`)
    return `${url}, version ${health.version}`
  })
  return [found]
}
