import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import pg from 'pg'
import { openLite } from './lite.ts'

/** A Postgres that lends its connections one piece of work at a time, clean of what the last one left behind. */
export type Database = {
  use: <T>(work: (session: pg.ClientBase) => Promise<T>) => Promise<T>
  close: () => Promise<void>
}

/** Values stay the text that Postgres printed: nothing here may lose a digit. */
const asText = { getTypeParser: () => (value: string) => value }

/** PGlite has one connection, so each piece of work waits for the one before. */
export const embeddedDatabase = async (folder: string | undefined): Promise<Database> => {
  const lite = await openLite(folder).catch((error) => {
    throw new Error(`The database in ${folder ?? 'memory'} cannot be opened: ${reason(error)}`, { cause: error })
  })
  const client = new pg.Client({ ...(createPgConfig(lite) as unknown as pg.ClientConfig), types: asText })
  await client.connect()

  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>) => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }
  return {
    use: (work) => inTurn(() => work(client).finally(() => forget(client))),
    close: () => inTurn(() => lite.close()),
  }
}

export const realDatabase = (connectionString: string): Database => {
  const pool = new pg.Pool({ connectionString, types: asText, max: 10, statement_timeout: 10_000 })
  // A connection that dies while idle is replaced at the next use.
  pool.on('error', () => undefined)
  return {
    use: async (work) => {
      const client = await pool.connect()
      try {
        const answer = await work(client).finally(() => forget(client))
        client.release()
        return answer
      } catch (error) {
        client.release(!isFromPostgres(error))
        throw error
      }
    },
    close: () => pool.end(),
  }
}

/** Postgres's own report, by its shape: PGlite brings a class of its own for it. */
export const isFromPostgres = (error: unknown): error is pg.DatabaseError =>
  error instanceof Error && 'severity' in error

/** Neon over HTTP keeps no session: no open transaction, setting, lock or temporary table outlives its request. */
const forget = async (client: pg.ClientBase) => {
  await client.query('ROLLBACK')
  await client.query('DISCARD ALL')
}

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error))
