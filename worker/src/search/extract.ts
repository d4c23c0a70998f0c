import type { Extract } from '@macro-ai/shared'
import { letter, type Term } from './terms.ts'

/** A piece of a text around a match, and whether text comes before and after it. */
export type Piece = { text: string; before: boolean; after: boolean }

const patternOf = ({ kind, text }: Term) => {
  if (kind === 'run') return text
  return `(?<!${letter})${text}${kind === 'word' ? `(?!${letter})` : `${letter}*`}`
}

/** A piece in parts, those that match told apart. Words that were cut at its ends are left out. */
export const extractOf = ({ text, before, after }: Piece, terms: Term[]): Extract => {
  const from = before ? `… ${text.replace(/^\S{1,30}\s+/, '')}` : text
  const whole = after ? `${from.replace(/\s+\S{1,30}$/, '')} …` : from
  const line = whole.replace(/[\s\p{Cc}]+/gu, ' ').trim()
  const parts = line.split(new RegExp(`(${terms.map(patternOf).join('|')})`, 'giv'))
  // Split by one group, every second part is a match.
  return parts.map((text, at) => ({ text, match: at % 2 === 1 })).filter(({ text }) => text !== '')
}
