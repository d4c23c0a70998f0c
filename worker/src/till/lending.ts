import type { BeginTurn } from '../adapters/database/begin.ts'
import type { Standing } from '../adapters/database/banking.ts'
import { mostTokens } from '../spending/price.ts'

/** What the conversation's object adds to a turn, so that it can begin without the database. */
export type Ground = {
  /** Of the prompt besides the person's own instructions, bound as `begin.ts` bounds it. */
  tokens: number
  models: { conversation: string | null; assistant: string | null }
  depth: number
}

export type Terms = {
  model: string
  reservedMicros: number
  titleMicros: number
  inputTokens: number
}

/** A title needs room for this many more such turns, as in `begin.ts`: of a lease, which is a small part of a cap. */
const roomForTitle = 2

/** What a turn costs at worst by a person's standing; nothing where the lease can't hold it, or no model is priced. */
export const termsOf = (turn: BeginTurn, ground: Ground, standing: Standing, leftMicros: number): Terms | undefined => {
  const wanted = [
    turn.model,
    ground.models.conversation,
    ground.models.assistant,
    standing.defaultModel,
    turn.defaultModel,
  ]
  const model = wanted.map((id) => turn.models.find((priced) => priced.id === id)).find((priced) => priced)
  if (!model) return undefined
  const inputTokens = ground.tokens + mostTokens(standing.instructions) + mostTokens(standing.remembered)
  const micros = Math.ceil((inputTokens * model.inputMicrosPerMTok) / 1_000_000) + model.outputMicros
  if (micros > turn.caps.turn || micros > leftMicros) return undefined
  const withTitle = micros + model.titleMicros
  const isNew = ground.depth === 0
  const titleMicros =
    isNew && withTitle <= turn.caps.turn && roomForTitle * withTitle <= leftMicros ? model.titleMicros : 0
  return { model: model.id, reservedMicros: micros + titleMicros, titleMicros, inputTokens }
}

/** Turns at their worst that a lease should hold: one that runs, and several that have ended far below it. */
const turnsALease = 3

/** How much to borrow: by the dearest turn that could come, the whole window full. */
export const wantedMicros = ({ models, window, caps }: Pick<BeginTurn, 'models' | 'window' | 'caps'>) => {
  const worst = (bytes: number) =>
    Math.max(
      0,
      ...models.map((model) => Math.ceil((bytes * model.inputMicrosPerMTok) / 1_000_000) + model.outputMicros),
    )
  return {
    amountMicros: Math.min(caps.turn, worst(window.maxBytes)) * turnsALease,
    leastMicros: Math.min(caps.turn, worst(window.maxBytes / 8)),
  }
}
