import { newId, type Model } from '@macro-ai/shared'
import { Problem } from '../../worker/src/problem.ts'
import { openLadder } from '../../worker/src/spending/ladder.ts'
import { reserveTurn, type Caps } from '../../worker/src/spending/purse.ts'
import type { Store } from '../../worker/src/adapters/database/index.ts'

/** Models whose worst case is a round number whatever was said: their input is free. One costs nothing at all. */
export const amounts = [0, 10, 30, 45]

const modelOf = (micros: number): Model => ({
  id: `costs-${micros}`,
  label: 'Test',
  kind: 'chat',
  inputMicrosPerMTok: 0,
  outputMicrosPerMTok: micros * 1_000_000,
  contextTokens: 1_000,
  maxOutputTokens: 1,
  hiddenReasoning: false,
  outputLimit: 'max_tokens',
  source: 'test',
  asOf: '2026-01-01',
})
export const models = new Map(amounts.map(modelOf).map((model) => [model.id, model]))

export type Ask = {
  userId: string
  turnId: string
  conversationId: string
  amount: number
  at: Date
  caps: Caps
  digest?: string
  parentId?: string | null
  text?: string
}

/** Of an instance with room: no step is taken. */
export const noLadder = () => ({ freeModel: undefined, ladder: openLadder({ hasFree: false, warn: () => undefined }) })

/** Begins a turn as the Worker does. */
export const begin = (
  store: Store,
  { amount, at, caps, digest = 'first', parentId = null, text = 'Hello', ...ids }: Ask,
) =>
  reserveTurn(
    { store, models, defaultModel: 'costs-10', caps, ...noLadder() },
    {
      ...ids,
      digest,
      parentId,
      text,
      issuedAt: at,
      now: at,
      regenerate: null,
      assistantId: null,
      title: text,
      userMessageId: newId(),
      messageId: newId(Date.now() + 1),
      model: `costs-${amount}`,
      systemTokens: 0,
      newTextTokens: 0,
      titleTokens: 0,
    },
  )

/** The same, as who sends a turn does: again, if the database did not answer in time, as a crowd on busy cores has it do. */
export const insist = (store: Store, ask: Ask): ReturnType<typeof begin> =>
  begin(store, ask).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'unavailable') return insist(store, ask)
    throw error
  })
