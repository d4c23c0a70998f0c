import type { Extract } from './search.ts'

/** A word, the beginning of one, or a run of characters in a script that writes no spaces. */
export type Term = { kind: 'word' | 'beginning' | 'run'; text: string }

/** Scripts that write no spaces between words, as the database's `searchable` knows them. */
const unspaced =
  '[\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7a3\\uf900-\\ufaff]'
/** What words are made of. */
const letter = '[\\p{L}\\p{M}\\p{N}]'
const terms = new RegExp(`(${unspaced}+)|(?:(?!${unspaced})${letter})+`, 'gu')

/** What somebody typed, in terms: letters and digits alone, so no sign has a meaning. The last word may be unfinished. */
export const termsOf = (text: string): Term[] => {
  const found = [...text.normalize('NFC').matchAll(terms)]
  return found.map(([term, run], at) => ({
    kind: run !== undefined ? 'run' : at === found.length - 1 ? 'beginning' : 'word',
    text: term,
  }))
}

const patternOf = ({ kind, text }: Term) => {
  if (kind === 'run') return text
  return `(?<!${letter})${text}${kind === 'word' ? `(?!${letter})` : `${letter}*`}`
}

/** A text in composed letters in parts, those that match told apart. */
export const markTerms = (text: string, terms: Term[]): Extract => {
  if (terms.length === 0) return [{ text, match: false }]
  const parts = text.split(new RegExp(`(${terms.map(patternOf).join('|')})`, 'giu'))
  // Split by one group, every second part is a match.
  return parts.map((text, at) => ({ text, match: at % 2 === 1 })).filter(({ text }) => text !== '')
}
