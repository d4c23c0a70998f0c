import { CognitoError } from './errors.ts'

/** The symbols are Cognito's own list; a space counts, except first or last. */
const rules: [RegExp, string][] = [
  [/^[\s\S]{8,}$/, 'Password not long enough'],
  [/[a-z]/, 'Password must have lowercase characters'],
  [/[A-Z]/, 'Password must have uppercase characters'],
  [/[0-9]/, 'Password must have numeric characters'],
  [/[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+-]|\S +\S/, 'Password must have symbol characters'],
]

/** Names the first rule that the password breaks, in Cognito's words. */
export const assertPolicy = (password: string) => {
  const broken = rules.find(([rule]) => !rule.test(password))
  if (!broken) return
  throw new CognitoError('InvalidPasswordException', `Password did not conform with policy: ${broken[1]}`)
}
