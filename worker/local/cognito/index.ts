import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { accountOperations } from './account.ts'
import { adminOperations } from './admin.ts'
import { CognitoError } from './errors.ts'
import { addSigningKey, publicKeys } from './keys.ts'
import type { Operation } from './operation.ts'
import { passwordOperations } from './password.ts'
import type { Pool } from './pool.ts'
import { signInOperations } from './sign-in.ts'
import { addUser, confirm, signUpOperations } from './sign-up.ts'
import { openStore } from './store.ts'
import { totpOperations } from './totp.ts'

export type CognitoOptions = {
  /** Where `cognito.json` is kept; null for memory only. */
  dataDir: string | null
  /** What tokens carry as `iss`; keys are published at `${issuer}/.well-known/jwks.json`. */
  issuer: string
  poolId: string
  clientId: string
  /** Milliseconds since the epoch. */
  now?: () => number
  /** Makes a ready administrator when the pool is new. */
  demo?: boolean
  refreshGraceSeconds?: number
}

const operations = new Map<string, Operation>(
  Object.entries({
    ...signUpOperations,
    ...signInOperations,
    ...passwordOperations,
    ...totpOperations,
    ...accountOperations,
    ...adminOperations,
  }),
)

const targetPrefix = 'AWSCognitoIdentityProviderService.'

const operationNamed = (target: string | undefined): Operation => {
  const operation = target?.startsWith(targetPrefix) && operations.get(target.slice(targetPrefix.length))
  if (!operation) throw new CognitoError('UnknownOperationException', `Unknown operation ${target ?? ''}`)
  return operation
}

const parseBody = (body: string): unknown => {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Answered below like any other body that is not an object.
  }
  throw new CognitoError('SerializationException', 'Body is not a JSON object')
}

const addDemoUser = async (pool: Pool) => {
  const user = await addUser(pool, { email: 'demo@macro.local', name: 'Demo', password: 'Demo-passw0rd' })
  confirm(user)
  user.groups = ['admin']
}

/** An Amazon Cognito user pool, as far as this app speaks to one, on its own wire protocol. */
export const cognito = async (options: CognitoOptions): Promise<Hono> => {
  const { dataDir, issuer, poolId, clientId, now = Date.now, demo = false, refreshGraceSeconds = 10 } = options
  const { state, isNew, exclusively } = await openStore(dataDir)
  const pool: Pool = { id: poolId, clientId, issuer, refreshGraceMs: refreshGraceSeconds * 1000, now, state }

  await exclusively(async () => {
    if (state.keys.length === 0) await addSigningKey(state.keys)
    if (isNew && demo) await addDemoUser(pool)
  })

  return new Hono()
    .post('/', async (c) => {
      const operation = operationNamed(c.req.header('X-Amz-Target'))
      const body = parseBody(await c.req.text())
      const authorization = c.req.header('Authorization')
      const answer = await exclusively(() => operation(pool, { body, authorization }))
      c.header('X-Amzn-RequestId', randomUUID())
      return c.body(JSON.stringify(answer), 200, { 'Content-Type': 'application/x-amz-json-1.1' })
    })
    .get('/:poolId/.well-known/jwks.json', (c) => {
      if (c.req.param('poolId') !== poolId) return c.notFound()
      c.header('Cache-Control', 'public, max-age=86400')
      return c.json(publicKeys(state.keys))
    })
    .post('/admin/rotate-keys', async (c) => c.json({ kid: await exclusively(() => addSigningKey(state.keys)) }))
    .onError((error, c) => {
      const known = error instanceof CognitoError
      if (!known) console.error(error)
      const type = known ? error.type : 'InternalErrorException'
      const message = known ? error.message : 'Internal error'
      c.header('X-Amzn-RequestId', randomUUID())
      // The colon is Cognito's own; clients cut the name there.
      c.header('X-Amzn-ErrorType', `${type}:`)
      return c.body(JSON.stringify({ __type: type, message }), known ? 400 : 500, {
        'Content-Type': 'application/x-amz-json-1.1',
      })
    })
}
