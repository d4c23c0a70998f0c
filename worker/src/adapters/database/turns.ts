import { sql } from 'drizzle-orm'
import { beginStatement, type BeginTurn, type Begun, type Verdict } from './begin.ts'
import { StatementError, type Database } from './client.ts'
import { finishStatement, type FinishTurn } from './finish.ts'
import { listStatement, type ListPage } from './lists.ts'

/** Why a turn that could not begin was refused, from the constraint that undid it; nothing when it is no refusal. */
export const verdictOf = ({ state, constraint = '' }: StatementError): Verdict | undefined => {
  if (state === '23514' && constraint.startsWith('cap_')) return constraint.slice(4).replace('_', '-') as Verdict
  if (state === '23505') return 'conflict'
  if (state === '23503') return 'not_found'
  return undefined
}

type FoundTurn = { conversationId: string; userMessageId: string; messageId: string; model: string }

export const turnStore = (database: Database) => ({
  /** One round trip. A cap that does not hold the worst case is named in the verdict and nothing is written. */
  beginTurn: async (turn: BeginTurn): Promise<Begun | { verdict: Verdict }> => {
    const run = () => database.json<Begun>(beginStatement(turn))
    try {
      return await run().catch((error: unknown) => {
        // The same turn began beside this one and was first. Now it can be seen.
        if (error instanceof StatementError && error.state === '23505') return run()
        throw error
      })
    } catch (error) {
      const verdict = error instanceof StatementError ? verdictOf(error) : undefined
      if (!verdict) throw error
      return { verdict }
    }
  },

  /** One round trip: the answer, the money, what others left behind, and the first page of the list as it is now. */
  finishTurn: async (turn: FinishTurn): Promise<ListPage> => {
    const [, page] = await database.batch<[unknown, ListPage]>(
      finishStatement(turn),
      listStatement({ userId: turn.userId, view: 'active', limit: 50, after: null }),
    )
    return page
  },

  /** Where a turn of this person stands. */
  findTurn: (userId: string, turnId: string) =>
    database.json<FoundTurn | undefined>(sql`
      select json_build_object('conversationId', conversation_id, 'userMessageId', parent_id, 'messageId', id, 'model', coalesce(model, '')) as result
      from messages where turn_id = ${turnId}::uuid and owner_id = ${userId}::uuid`),
})
