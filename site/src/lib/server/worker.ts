import { ProblemBody, problems, type ProblemCode } from '@macro-ai/shared'
import type { RequestEvent } from '@sveltejs/kit'
import { settings } from './settings'

export type Answer<Value> = { ok: true; value: Value } | { ok: false; problem: ProblemBody }

/** As much of a zod schema as an answer's reader needs. */
type Schema<Value> = { safeParse: (answer: unknown) => { data?: Value } }

const timeoutMs = 10_000

/** A problem found on this side of the wire, in the same shape as the Worker's own. */
export const problem = (code: ProblemCode, detail = '', extra: Partial<ProblemBody> = {}): ProblemBody => ({
  type: 'about:blank',
  ...problems[code],
  code,
  detail,
  requestId: '',
  ...extra,
})

const away = problem('unavailable', 'The API cannot be reached.', { retryAfterSeconds: 5 })

type Caller = Pick<RequestEvent, 'fetch' | 'getClientAddress'>

/** Posts to the Worker's `/auth`. */
export const postAuth = <Value = void>(
  event: Caller,
  path: string,
  body: object,
  schema?: Schema<Value>,
): Promise<Answer<Value>> =>
  ask(
    event,
    `/auth/${path}`,
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    schema,
  )

/** Reads what the Worker shows to anybody. */
export const getPublic = <Value>(event: Caller, path: string, schema: Schema<Value>): Promise<Answer<Value>> =>
  ask(event, path, {}, schema)

/** Calls the Worker for a visitor. It never throws: an API that is away, slow or confused is a problem like the others. */
const ask = async <Value>(
  event: Caller,
  path: string,
  init: RequestInit,
  schema?: Schema<Value>,
): Promise<Answer<Value>> => {
  const { apiUrl, siteSecret } = settings()
  try {
    const response = await event.fetch(apiUrl + path, {
      ...init,
      headers: {
        ...init.headers,
        ...(siteSecret && { 'x-site-secret': siteSecret, 'x-client-address': event.getClientAddress() }),
      },
      signal: AbortSignal.timeout(timeoutMs),
    })
    const answer: unknown = await response.json().catch(() => undefined)
    if (!response.ok) return { ok: false, problem: ProblemBody.safeParse(answer).data ?? away }
    if (!schema) return { ok: true, value: undefined as Value }
    const { data } = schema.safeParse(answer)
    return data === undefined ? { ok: false, problem: away } : { ok: true, value: data }
  } catch {
    return { ok: false, problem: away }
  }
}
