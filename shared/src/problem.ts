import * as z from 'zod'
import { Reduction } from './board.ts'
import { Time } from './text.ts'

/** Every error code the API can answer with, and its status and title. The list is closed. */
export const problems = {
  bad_request: { status: 400, title: 'Bad request' },
  unauthenticated: { status: 401, title: 'Not signed in' },
  budget_exhausted: { status: 402, title: 'Budget used up' },
  forbidden: { status: 403, title: 'Not allowed' },
  not_found: { status: 404, title: 'Not found' },
  timeout: { status: 408, title: 'Took too long' },
  conflict: { status: 409, title: 'Conflict' },
  too_large: { status: 413, title: 'Too large' },
  unsupported_type: { status: 415, title: 'Unsupported type' },
  invalid: { status: 422, title: 'Invalid' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong' },
  upstream_failed: { status: 502, title: 'The model failed' },
  unavailable: { status: 503, title: 'Unavailable for now' },
  reduced: { status: 503, title: 'Resting, to stay within a free tier' },
} as const

export type ProblemCode = keyof typeof problems
const problemCodes = Object.keys(problems) as [ProblemCode, ...ProblemCode[]]

/** The caps a call is reserved against, narrowest first. */
export const Cap = z.enum(['turn', 'user-day', 'user-month', 'key-month', 'instance-month'])
export type Cap = z.infer<typeof Cap>

/** RFC 9457 `application/problem+json`. */
export const ProblemBody = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(problemCodes),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    cap: Cap.optional(),
    reduction: Reduction.optional(),
    resetsAt: Time.nullable().optional(),
    retryAfterSeconds: z.int().optional(),
  })
  .meta({ id: 'Problem' })
export type ProblemBody = z.infer<typeof ProblemBody>
