import type { Source } from '@macro-ai/shared'
import type { Passage } from '../adapters/database/finding.ts'
import { log } from '../log.ts'
import { mostTokens } from '../spending/price.ts'
import type { Embedded } from '../vectors.ts'
import { embedQuestion, type EmbeddingNeeds } from './embedding.ts'
import { most, type Retrieved } from './passages.ts'

/** Longer than any question; of a long message its beginning and end say what is asked. */
const mostQuestionCharacters = 2_000

const pointing =
  /\b(it|its|they|them|their|this|that|these|those|he|she|him|her|there|then|which one|the same|the (first|second|third|last|other) one|er|sie|es|das|dies\w*|davon|dazu|dabei|il|elle|ils|ça|cela|eso|esto|ello)\b/iu
const continuing =
  /^\W*(and|but|so|or|why|how so|what about|how about|und|aber|warum|wieso|et|mais|pourquoi|y|pero)\b/iu

/** Whether a question cannot be understood without the one before: it points back, goes on, or is a few words. */
export const needsContext = (text: string): boolean =>
  continuing.test(text) ||
  (text.length < 160 && pointing.test(text)) ||
  (text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0) < 3

/** What is looked for: the question, with the one before it where it cannot stand alone. */
export const soughtFor = (text: string, before: string | undefined): string => {
  const whole = before !== undefined && needsContext(text) ? `${before}\n${text}` : text
  return whole.length <= mostQuestionCharacters
    ? whole
    : `${whole.slice(0, mostQuestionCharacters / 2)}\n${whole.slice(-mostQuestionCharacters / 2)}`.toWellFormed()
}

/**
 * What a person's documents say about a question, numbered from 1. Never throws: without a model or money for the
 * question's embedding words alone are looked for, and without the database nothing is found.
 */
export const retrieve = async (
  needs: EmbeddingNeeds,
  { userId, targets, question }: { userId: string; targets: string[]; question: string },
): Promise<Retrieved & { asked: Embedded | undefined }> => {
  const { embedding } = needs
  const asked =
    embedding &&
    (await embedQuestion(needs, { userId, embedding }, question).catch((error: unknown) => {
      log.warn('embedding', { error: String(error) })
      return undefined
    }))
  try {
    const { passages, stale } = await needs.store.findPassages({
      ownerId: userId,
      question,
      vector: asked?.vector ?? null,
      model: embedding?.space ?? '',
      targets,
      limit: most.passages,
    })
    return { sources: numbered(passages), wentWrong: false, incomplete: stale && embedding !== undefined, asked }
  } catch (error) {
    log.warn('retrieval', { error: String(error) })
    return { sources: [], wentWrong: true, incomplete: false, asked }
  }
}

/** As many passages as there is room for, each whole. */
const numbered = (passages: Passage[]): Source[] => {
  const sources: Source[] = []
  let bytes = 0
  for (const { documentId, title, page, text } of passages) {
    bytes += mostTokens(text)
    if (bytes > most.bytes) break
    sources.push({ n: sources.length + 1, documentId, title, ...(page === null ? {} : { page }), text })
  }
  return sources
}
