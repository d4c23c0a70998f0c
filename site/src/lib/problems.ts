import type { ProblemCode } from '@macro-ai/shared'
import { clock, nextUtcDay } from '$lib/chat/format'
import * as m from '$messages'

/** What a page can run into: the API's own codes, and what the browser makes of some. */
export type TroubleCode = ProblemCode | 'network' | 'paused' | 'unreachable' | 'signed_out'

const sentences: Record<TroubleCode, () => string> = {
  bad_request: m.problemBadRequest,
  unauthenticated: m.problemUnauthenticated,
  budget_exhausted: m.problemBudget,
  forbidden: m.problemForbidden,
  not_found: m.problemNotFound,
  timeout: m.problemTimeout,
  conflict: m.problemConflict,
  too_large: m.problemTooLarge,
  unsupported_type: m.problemUnsupportedType,
  invalid: m.problemInvalid,
  rate_limited: m.problemRateLimited,
  internal: m.problemInternal,
  upstream_failed: m.problemUpstream,
  unavailable: m.problemUnavailable,
  reduced: m.problemReduced,
  network: m.problemNetwork,
  unreachable: () => m.problemUnreachable({ time: clock(nextUtcDay()) }),
  paused: m.problemPaused,
  signed_out: m.problemSignedOut,
}

export const isTrouble = (code: string): code is TroubleCode => Object.hasOwn(sentences, code)

/** The plain sentence for each code. A form may know better: see `form-problems.ts`. */
export const sentence = (code: TroubleCode): string => sentences[code]()
