import type { Skill } from './talk.ts'

const FURTHEST = 1000

const run = (from: number, to: number) => {
  const step = from <= to ? 1 : -1
  const length = Math.min(Math.abs(to - from), FURTHEST - 1) + 1
  return Array.from({ length }, (_, at) => from + at * step).join(', ')
}

const UNITS: Record<string, RegExp> = {
  word: /\S+/g,
  letter: /\p{L}/gu,
  character: /[\s\S]/gu,
  vowel: /[aeiou]/gi,
  digit: /\p{N}/gu,
}
const several = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`
const unquoted = (text: string) => text.trim().replace(/^["“'‘]([\s\S]*)["”'’]$/, '$1')

/** Counts up and down, the words or letters of a text, one letter in it, and the user's messages. */
export const counting: Skill = ({ question, earlier }) => {
  const [up, from, to] = /\bcount (?:up )?(?:from (\d{1,6}) )?to (\d{1,6})\b/i.exec(question) ?? []
  if (up) return run(Number(from ?? 1), Number(to))
  const [down, high, low] = /\bcount(?: back| down|ing down) from (\d{1,6})(?: to (\d{1,6}))?/i.exec(question) ?? []
  if (down) return run(Number(high), Number(low ?? 0))
  if (/\bhow many (?:messages|questions|things) (?:have i|did i)\b/i.test(question))
    return `This is message number ${earlier.length + 1} from you.`
  const [one, letter, word] =
    /\bhow many (?:times does )?(?:the )?(?:letters? )?["“'‘]?(\p{L})["”'’]?(?:['’]?s)? (?:(?:are )?(?:there )?in|appears? in|occurs? in) (?:the word )?([\s\S]+?)\??\s*$/iu.exec(
      question,
    ) ?? []
  if (one && letter && word) {
    const text = unquoted(word)
    const count = [...text.toLowerCase()].filter((char) => char === letter.toLowerCase()).length
    return `“${text}” has ${several(count, `“${letter}”`).replace(/”s$/, '”')}.`
  }
  const [asked, unit, rest] =
    /\b(?:how many|count the) (word|letter|character|vowel|digit)s?(?: are)?(?: there)? (?:in|of)(?: this)?(?: (?:text|sentence|word))?:? ([\s\S]+?)\??\s*$/i.exec(
      question,
    ) ?? []
  const matches = UNITS[unit?.toLowerCase() ?? '']
  if (!asked || !matches || !rest) return undefined
  return `That is ${several(unquoted(rest).match(matches)?.length ?? 0, unit?.toLowerCase() ?? '')}.`
}
