import { neon, neonConfig } from '@neondatabase/serverless'

export type Target = {
  databaseUrl: string
  /** Where the database's HTTP endpoint is, when it is not Neon's own. */
  fetchEndpoint?: string | undefined
  /** The Worker's DATABASE_DRIVER: a PostgreSQL behind Hyperdrive is connected to directly from here. */
  driver?: string | undefined
  /** Ends what is asked over HTTP. */
  signal?: AbortSignal
}

type Statement = { text: string; values?: unknown[] }
export type Connection = {
  query: (statement: Statement) => Promise<Record<string, unknown>[]>
  transaction: (statements: Statement[]) => Promise<unknown>
  close: () => Promise<void>
}

/** The database as who looks after it reaches it. */
export const connect = async ({ driver, ...target }: Target): Promise<Connection> =>
  driver === 'hyperdrive' ? direct(target) : overHttp(target)

const overHttp = ({ databaseUrl, fetchEndpoint, signal }: Target): Connection => {
  if (fetchEndpoint) neonConfig.fetchEndpoint = fetchEndpoint
  const sql = neon(databaseUrl, signal && { fetchOptions: { signal } })
  return {
    query: async ({ text, values }) => sql.query(text, values),
    transaction: (statements) => sql.transaction(statements.map(({ text, values }) => sql.query(text, values))),
    close: async () => undefined,
  }
}

const direct = async ({ databaseUrl: connectionString }: Target): Promise<Connection> => {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 30_000 })
  await client.connect()
  return {
    query: async (statement) => (await client.query<Record<string, unknown>>(statement)).rows,
    transaction: async (statements) => {
      await client.query('begin')
      try {
        for (const statement of statements) await client.query(statement)
        await client.query('commit')
      } catch (error) {
        await client.query('rollback')
        throw error
      }
    },
    close: () => client.end(),
  }
}
