import type { ProblemBody, ProblemCode } from '@macro-ai/shared'
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
  network: m.problemNetwork,
  unreachable: () => m.problemUnreachable({ time: clock(nextUtcDay()) }),
  paused: m.problemPaused,
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

/** Sentences by the name of the field that they are about. */
export type FieldErrors = Record<string, string>

/** What is wrong with each field of a form, the first thing first, as sentences by the field's name. */
export const fieldErrors = (errors: ProblemBody['errors'] = []): FieldErrors =>
  Object.fromEntries(errors.toReversed().map(({ path, message }) => [path, asSentence(message)]))

/** "must be six digits" stands beside its field as "This must be six digits." */
const asSentence = (text: string): string => {
  const whole = /^(is|must|has|may|can)\b/.test(text) ? `This ${text}` : text
  return whole.charAt(0).toUpperCase() + whole.slice(1).replace(/\.?$/, '.')
}
