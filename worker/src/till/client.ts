import type { FinishTurn } from '../adapters/database/finish.ts'
import type { Env } from '../env.ts'
import { unavailable } from '../problem.ts'
import type { Asking, Begins, Till } from './till.ts'

const stubOf = ({ TILL }: Pick<Env, 'TILL'>) => TILL.get(TILL.idFromName('till'))

/** The instance's one till. Whatever it can't do for now, the database can't either: so says the error. */
export const openTill = (env: Pick<Env, 'TILL'>) => {
  const ask = async <Answer>(question: (till: DurableObjectStub<Till>) => Promise<Answer>): Promise<Answer> => {
    try {
      return await question(stubOf(env))
    } catch (error) {
      throw unavailable('The database is not answering. It may be waking up: try again in a moment.', error)
    }
  }
  return {
    begin: (asking: Asking) => ask(async (till): Promise<Begins> => till.begin(asking)),
    finish: (turn: FinishTurn) => ask((till) => till.finish(turn)),
    bank: () => ask((till) => till.bank()),
    callIn: (leaving?: string) => ask(async (till): Promise<string[]> => till.callIn(leaving)),
    touch: (userId?: string) => ask((till) => till.touch(userId)),
  }
}

export type TillClient = ReturnType<typeof openTill>
