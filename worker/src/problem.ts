import { problems, type Cap, type ProblemBody, type ProblemCode, type Reduction } from '@macro-ai/shared'

const sentences: Record<ProblemCode, string> = {
  bad_request: 'The request could not be read.',
  unauthenticated: 'Sign in first.',
  budget_exhausted: 'The budget for this is used up.',
  forbidden: 'You are not allowed to do this.',
  not_found: 'There is no such thing here.',
  timeout: 'This took too long. Try again.',
  conflict: 'This clashes with something that is already there.',
  too_large: 'This is too large.',
  unsupported_type: 'This type of content is not supported.',
  invalid: 'Some of what was sent is not valid.',
  rate_limited: 'Too many requests. Wait a moment.',
  internal: 'Something went wrong on our side.',
  upstream_failed: 'The model could not answer.',
  unavailable: 'This is unavailable for the moment. Try again shortly.',
  reduced: 'This rests for now, so that what is left of a free tier lasts.',
}

export type ProblemExtra = {
  detail?: string | undefined
  cap?: Cap | undefined
  reduction?: Reduction | undefined
  resetsAt?: string | null | undefined
  retryAfterSeconds?: number | undefined
  errors?: { path: string; message: string }[] | undefined
}

/** The one error that is meant for the person who asked. Anything else that is thrown becomes a plain 500. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly extra: ProblemExtra

  constructor(code: ProblemCode, extra: ProblemExtra = {}, options?: ErrorOptions) {
    super(extra.detail ?? sentences[code], options)
    this.name = 'Problem'
    this.code = code
    this.extra = extra
  }

  get status(): number {
    return problems[this.code].status
  }

  body(requestId: string): ProblemBody {
    const { code, message: detail, extra } = this
    const { status, title } = problems[code]
    // What is wrong in no field of its own is wrong with all of it.
    const errors = code === 'invalid' ? { errors: [{ path: '', message: detail }] } : {}
    return { type: 'about:blank', title, status, ...errors, ...extra, detail, code, requestId }
  }

  /** What HTTP wants told beside some statuses: when to come back, and what to sign in with. */
  get headers(): Headers {
    const headers = new Headers({ 'cache-control': 'no-store' })
    const { status, extra } = this
    const isForNow = status === 429 || status === 503
    const seconds = extra.retryAfterSeconds ?? (isForNow ? 60 : undefined)
    if (seconds !== undefined) headers.set('retry-after', String(seconds))
    if (status === 401) headers.set('www-authenticate', 'Bearer')
    return headers
  }

  response(requestId: string): Response {
    const { headers } = this
    headers.set('content-type', 'application/problem+json')
    return new Response(JSON.stringify(this.body(requestId)), { status: this.status, headers })
  }
}

/** A dependency that did not answer in time or at all: try again in a moment. */
export const unavailable = (detail: string, cause?: unknown) =>
  new Problem('unavailable', { detail, retryAfterSeconds: 2 }, { cause })

/** The database did not say whether it did what it was asked: it may have done it, or do it yet. */
export class Unheard extends Problem {
  constructor(cause: unknown) {
    const detail = 'The database is not answering. It may be waking up: try again in a moment.'
    super('unavailable', { detail, retryAfterSeconds: 2 }, { cause })
  }
}
