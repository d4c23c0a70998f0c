import { z } from 'zod'
import { CognitoError, invalidParameter } from './errors.ts'
import type { Pool } from './pool.ts'
import type { User } from './store.ts'
import { holderOf } from './tokens.ts'

export type Call = { body: unknown; authorization: string | undefined }
export type Operation = (pool: Pool, call: Call) => Promise<object>
type Fields = Record<string, z.ZodType>
type Input<F extends Fields> = z.infer<z.ZodObject<F>>
type Answer = object | Promise<object>

const parse = <F extends Fields>(fields: F, body: unknown): Input<F> => {
  const result = z.object(fields).safeParse(body, { reportInput: true })
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const missing = issue?.input === undefined || issue.input === null
  if (issue?.code === 'invalid_type' && !missing) throw new CognitoError('SerializationException', issue.message)
  const at = issue?.path.map((part) => String(part).replace(/^./, (first) => first.toLowerCase())).join('.')
  const rule = missing ? 'Member must not be null' : `Member must satisfy: ${issue.message}`
  throw invalidParameter(`1 validation error detected: Value at '${at}' failed to satisfy constraint: ${rule}`)
}

/** A field that every SDK calls a non-empty string; Cognito's own upper bound. */
export const text = z.string().min(1).max(2048)

/** Open to anybody who names the app client. It is a public client, so there is no secret and no SECRET_HASH. */
export const forClient =
  <F extends Fields>(fields: F, run: (pool: Pool, input: Input<F>) => Answer): Operation =>
  async (pool, { body }) => {
    const { ClientId } = parse({ ClientId: text }, body)
    if (ClientId !== pool.clientId) {
      throw new CognitoError('ResourceNotFoundException', `User pool client ${ClientId} does not exist.`)
    }
    return run(pool, parse(fields, body))
  }

/** For the holder of an access token that is neither expired nor revoked. */
export const forUser =
  <F extends Fields>(fields: F, run: (pool: Pool, user: User, input: Input<F>) => Answer): Operation =>
  async (pool, { body }) => {
    const { AccessToken } = parse({ AccessToken: z.string().min(1) }, body)
    const input = parse(fields, body)
    return run(pool, await holderOf(pool, AccessToken), input)
  }

/**
 * For the pool's owner. The signature is not verified: there are no AWS credentials here to check it against. It
 * must be there all the same, so that a caller that forgot to sign fails here as it would at AWS.
 */
export const forAdmin =
  <F extends Fields>(fields: F, run: (pool: Pool, input: Input<F>) => Answer): Operation =>
  async (pool, { body, authorization }) => {
    if (!authorization?.includes('AWS4-HMAC-SHA256')) {
      throw new CognitoError('MissingAuthenticationTokenException', 'Missing Authentication Token')
    }
    const { UserPoolId } = parse({ UserPoolId: text }, body)
    if (UserPoolId !== pool.id) {
      throw new CognitoError('ResourceNotFoundException', `User pool ${UserPoolId} does not exist.`)
    }
    return run(pool, parse(fields, body))
  }
