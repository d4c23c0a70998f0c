import type { ProblemBody, ProblemCode } from '@macro-ai/shared'
import * as m from '$messages'
import { language } from './i18n/language'
import { sentence } from './problems'

/** Where a form's step has a better sentence for a code than the general one. */
const formSentences = {
  'sign-in': { unauthenticated: m.wrongPassword, rate_limited: m.tooManySignIns },
  challenge: { unauthenticated: m.wrongChallenge },
  'sign-up': { forbidden: m.inviteNeeded, reduced: m.signUpRests },
  confirm: { bad_request: m.wrongCode, unauthenticated: m.wrongCode, invalid: m.wrongCode },
  reset: {
    bad_request: m.wrongCode,
    unauthenticated: m.wrongCode,
    invalid: m.resetInvalid,
    unavailable: m.passwordUnsure,
  },
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
  Object.fromEntries(errors.toReversed().map(({ path, message }) => [path, fieldSentence(message)]))

/** What the contract says of a field most often, in the reader's words. */
const fieldSentences: Partial<Record<string, () => string>> = {
  'must have at least 8 characters': m.fieldLength,
  'must have a lower-case letter': m.fieldLower,
  'must have an upper-case letter': m.fieldUpper,
  'must have a digit': m.fieldDigit,
  'must have a symbol': m.fieldSymbol,
  'must be six digits': m.fieldCode,
  'is not right or too old: ask for a new one, and wait a little between tries': m.wrongCode,
  'must not be empty': m.fieldEmpty,
  'Invalid email address': m.fieldEmail,
}

const fieldSentence = (message: string): string =>
  fieldSentences[message]?.() ?? (language().locale === 'en' ? asSentence(message) : m.fieldWrong())

/** "must be six digits" stands beside its field as "This must be six digits." */
const asSentence = (text: string): string => {
  const whole = /^(is|must|has|may|can)\b/.test(text) ? `This ${text}` : text
  return whole.charAt(0).toUpperCase() + whole.slice(1).replace(/\.?$/, '.')
}
