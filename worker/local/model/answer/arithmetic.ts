import type { Skill } from './talk.ts'

const SPOKEN: [RegExp, string][] = [
  [/\bplus\b/g, '+'],
  [/\bminus\b/g, '-'],
  [/\b(?:times|multiplied by)\b|[×·]|(?<=[\d)]\s*)x(?=\s*[\d(])/g, '*'],
  [/\b(?:divided by|over)\b|[÷:]/g, '/'],
  [/\bto the power of\b|\*\*/g, '^'],
  [/\bsquared\b/g, '^2'],
  [/\bcubed\b/g, '^3'],
  [/%\s*of\b|\bper ?cent of\b/g, '/100*'],
  [/(?:the )?\bsquare root of\b|\bsqrt\b|√/g, 'r'],
  [/−/g, '-'],
  [/(?<=\d)[, ](?=\d{3}\b)/g, ''],
]
const FRAME =
  /^\s*(?:please\s+)?(?:(?:and\s+)?what(?:'s|’s| is| are)|how much (?:is|are)|calculate|compute|work out|evaluate|solve)?\s*|[\s?=.!]+$/g
const LONGEST = 200

/** Sums, products, powers, roots and brackets; `undefined` unless all of the text is an expression with something to do. */
export const calculate = (text: string): number | undefined => {
  const symbols = text.match(/\d+(?:\.\d+)?|\.\d+|[-+*/^()r]|\S/g) ?? []
  let at = 0
  const takes = (symbol: string) => symbols[at] === symbol && ++at > 0
  const value = (): number => {
    if (takes('-')) return -power()
    if (takes('r')) return Math.sqrt(value())
    if (takes('(')) {
      const inside = sum()
      return takes(')') ? inside : NaN
    }
    const symbol = symbols[at++]
    return symbol && /^[\d.]/.test(symbol) ? Number(symbol) : NaN
  }
  const power = (): number => {
    const base = value()
    return takes('^') ? base ** power() : base
  }
  const product = (): number => {
    let result = power()
    for (;;) {
      if (takes('*')) result *= power()
      else if (takes('/')) result /= power()
      else return result
    }
  }
  const sum = (): number => {
    let result = product()
    for (;;) {
      if (takes('+')) result += product()
      else if (takes('-')) result -= product()
      else return result
    }
  }
  const result = sum()
  return at === symbols.length && symbols.length > 1 ? result : undefined
}

export const arithmetic: Skill = ({ question }) => {
  if (question.length > LONGEST) return undefined
  const bare = question.toLowerCase().replace(FRAME, '')
  const expression = SPOKEN.reduce((text, [spoken, sign]) => text.replace(spoken, sign), bare)
  if (!/^[-+*/^().r\d\s]*\d[-+*/^().r\d\s]*$/.test(expression) || !/[-+*/^r]/.test(expression)) return undefined
  const result = calculate(expression)
  if (result === undefined || Number.isNaN(result)) return undefined
  if (!Number.isFinite(result)) return `${bare} has no finite answer.`
  return `${bare} = **${Number(result.toPrecision(12))}**`
}
