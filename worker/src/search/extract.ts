import type { Extract } from '@macro-ai/shared'
import { markTerms, type Term } from '@macro-ai/shared/terms'

/** A piece of a text around a match, and whether text comes before and after it. */
export type Piece = { text: string; before: boolean; after: boolean }

/** A piece in parts, those that match told apart. Words that were cut at its ends are left out. */
export const extractOf = ({ text, before, after }: Piece, terms: Term[]): Extract => {
  const from = before ? `… ${text.replace(/^\S{1,30}\s+/, '')}` : text
  const whole = after ? `${from.replace(/\s+\S{1,30}$/, '')} …` : from
  return markTerms(whole.replace(/[\s\p{Cc}]+/gu, ' ').trim(), terms)
}
