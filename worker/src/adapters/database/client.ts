import type { Query, SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { Problem, Unheard } from '../../problem.ts'

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** No name of a system's error, such as EPIPE: every SQLSTATE in use has a digit. */
const isState = (code: string) => /^(?=.*\d)[0-9A-Z]{5}$/.test(code)

/** The SQLSTATE and constraint of a database error, wherever the layers have put them. */
const databaseError = (error: unknown) => {
  for (let at: unknown = error; isRecord(at); at = at['cause'])
    if (typeof at['code'] === 'string' && isState(at['code']))
      return {
        state: at['code'],
        constraint: typeof at['constraint'] === 'string' ? at['constraint'] : undefined,
        message: String(at['message']),
      }
  return undefined
}

/** A statement that PostgreSQL refused. The driver's own error carries every parameter, so that one is never logged. */
export class StatementError extends Error {
  readonly state: string
  readonly constraint: string | undefined

  constructor({ state, constraint, message }: NonNullable<ReturnType<typeof databaseError>>) {
    super(`${message} (SQLSTATE ${state})`)
    this.state = state
    this.constraint = constraint
  }
}

/** Tables for vectors are there only where the database has them. */
export const isNoSuchTable = (error: unknown): boolean => error instanceof StatementError && error.state === '42P01'

/** Connection trouble, let in or not, shutdown, cancelled, out of resources: nothing is wrong with the statement. */
const isPassing = (state: string) => /^(08|28|3D|53|57|58|XX)/.test(state)
/** Deadlock or serialization failure: nothing was done, so the same statement may be sent again. */
const isUndone = (state: string) => state === '40P01' || state === '40001'

const attempt = async <T>(run: () => Promise<T>, hear: Hear, retries = 1): Promise<T> => {
  try {
    const result = await run()
    hear.worked?.()
    return result
  } catch (error) {
    const known = databaseError(error)
    const undone = known !== undefined && isUndone(known.state)
    if (undone && retries > 0) return attempt(run, hear, retries - 1)
    if (known && !undone && !isPassing(known.state)) throw new StatementError(known)
    if (error instanceof Problem) throw error
    hear.failed?.(known?.message ?? error)
    throw new Unheard(error)
  }
}

/** Sends statements in one trip, several as one transaction, and gives the rows of each. */
export type Link = (statements: Query[]) => Promise<Record<string, unknown>[][]>
/** Told of every trip: how long it took, and how much came back. */
export type OnTrip = (ms: number, bytes: number) => void

/** Told whether the database answers. */
type Hear = { worked?: () => void; failed?: (why: unknown) => void }

type Options = Hear & {
  link: Link
  /** Done before every statement: what must be in the database for anybody to ask it. */
  before?: (() => Promise<void>) | undefined
}

const dialect = new PgDialect()

export const openDatabase = ({ link, before = async () => undefined, ...hear }: Options) => {
  const results = async (...statements: SQL[]): Promise<unknown[]> => {
    await before()
    const queries = statements.map((statement) => dialect.sqlToQuery(statement))
    return (await attempt(() => link(queries), hear)).map(([row]) => row?.['result'])
  }
  return {
    /** Runs one statement whose single column is JSON, and gives that of the first row. One round trip. */
    json: async <Result>(statement: SQL): Promise<Result> => (await results(statement))[0] as Result,
    /** Runs statements as one transaction in one round trip; each gives JSON like {@link json}. */
    batch: async <Results extends unknown[]>(...statements: SQL[]): Promise<Results> =>
      (statements.length === 0 ? [] : await results(...statements)) as Results,
  }
}

export type Database = ReturnType<typeof openDatabase>
