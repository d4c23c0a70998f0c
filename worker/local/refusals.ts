import type { Target } from './faults.ts'

/** A 429 or 500 as each service words it, so that the real clients read it as they would the real thing. */
export const refusal = (target: Target, status: 429 | 500): Response => {
  const busy = status === 429
  switch (target) {
    case 'database':
      return json(
        status,
        busy ? { message: 'Too many connections', code: '53300' } : { message: 'Internal error', code: 'XX000' },
      )
    case 'cache':
      return json(status, {
        error: busy ? 'ERR max requests limit exceeded. Limit: 500000, Usage: 500000' : 'ERR internal error',
      })
    case 'identity':
      return json(
        busy ? 400 : 500,
        busy
          ? { __type: 'TooManyRequestsException', message: 'Rate exceeded' }
          : { __type: 'InternalErrorException', message: 'Internal error' },
        { 'x-amzn-errortype': busy ? 'TooManyRequestsException' : 'InternalErrorException' },
      )
    case 'model':
      return busy
        ? json(status, modelError('Rate limit reached', 'requests', 'rate_limit_exceeded'), { 'retry-after': '1' })
        : json(status, modelError('The server had an error while processing your request', 'server_error', null))
  }
}

/** A 200 that is neither JSON nor an event stream. */
export const garbage = () =>
  new Response('<html>\u0000{"unfinished": [', { headers: { 'content-type': 'application/json' } })

const modelError = (message: string, type: string, code: string | null) => ({
  error: { message, type, param: null, code },
})

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  Response.json(body, { status, headers })
