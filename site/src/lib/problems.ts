import type { ProblemCode } from '@macro-ai/shared'

/** What a page can run into: the API's own codes, and two of the browser's. */
export type TroubleCode = ProblemCode | 'network' | 'signed_out'

/** The plain sentence for each code. Pages may know better; see `formSentences`. */
export const sentences: Record<TroubleCode, string> = {
  bad_request: 'That could not be understood. Reload the page and try again.',
  unauthenticated: 'You are signed out. Sign in again to go on.',
  budget_exhausted: 'The budget for this is used up.',
  forbidden: 'You may not do that.',
  not_found: 'This does not exist, or it is not yours to see.',
  timeout: 'That took too long. Try again.',
  conflict: 'Something else changed this at the same time. Try again.',
  too_large: 'That is too large to send.',
  unsupported_type: 'This kind of file cannot be used here.',
  invalid: 'Something in the form needs another look.',
  rate_limited: 'That was too often in a short time. Wait a moment.',
  internal: 'Something went wrong on our side. Nothing is lost; try again.',
  upstream_failed: 'The model failed to answer. Try again now or a little later.',
  unavailable: 'A part of the service is waking up or away for a moment.',
  network: 'The connection was lost.',
  signed_out: 'You are signed out. Sign in again to go on; your draft is kept.',
}

/** Where a form's step has a better sentence for a code than the general one. */
export const formSentences = {
  'sign-in': {
    unauthenticated: 'The e-mail address or the password is not right.',
    forbidden: 'This account is not ready yet. Confirm the e-mail address first.',
    rate_limited: 'Too many tries for now. Wait a few minutes, then sign in again.',
  },
  challenge: {
    unauthenticated: 'That code is not right, or it is too old. Enter the newest one.',
  },
  'sign-up': {
    forbidden: 'This place is by invitation. Enter the invite you were given.',
  },
  confirm: {
    bad_request: 'That code is not right, or it is too old.',
    unauthenticated: 'That code is not right, or it is too old.',
    invalid: 'That code is not right. It has six digits.',
  },
  reset: {
    bad_request: 'That code is not right, or it is too old.',
    unauthenticated: 'That code is not right, or it is too old.',
    invalid: 'The code or the new password needs another look.',
  },
  forgot: {},
} as const satisfies Record<string, Partial<Record<ProblemCode, string>>>

export type FormName = keyof typeof formSentences

export const formSentence = (form: FormName, code: ProblemCode): string => {
  const better: Partial<Record<ProblemCode, string>> = formSentences[form]
  return better[code] ?? sentences[code]
}
