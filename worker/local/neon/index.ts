import { Hono } from 'hono'
import type pg from 'pg'
import { z } from 'zod'
import { isFromPostgres, type Database } from './database.ts'

const Param = z.union([z.null(), z.string(), z.union([z.number(), z.boolean()]).transform(String)])
const Statement = z.object({ query: z.string(), params: z.array(Param).default([]), arrayMode: z.boolean().optional() })
const Payload = z.union([Statement, z.object({ queries: z.array(Statement) })])
type Statement = z.infer<typeof Statement>

const isolationLevels: Record<string, string> = {
  ReadUncommitted: 'READ UNCOMMITTED',
  ReadCommitted: 'READ COMMITTED',
  RepeatableRead: 'REPEATABLE READ',
  Serializable: 'SERIALIZABLE',
}

/** Neon's SQL over HTTP: one statement, or a batch as one transaction; values as Postgres text. */
export const neon = (database: Database) =>
  new Hono()
    .post('/', async (c) => {
      if (!isConnectionString(c.req.header('neon-connection-string')))
        throw new Refusal('invalid header: neon-connection-string')
      if (c.req.header('neon-raw-text-output') !== 'true')
        throw new Refusal('only Neon-Raw-Text-Output: true is served here')
      const payload = Payload.safeParse(await c.req.json().catch(() => undefined))
      if (!payload.success) throw new Refusal('could not parse the HTTP request body: not a query or a batch')

      const arrayMode = c.req.header('neon-array-mode') === 'true'
      const client = c.req.raw.signal
      if (!('queries' in payload.data)) {
        const statement = payload.data
        return c.json(await database.use((session) => run(session, statement, arrayMode, client)))
      }

      const { queries } = payload.data
      const begin = beginning((name) => c.req.header(`neon-batch-${name}`))
      const results = await database.use(async (session) => {
        await session.query(begin)
        const answers = []
        for (const statement of queries) answers.push(await run(session, statement, arrayMode, client))
        await session.query('COMMIT')
        return answers
      })
      return c.json({ results })
    })
    .onError((error, c) => c.json(report(error), isFromPostgres(error) || error instanceof Refusal ? 400 : 500))

class Refusal extends Error {}

const isConnectionString = (header = '') => {
  const { protocol, username, hostname, pathname } = URL.parse(header.replace(/^postgres(ql)?:/, 'http:')) ?? {}
  return (
    header.startsWith('postgres') && protocol === 'http:' && !!username && !!hostname && (pathname?.length ?? 0) > 1
  )
}

const beginning = (header: (name: string) => string | undefined) => {
  const level = header('isolation-level')
  const isolation = level === undefined ? undefined : isolationLevels[level]
  if (level !== undefined && !isolation) throw new Refusal('invalid isolation level')
  return [
    'BEGIN',
    isolation && `ISOLATION LEVEL ${isolation}`,
    header('read-only') === 'true' && 'READ ONLY',
    header('deferrable') === 'true' && 'DEFERRABLE',
  ]
    .filter(Boolean)
    .join(' ')
}

const run = async (session: pg.ClientBase, statement: Statement, arrayMode: boolean, client: AbortSignal) => {
  // Like Neon, which cancels the statement of a client that has left.
  if (client.aborted) throw new Refusal('Query cancelled, connection was terminated')
  const { query: text, params: values } = statement
  const asked = { text, values, rowMode: 'array', queryMode: 'extended' } satisfies pg.QueryArrayConfig & {
    queryMode: string
  }
  const { fields, rows, command, rowCount } = await session.query<(string | null)[]>(asked)
  const rowAsArray = statement.arrayMode ?? arrayMode
  return {
    fields: fields.map((field) => ({ ...field, format: 'text' })),
    command,
    rowCount,
    rows: rowAsArray ? rows : rows.map((row) => Object.fromEntries(fields.map(({ name }, at) => [name, row[at]]))),
    rowAsArray,
  }
}

/** The fields that Neon's client copies onto its error. */
const report = (failure: Error) => {
  const error: Partial<pg.DatabaseError> = isFromPostgres(failure) ? failure : {}
  return {
    message: failure.message,
    code: error.code ?? null,
    detail: error.detail ?? null,
    hint: error.hint ?? null,
    position: error.position ?? null,
    internalPosition: error.internalPosition ?? null,
    internalQuery: error.internalQuery ?? null,
    severity: error.severity ?? null,
    where: error.where ?? null,
    table: error.table ?? null,
    column: error.column ?? null,
    schema: error.schema ?? null,
    dataType: error.dataType ?? null,
    constraint: error.constraint ?? null,
    file: error.file ?? null,
    line: error.line ?? null,
    routine: error.routine ?? null,
  }
}
