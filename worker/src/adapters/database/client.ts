import { neon, neonConfig } from '@neondatabase/serverless'
import type { SQL } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/neon-http'
import { Problem, unavailable } from '../../problem.ts'

/** Neon's own client has no deadline. Three seconds also cover a database that has to wake up. */
const timeoutMs = 3_000

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** The SQLSTATE and constraint of a database error, wherever the layers have put them. */
const databaseError = (error: unknown) => {
  for (let at: unknown = error; isRecord(at); at = at['cause'])
    if (typeof at['code'] === 'string' && /^[0-9A-Z]{5}$/.test(at['code']))
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

/** Connection trouble, shutdown, cancelled, out of resources: nothing is wrong with the statement. */
const isPassing = (state: string) => /^(08|53|57|58|XX)/.test(state)
/** Deadlock or serialization failure: nothing was done, so the same statement may be sent again. */
const isUndone = (state: string) => state === '40P01' || state === '40001'

const attempt = async <T>(run: () => Promise<T>, retries = 1): Promise<T> => {
  try {
    return await run()
  } catch (error) {
    const known = databaseError(error)
    const undone = known !== undefined && isUndone(known.state)
    if (undone && retries > 0) return attempt(run, retries - 1)
    if (known && !undone && !isPassing(known.state)) throw new StatementError(known)
    if (error instanceof Problem) throw error
    throw unavailable('The database is not answering. It may be waking up: try again in a moment.', error)
  }
}

type Options = {
  url: string
  fetchEndpoint?: string | undefined
  /** Told of every trip: how long it took, and how much came back. */
  onTrip: (ms: number, bytes: number) => void
  /** Done before every statement: what must be in the database for anybody to ask it. */
  before?: (() => Promise<void>) | undefined
}

export const openDatabase = ({ url, fetchEndpoint, onTrip, before = async () => undefined }: Options) => {
  if (fetchEndpoint) neonConfig.fetchEndpoint = fetchEndpoint
  neonConfig.fetchFunction = async (input: string, init: RequestInit) => {
    const began = Date.now()
    let text = ''
    try {
      const answer = await fetch(input, { ...init, signal: AbortSignal.timeout(timeoutMs) })
      text = await answer.text()
      const { ok, status } = answer
      // Of a response the driver uses no more than this.
      return { ok, status, json: async (): Promise<unknown> => JSON.parse(text), text: async () => text }
    } finally {
      onTrip(Date.now() - began, text.length)
    }
  }
  const db = drizzle(neon(url))

  return {
    db,
    /** Runs one statement whose single column is JSON, and gives that of the first row. One round trip. */
    json: async <Result>(statement: SQL): Promise<Result> => {
      await before()
      const { rows } = await attempt(() => db.execute<{ result: Result }>(statement))
      return rows[0]?.result as Result
    },
    /** Runs statements as one transaction in one round trip; each gives JSON like {@link json}. */
    batch: async <Results extends unknown[]>(...statements: SQL[]): Promise<Results> => {
      await before()
      const [first, ...rest] = statements.map((statement) => db.execute<{ result: unknown }>(statement))
      if (!first) return [] as unknown as Results
      const results = await attempt(() => db.batch([first, ...rest]))
      return results.map(({ rows }) => rows[0]?.result) as Results
    },
  }
}

export type Database = ReturnType<typeof openDatabase>
