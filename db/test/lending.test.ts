import { expect, test } from 'vitest'
import type { BeginTurn } from '../../worker/src/adapters/database/begin.ts'
import { termsOf, wantedMicros, type Ground } from '../../worker/src/till/lending.ts'

const priced = (id: string, inputMicrosPerMTok: number, outputMicros: number, titleMicros = 0) => ({
  ...{ id, inputMicrosPerMTok, outputMicros, titleMicros, pictureTokens: 0 },
})
/** At a micro-dollar a token of the prompt: 60 of them and the answer are 100, the title 20 more. */
const own = priced('own', 1_000_000, 40, 20)
const models = [priced('first', 0, 1), own, priced('last', 0, 2)]
const turn = (change: Partial<BeginTurn> = {}) =>
  ({
    ...{ model: null, defaultModel: 'last', models, window: { maxBytes: 800, maxMessages: 40 } },
    caps: { turn: 1_000, userDay: 0, userMonth: 0, instanceMonth: 0 },
    ...change,
  }) as BeginTurn
const standing = {
  ...{ lease: null, defaultModel: 'own', instructions: 'é'.repeat(5), remembered: 'x'.repeat(10) },
  ...{ disabled: false, paused: false, signedOutAt: null },
  monthSoFar: { usedMicros: 0, capMicros: 1, degrade: true },
}
const ground: Ground = { tokens: 40, models: { conversation: null, assistant: null }, depth: 2 }
const terms = (change: { turn?: Partial<BeginTurn>; ground?: Partial<Ground>; left?: number } = {}) =>
  termsOf(turn(change.turn), { ...ground, ...change.ground }, standing, change.left ?? 1_000)

test('a turn at the till costs its prompt with what its person always says, and its longest answer', () => {
  expect(terms()).toEqual({ model: 'own', inputTokens: 60, reservedMicros: 100, titleMicros: 0 })
  // A part of a micro-dollar is one.
  const fraction = [priced('own', 10_000, 40)]
  expect(terms({ turn: { models: fraction } })?.reservedMicros).toBe(41)
})

test('its model is the one that was asked for, else the conversation’s, the assistant’s, the person’s, everybody’s', () => {
  const named = { conversation: 'first', assistant: 'last' }
  expect(terms({ turn: { model: 'own' }, ground: { models: named } })?.model).toBe('own')
  expect(terms({ ground: { models: named } })?.model).toBe('first')
  expect(terms({ ground: { models: { ...named, conversation: null } } })?.model).toBe('last')
  expect(terms()?.model).toBe('own')
  const nobodys = { ...standing, defaultModel: null }
  expect(termsOf(turn(), ground, nobodys, 1_000)?.model).toBe('last')
  // One that has no price is passed over; without any there are no terms.
  expect(terms({ turn: { model: 'gone' } })?.model).toBe('own')
  expect(terms({ turn: { models: [] } })).toBeUndefined()
})

test('it must fit the cap of a turn and what is left of the lease, to the last micro-dollar', () => {
  const caps = (cap: number) => ({ caps: { ...turn().caps, turn: cap } })
  expect([terms({ left: 99 }), terms({ turn: caps(99) })]).toEqual([undefined, undefined])
  expect([terms({ left: 100 })?.reservedMicros, terms({ turn: caps(100) })?.reservedMicros]).toEqual([100, 100])
})

test('a new conversation has a title where there is room for that and another such turn', () => {
  const first = { ground: { depth: 0 } }
  const caps = (cap: number) => ({ turn: { caps: { ...turn().caps, turn: cap } } })
  expect(terms({ ...first, left: 240 })).toMatchObject({ reservedMicros: 120, titleMicros: 20 })
  expect(terms({ ...first, left: 239 })).toMatchObject({ reservedMicros: 100, titleMicros: 0 })
  expect(terms({ ...first, ...caps(120) })?.titleMicros).toBe(20)
  expect(terms({ ...first, ...caps(119) })?.titleMicros).toBe(0)
})

test('a lease is for three of the dearest turns there could be, and at least for one with a small prompt', () => {
  expect(wantedMicros(turn())).toEqual({ amountMicros: 3 * 840, leastMicros: 140 })
  expect(wantedMicros(turn({ models: [priced('own', 10_000, 40)] }))).toEqual({ amountMicros: 3 * 48, leastMicros: 41 })
  const caps = { ...turn().caps, turn: 100 }
  expect(wantedMicros(turn({ caps }))).toEqual({ amountMicros: 300, leastMicros: 100 })
  expect(wantedMicros(turn({ models: [] }))).toEqual({ amountMicros: 0, leastMicros: 0 })
})
