import { matchAt } from './patterns.ts'

/**
 * A formula between single dollars: short, on one line, without space at its inner edges. It ends here, or the text
 * ends first. No character can be read in two ways, so a failure costs no more than its length.
 */
const between = /\$(?!\s)((?:\\[^\n]|[^\\$`\n]){1,300})(?:(?<!\s)\$(?![\w$])|$)/y
/** `$5 and up to 6$`, `$20/month or 10$`: a number and words, none of what makes a formula. */
const money = /^\d[^\\^_={}]*\s[a-z]{2}/i

/** What stands between the dollar at `at` and the next one, if that is a formula and not money. */
export const dollarFormula = (
  text: string,
  at: number,
): { readonly formula: string; readonly end: number; readonly closed: boolean } | undefined => {
  if (/[\w$]/.test(text[at - 1] ?? '')) return undefined
  const [whole = '', formula = ''] = matchAt(between, text, at) ?? []
  if (!formula || money.test(formula)) return undefined
  return { formula, end: at + whole.length, closed: whole.length > formula.length + 1 }
}
