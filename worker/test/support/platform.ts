import { neon } from '@neondatabase/serverless'
import { listDurableObjectIds, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { inject } from 'vitest'
import { readSettings } from '../../src/settings.ts'
import type { FaultOrder } from '../../local/faults.ts'
import type { Call } from '../../local/model/requests.ts'

const url = inject('platformUrl')
export const poolId = 'local_macro'
export const issuer = `${url}/cognito/${poolId}`

const control = async (method: string, path: string, body?: object): Promise<Response> => {
  const answer = await fetch(url + path, { method, ...(body && { body: JSON.stringify(body) }) })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer
}

export const fault = async (order: FaultOrder) => void (await control('POST', '/faults', order))
export const noFaults = async () => void (await control('DELETE', '/faults'))

/** Words by which a fault finds the statement that begins a turn, and the one that saves its end. */
export const statements = { begin: 'insert into reservations', finish: 'finished_at =' }

export type Counted = Record<'database' | 'cache' | 'identity' | 'model', number> & {
  detail: Record<'database' | 'cache' | 'identity' | 'model', { commands?: number; operations: Record<string, number> }>
}
export const counters = async () => (await control('GET', '/counters')).json<Counted>()
/** Requests to the database since {@link resetCounters}. */
export const databaseTrips = async () => {
  const { database, detail } = await counters()
  // A test that fails shows what was asked.
  if (database > 0) console.log(detail.database.operations)
  return database
}
export const resetCounters = async () => void (await control('DELETE', '/counters'))

/** What the model was asked since {@link forgetCalls}, oldest first. */
export const modelCalls = async () => (await control('GET', '/openai/demo/requests')).json<Call[]>()
export const forgetCalls = async () => void (await control('DELETE', '/openai/demo/requests'))

export const rotateKeys = async () => void (await control('POST', '/cognito/admin/rotate-keys'))

const poolRequest = async (operation: string, input: object, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${url}/cognito/`, {
    method: 'POST',
    headers: { 'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`, ...headers },
    body: JSON.stringify(input),
  })
  if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`)
  return answer.json<Record<string, unknown>>()
}

/** Calls the user pool as its owner does. */
export const poolAdmin = (operation: string, input: object) =>
  poolRequest(operation, { UserPoolId: poolId, ...input }, { authorization: 'AWS4-HMAC-SHA256 Credential=local' })

/** Calls the user pool past the Worker, as anybody can who knows the app client's id. */
export const poolCall = (operation: string, input: object) =>
  poolRequest(operation, { ClientId: 'local-web', ...input })

const query = neon('postgresql://local:local@localhost/macro')
/** Looks into the tables as they are. */
export const tables = async <Row = Record<string, unknown>>(strings: TemplateStringsArray, ...values: unknown[]) =>
  (await query(strings, ...values)) as Row[]

/** The same, by a statement's text. */
export const look = (text: string) => query.query(text)

/** Looks into the tables, past the Worker; what waits at the till is put in first, as for everybody who asks. */
export const sql = async <Row = Record<string, unknown>>(strings: TemplateStringsArray, ...values: unknown[]) => {
  if (Number(env.DATABASE_REST_SECONDS ?? 0) > 0)
    await till()
      .bank()
      .catch(() => undefined)
  return tables<Row>(strings, ...values)
}

/** What the object of a conversation has written down: every row of its tables, and whether it will look again. */
export const keptByChat = (userId: string, conversationId: string): Promise<unknown[]> =>
  runInDurableObject(env.CHAT.get(env.CHAT.idFromName(`${userId}/${conversationId}`)), async (_chat, { storage }) => {
    const tables = [...storage.sql.exec<{ name: string }>("select name from sqlite_master where type = 'table'")]
    const rows = tables
      .filter(({ name }) => !name.startsWith('_cf_') && !name.startsWith('sqlite_'))
      .flatMap(({ name }) => [...storage.sql.exec(`select * from ${name}`)])
    return [...rows, ...((await storage.getAlarm()) === null ? [] : ['an alarm'])]
  })

export const till = () => env.TILL.get(env.TILL.idFromName('till'))

/** Has all that waits put in, and every next look made now: left to themselves those of a test before come amid the next. */
export const settle = async () => {
  for (const id of await listDurableObjectIds(env.CHAT)) await runDurableObjectAlarm(env.CHAT.get(id))
  await till().bank()
  await runDurableObjectAlarm(till())
}

/** Asks the cache itself, past the Worker. */
export const redis = async <Result>(...command: string[]): Promise<Result> => {
  const { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN } = readSettings(env)
  const answer = await fetch(UPSTASH_REDIS_REST_URL, {
    method: 'POST',
    headers: { authorization: `Bearer ${UPSTASH_REDIS_REST_TOKEN}` },
    body: JSON.stringify(command),
  })
  return (await answer.json<{ result: Result }>()).result
}
