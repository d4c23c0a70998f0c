import type { ProblemCode } from '@macro-ai/shared'
import { clock, nextUtcDay } from '$lib/chat/format'
import * as m from '$messages'

/** What a page can run into: the API's own codes, and three of the browser's. */
export type TroubleCode = ProblemCode | 'network' | 'unreachable' | 'signed_out'

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
  network: m.problemNetwork,
  unreachable: () => m.problemUnreachable({ time: clock(nextUtcDay()) }),
  signed_out: m.problemSignedOut,
}

export const isTrouble = (code: string): code is TroubleCode => Object.hasOwn(sentences, code)

/** The plain sentence for each code. Pages may know better; see `formSentence`. */
export const sentence = (code: TroubleCode): string => sentences[code]()

/** Where a form's step has a better sentence for a code than the general one. */
const formSentences = {
  'sign-in': { unauthenticated: m.wrongPassword, forbidden: m.unconfirmed, rate_limited: m.tooManySignIns },
  challenge: { unauthenticated: m.wrongChallenge },
  'sign-up': { forbidden: m.inviteNeeded },
  confirm: { bad_request: m.wrongCode, unauthenticated: m.wrongCode, invalid: m.codeForm },
  reset: { bad_request: m.wrongCode, unauthenticated: m.wrongCode, invalid: m.resetInvalid },
  forgot: {},
} as const satisfies Record<string, Partial<Record<ProblemCode, () => string>>>

export type FormName = keyof typeof formSentences

export const formSentence = (form: FormName, code: ProblemCode): string => {
  const better: Partial<Record<ProblemCode, () => string>> = formSentences[form]
  return better[code]?.() ?? sentence(code)
}
