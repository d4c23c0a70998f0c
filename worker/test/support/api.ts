import { newId, type ProblemBody, type ProblemCode, type Tokens } from '@macro-ai/shared'
import { exports } from 'cloudflare:workers'
import { expect } from 'vitest'
import { openapi } from '../../src/openapi.ts'

export const origin = 'http://127.0.0.1:5173'
export const password = 'Correct-h0rse battery'

export type Asked = {
  token?: string | undefined
  /** Sent as JSON; text and bytes are sent as they are. */
  body?: unknown
  headers?: Record<string, string>
}

export const requestOf = (method: string, path: string, { token, body, headers }: Asked = {}): Request =>
  new Request(`https://api.test${path}`, {
    method: method.toUpperCase(),
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: isRaw(body) ? body : JSON.stringify(body) }),
  })

const isRaw = (body: unknown): body is string | Uint8Array => typeof body === 'string' || body instanceof Uint8Array

type Described = Record<string, Record<string, { responses: Record<string, { content?: object }> }>>
const described = openapi('https://api.test').paths as Described

/** Whatever a test is about: an answer that OpenAPI does not have, or not of this type, fails it. */
const expectDescribed = (method: string, path: string, answer: Response): void => {
  const [named = ''] = path.split('?')
  const isThis = (template: string) => new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(named)
  const template = Object.keys(described).find((one) => one === named) ?? Object.keys(described).find(isThis) ?? ''
  const operation = described[template]?.[method.toLowerCase()]
  if (!operation) return
  const written = operation.responses[answer.status]
  const what = `${method} ${template} answers ${answer.status}`
  expect(Object.keys(operation.responses), what).toContain(String(answer.status))
  const [type] = answer.headers.get('content-type')?.split(';') ?? []
  const types = Object.keys(written?.content ?? {})
  if (types.length === 0) expect(type, what).toBeUndefined()
  else if (!types.includes('*/*')) expect(types, what).toContain(type)
}

/** And so does a problem that lacks what its status calls for. */
const expectWhole = async (answer: Response): Promise<void> => {
  const { status, headers } = answer
  if (headers.get('content-type') !== 'application/problem+json') return
  expect(headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null)
  if (status === 429 || status === 503) expect(headers.get('retry-after')).toMatch(/^\d+$/)
  const { errors } = await answer.clone().json<ProblemBody>()
  if (status === 422) expect(errors?.length).toBeGreaterThan(0)
}

/** An answer as it came, once it is known to be one of those that the contract has. */
export const asWritten = async (method: string, path: string, answer: Response): Promise<Response> => {
  expectDescribed(method, path, answer)
  await expectWhole(answer)
  return answer
}

/** One request to the Worker, as it comes from outside. */
export const call = async (method: string, path: string, asked?: Asked): Promise<Response> =>
  asWritten(method, path, await exports.default.fetch(requestOf(method, path, asked)))

/** The answer's JSON, when its status is the one expected. */
export const ok = async <T>(answer: Response | Promise<Response>, status = 200): Promise<T> => {
  const { status: got, text } = await textOf(await answer)
  expect(got, text).toBe(status)
  return (text === '' ? undefined : JSON.parse(text)) as T
}

const textOf = async (answer: Response) => ({ status: answer.status, text: await answer.text() })

/** The answer's problem, when it has this code. */
export const problem = async (answer: Response | Promise<Response>, code: ProblemCode): Promise<ProblemBody> => {
  const got = await answer
  const body = await got.json<ProblemBody>()
  expect(body, JSON.stringify(body)).toMatchObject({ code, status: got.status })
  expect(got.headers.get('content-type')).toBe('application/problem+json')
  return body
}

export type Person = { id: string; email: string; token: string; refreshToken: string }

const claimsOf = (token: string) => JSON.parse(atob(token.split('.')[1] ?? '')) as { sub: string }

export const signIn = async (email: string, secret = password): Promise<Person> => {
  const tokens = await ok<Tokens>(call('post', '/auth/sign-in', { body: { email, password: secret } }))
  const token = tokens.accessToken
  return { id: claimsOf(token).sub, email, token, refreshToken: tokens.refreshToken }
}

/** Somebody new, signed up by the front door. */
export const newPerson = async (): Promise<Person> => {
  const email = `${newId()}@example.org`
  await ok(call('post', '/auth/sign-up', { body: { email, password, name: 'Ada' } }), 202)
  await ok(call('post', '/auth/confirm', { body: { email, code: '123456' } }), 204)
  return signIn(email)
}

/** The owner of the instance. */
export const owner = () => signIn('demo@macro.local', 'Demo-passw0rd')
