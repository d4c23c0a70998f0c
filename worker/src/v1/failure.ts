import type { ProblemCode } from '@macro-ai/shared'
import { ModelFailure } from '../chat/failure.ts'
import { Problem } from '../problem.ts'

/** OpenAI's words for what can go wrong. */
type Wording = { status: number; type: string; code: string | null }

const wordings: Record<ProblemCode, Wording> = {
  bad_request: { status: 400, type: 'invalid_request_error', code: null },
  unauthenticated: { status: 401, type: 'invalid_request_error', code: 'invalid_api_key' },
  budget_exhausted: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  forbidden: { status: 403, type: 'invalid_request_error', code: 'insufficient_permissions' },
  not_found: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
  timeout: { status: 408, type: 'server_error', code: null },
  conflict: { status: 409, type: 'invalid_request_error', code: null },
  too_large: { status: 413, type: 'invalid_request_error', code: null },
  unsupported_type: { status: 415, type: 'invalid_request_error', code: null },
  invalid: { status: 400, type: 'invalid_request_error', code: null },
  rate_limited: { status: 429, type: 'requests', code: 'rate_limit_exceeded' },
  internal: { status: 500, type: 'server_error', code: null },
  upstream_failed: { status: 502, type: 'server_error', code: null },
  unavailable: { status: 503, type: 'server_error', code: null },
  reduced: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
}

export const failureBody = (message: string, type: string, code: string | null = null, param: string | null = null) =>
  JSON.stringify({ error: { message, type, param, code } })

type Asked = { method: string; path: string; url: string }

const refused = (status: number, message: string, code: string | null, more: Record<string, string> = {}) =>
  new Response(failureBody(message, 'invalid_request_error', code), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...more },
  })

/** What OpenAI says of an address that it does not know. */
export const unknownUrl = ({ method, path, url }: Asked): Response => {
  const { href } = new URL('/docs', url)
  const message = `Unknown request URL: ${method} ${path}. Please check the URL for typos, or see the docs at ${href}.`
  return refused(404, message, 'unknown_url')
}

/** What it says of one that it knows, for something else. */
export const notAllowed = ({ method, path }: Asked, allow: 'GET, HEAD' | 'POST'): Response => {
  const message = `Not allowed to ${method} on ${path}. (HINT: Perhaps you meant to use a different HTTP method?)`
  return refused(405, message, null, { allow })
}

/** What a model's failure is to who called through us: their own request's fault, the model's hurry, or nobody's. */
const asProblem = ({ kind, message, retryAfterSeconds }: ModelFailure): Problem => {
  if (kind === 'refused') return new Problem('invalid', { detail: message })
  if (kind === 'rate_limited') return new Problem('rate_limited', { detail: 'The model is busy.', retryAfterSeconds })
  return new Problem('upstream_failed', {
    detail:
      kind === 'bad_key' || kind === 'no_credit'
        ? 'The model provider refuses this instance. Only its owner can put that right.'
        : 'The model is not answering.',
  })
}

/** An error as OpenAI's clients know it; nothing when it is none that was foreseen. */
export const failureOf = (thrown: unknown): Response | undefined => {
  const error = thrown instanceof ModelFailure ? asProblem(thrown) : thrown
  return error instanceof Problem ? asFailure(error) : undefined
}

export const asFailure = (error: Problem): Response => {
  const { status, type, code } = wordings[error.code]
  const [first] = error.extra.errors ?? []
  const unknown = first ? /^Unrecognized keys?: "([^"]+)"/.exec(first.message)?.[1] : undefined
  const message = first
    ? unknown
      ? `Unrecognized request argument supplied: ${unknown}`
      : `${first.path}: ${first.message}`
    : error.message
  const { headers } = error
  headers.set('content-type', 'application/json')
  // The official clients send a 429 again. Money, or a free tier, does not come back within their patience.
  if (error.code === 'budget_exhausted' || error.code === 'reduced') headers.set('x-should-retry', 'false')
  return new Response(
    failureBody(message, type, unknown ? 'unknown_parameter' : code, unknown ?? (first?.path || null)),
    { status, headers },
  )
}
