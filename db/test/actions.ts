import type { MessageStatus } from '@macro-ai/shared'
import fc from 'fast-check'
import { amounts } from './begin.ts'

/** What can happen to the money, in any order. Turns are picked by number from those begun so far. */
export type Action =
  | { do: 'begin'; who: number; where: number; amount: number; reply: boolean }
  | { do: 'repeat'; turn: number; altered: boolean }
  | { do: 'settle'; turn: number; cost: number; status: MessageStatus }
  | { do: 'call'; who: number; amount: number }
  | { do: 'settle call'; call: number; cost: number }
  | { do: 'clock'; hours: number }
  | { do: 'user caps'; who: number; day: number; month: number }
  | { do: 'instance cap'; month: number }
  | { do: 'delete' | 'restore'; who: number; where: number }

export const people = 3
const who = fc.nat(people - 1)
const where = fc.nat(1)
const turn = fc.nat(50)
const cap = fc.nat(200)
const is = <Name extends Action['do']>(...names: Name[]) => fc.constantFrom(...names)

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: is('begin'),
      who,
      where,
      amount: fc.constantFrom(...amounts),
      reply: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: is('settle'),
      turn,
      // Nothing, a part, all, and more than was held for it.
      cost: fc.constantFrom(0, 7, 30, 45, 1_000),
      status: fc.constantFrom<MessageStatus>('complete', 'stopped', 'interrupted', 'failed'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: is('repeat'), turn, altered: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: is('call'), who, amount: fc.constantFrom(...amounts) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: is('settle call'), call: turn, cost: fc.constantFrom(0, 7, 1_000) }),
  },
  { weight: 2, arbitrary: fc.record({ do: is('clock'), hours: fc.integer({ min: -30, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ do: is('user caps'), who, day: cap, month: cap }) },
  { weight: 1, arbitrary: fc.record({ do: is('instance cap'), month: cap }) },
  { weight: 1, arbitrary: fc.record({ do: is('delete', 'restore'), who, where }) },
)

/** Waves of actions: those of one wave are in flight at once. */
export const plans = (atOnce: number) =>
  fc.array(fc.array(action, { minLength: 1, maxLength: atOnce }), { minLength: 1, maxLength: 12 })
