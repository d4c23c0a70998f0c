import type { Link, OnTrip } from './client.ts'

const timeoutMs = 3_000

/** Where a PostgreSQL is: Cloudflare's Hyperdrive binding says it of its own end of the line. */
export type Address = { host: string; port: number; user: string; password: string; database: string }

type Options = {
  /** Asked at every trip: what it says may change. */
  address: () => Address
  onTrip: OnTrip
  /** Keeps what is running alive after the answer. */
  later: (work: Promise<unknown>) => void
}

/** What PostgreSQL prints is JSON here: nothing needs the driver's own types. */
const asText = { getTypeParser: () => (value: string) => value }

/**
 * Any PostgreSQL, over a connection of each trip's own: sockets belong to the request that opened them, and Hyperdrive
 * keeps the real ones. All statements of a trip are sent at once, so that a transaction waits for the database once. The
 * driver is loaded by who uses it.
 */
export const hyperdriveLink =
  ({ address, onTrip, later }: Options): Link =>
  async (statements) => {
    const { default: Client } = await import('pg/lib/client')
    const began = Date.now()
    const { host, port, user, password, database } = address()
    const client = new Client({
      ...{ host, port, user, password, database },
      pipeline: true,
      types: asText,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
    })
    // A connection that breaks also fails what waits for it: that is where it is heard of.
    client.on('error', () => undefined)
    let bytes = 0
    const run = async (text: string, values: unknown[] = []) => {
      const { rows } = await client.query<{ result: string | null }>({ text, values })
      return rows.map(({ result }) => {
        bytes += result?.length ?? 0
        return { result: result === null ? null : (JSON.parse(result) as unknown) }
      })
    }
    try {
      await client.connect()
      const asked = statements.map((statement) => ({ text: statement.sql, values: statement.params }))
      if (asked.length === 1 && asked[0]) return [await run(asked[0].text, asked[0].values)]
      const begun = client.query('begin')
      const answers = asked.map(({ text, values }) => run(text, values))
      // After an error PostgreSQL undoes all of it, whatever is asked of it.
      const ended = client.query('commit')
      const failed = (await Promise.allSettled([begun, ...answers, ended])).find(({ status }) => status === 'rejected')
      if (failed?.status === 'rejected') throw failed.reason
      return await Promise.all(answers)
    } finally {
      onTrip(Date.now() - began, bytes)
      later(client.end().catch(() => undefined))
    }
  }
