import type { Context } from 'hono'
import type { z } from 'zod'

type Detail = { type?: string; param?: string | null; code?: string | null }

/** An answer in OpenAI's error shape. */
export class Failure extends Error {
  readonly status: 400 | 401 | 404 | 429 | 500
  readonly detail: Detail
  constructor(status: Failure['status'], message: string, detail: Detail = {}) {
    super(message)
    this.status = status
    this.detail = detail
  }

  get body() {
    const { type = 'invalid_request_error', param = null, code = null } = this.detail
    return { error: { message: this.message, type, param, code } }
  }
}

export const unknownModel = (id: string) =>
  new Failure(404, `The model \`${id}\` does not exist or you do not have access to it.`, {
    param: 'model',
    code: 'model_not_found',
  })

export const tooLong = (tokens: number, mostTokens: number, param: string) =>
  new Failure(400, `This model's maximum context length is ${mostTokens} tokens, but you asked for ${tokens}.`, {
    param,
    code: 'context_length_exceeded',
  })

export const noCredit = () =>
  new Failure(429, 'You exceeded your current quota, please check your plan and billing details.', {
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  })

export const OUTAGE = {
  message: 'The server had an error while processing your request.',
  type: 'server_error',
  param: null,
  code: 'server_error',
}
export const serverError = () => new Failure(500, OUTAGE.message, OUTAGE)

/** `['messages', 0, 'role']` as OpenAI writes it: `messages[0].role`. */
const paramOf = (path: PropertyKey[]) =>
  path.map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at ? '.' : ''}${String(key)}`)).join('') || null

/** The request by its schema, and its body as it came. */
export const readBody = async <T extends z.ZodType>(c: Context, schema: T) => {
  const body = await c.req.text()
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    throw new Failure(400, 'We could not parse the JSON body of your request.')
  }
  const parsed = schema.safeParse(json, { reportInput: true })
  if (parsed.success) return { request: parsed.data, body }
  const issue = parsed.error.issues[0]
  const param = paramOf(issue?.path ?? [])
  if (param && issue?.input === undefined)
    throw new Failure(400, `Missing required parameter: '${param}'.`, { param, code: 'missing_required_parameter' })
  throw new Failure(400, `Invalid value for '${param ?? 'body'}': ${issue?.message}`, { param, code: 'invalid_value' })
}
