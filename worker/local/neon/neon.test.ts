import { neon, neonConfig, NeonDbError, types, type NeonQueryFunction } from '@neondatabase/serverless'
import { eq, sql as drizzleSql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/neon-http'
import { bigint, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPlatform, type Platform } from '../platform.ts'

// A real Postgres can be put in place, to hold both to the same suite. The server's own vector type is optional there.
const postgresUrl = process.env['TEST_POSTGRES_URL']

let platform: Platform
let sql: NeonQueryFunction<false, false>

beforeAll(async () => {
  platform = await startPlatform({ port: 0, dataDir: null, postgresUrl })
  neonConfig.fetchEndpoint = platform.database.endpoint
  sql = neon(platform.database.url)
  await sql`DROP TABLE IF EXISTS items`
  await sql`CREATE TABLE items (
    id uuid PRIMARY KEY, name text NOT NULL UNIQUE, count bigint, tags jsonb, made timestamptz, rank int CHECK (rank > 0))`
})
// Drizzle changes for the whole process how dates are read, and other suites share it.
const readers = Object.values(types.builtins).map(
  (type) => [type, types.getTypeParser(type) as (text: string) => unknown] as const,
)
afterAll(async () => {
  for (const [type, reader] of readers) types.setTypeParser(type, reader)
  await platform.stop()
})

const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(platform.database.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'text/plain',
      'neon-connection-string': platform.database.url,
      'neon-raw-text-output': 'true',
      'neon-array-mode': 'true',
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

const failure = async (query: Promise<unknown>) => {
  const error = await query.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(NeonDbError)
  return error as NeonDbError
}

describe('values', () => {
  // As text in, as Postgres prints it out: nothing rounded, nothing re-formatted.
  const exact: [type: string, sent: unknown, printed: string][] = [
    ['uuid', '018F2C3A-0000-7000-8000-000000000001', '018f2c3a-0000-7000-8000-000000000001'],
    ['bigint', '9223372036854775807', '9223372036854775807'],
    ['numeric', '12345678901234567890.123456789000', '12345678901234567890.123456789000'],
    ['double precision', '0.1', '0.1'],
    ['boolean', true, 't'],
    ['jsonb', { b: 1, a: ['x', null, { deep: '"é"' }] }, '{"a": ["x", null, {"deep": "\\"é\\""}], "b": 1}'],
    ['json', '{"b":1,  "b":2}', '{"b":1,  "b":2}'],
    ['timestamptz', '2026-11-22T10:00:00.123456+02:00', '2026-11-22 08:00:00.123456+00'],
    ['date', '0044-03-15 BC', '0044-03-15 BC'],
    ['interval', '1 year 2 days', '1 year 2 days'],
    ['text[]', ['a', 'b c', 'say "hi"', '{}', '\\', null, 'NULL'], '{a,"b c","say \\"hi\\"","{}","\\\\",NULL,"NULL"}'],
    ['int[]', [1, -2, 3], '{1,-2,3}'],
    ['bytea', Buffer.from([0, 255, 39, 92]), '\\x00ff275c'],
    ['text', null, null as unknown as string],
  ]
  test.for(exact)('%s comes back as Postgres prints it', async ([type, sent, printed]) => {
    const answer = await sql.query(`SELECT $1::${type} AS value, ($1::${type})::text AS printed`, [sent], {
      types: { getTypeParser: () => (value: string) => value },
      fullResults: true,
    })
    // Postgres' own cast of a boolean to text is the one that differs from how it prints a column.
    const cast = type === 'boolean' ? 'true' : printed
    expect(answer.rows).toEqual([{ value: printed, printed: cast }])
  })

  test.skipIf(postgresUrl)('halfvec and vector, too', async () => {
    await sql`CREATE EXTENSION IF NOT EXISTS vector`
    const [row] = await sql`SELECT ${'[1,2.5,-3]'}::halfvec(3) AS half, '[1,2]'::vector <-> '[1,4]'::vector AS far`
    expect(row).toEqual({ half: '[1,2.5,-3]', far: 2 })
  })

  test('the client reads them as its own types', async () => {
    const [row] =
      await sql`SELECT 1 AS n, 1::bigint AS big, true AS yes, now() AS at, '{"a":1}'::jsonb AS doc, ARRAY[1,2] AS list`
    expect(row).toEqual({ n: 1, big: '1', yes: true, at: expect.any(Date) as Date, doc: { a: 1 }, list: [1, 2] })
  })

  test('any text survives both ways', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary' })), async (texts) => {
        // Postgres has no NUL in text.
        const sent = texts.map((item) => item.replaceAll('\0', ''))
        const [row] = await sql`SELECT ${sent}::text[] AS list, ${sent.join('|')}::text AS one`
        expect(row).toEqual({ list: sent, one: sent.join('|') })
      }),
      { numRuns: 60 },
    )
  })

  test('a megabyte of text survives both ways', async () => {
    const long = 'é漢🎉"\\\n'.repeat(100_000)
    const [row] = await sql`SELECT ${long}::text AS long`
    expect(row?.['long']).toBe(long)
  })

  test('duplicate column names all arrive in array mode', async () => {
    const query = sql.query('SELECT 1 AS a, 2 AS a', [], { arrayMode: true, fullResults: true })
    expect((await query).rows).toEqual([[1, 2]])
  })
})

describe('statements', () => {
  test('tell the command, the row count and where each column comes from', async () => {
    const insert = sql.query(
      `INSERT INTO items (id, name) SELECT gen_random_uuid(), 'counted ' || n FROM generate_series(1, 3) n RETURNING name`,
      [],
      { fullResults: true },
    )
    const { command, rowCount, fields } = await insert
    expect({ command, rowCount }).toEqual({ command: 'INSERT', rowCount: 3 })
    expect(fields[0]).toMatchObject({ name: 'name', dataTypeID: 25, columnID: 2, dataTypeSize: -1, format: 'text' })
    expect(fields[0]?.tableID).toBeGreaterThan(0)
    expect(await sql.query(`DELETE FROM items WHERE name LIKE 'counted%'`, [], { fullResults: true })).toMatchObject({
      command: 'DELETE',
      rowCount: 3,
      rows: [],
    })
  })

  test('fail with all that Postgres says', async () => {
    const id = crypto.randomUUID()
    await sql`INSERT INTO items (id, name) VALUES (${id}, 'taken')`
    expect(await failure(sql`INSERT INTO items (id, name) VALUES (${crypto.randomUUID()}, 'taken')`)).toMatchObject({
      message: expect.stringContaining('duplicate key') as string,
      code: '23505',
      severity: 'ERROR',
      detail: 'Key (name)=(taken) already exists.',
      constraint: 'items_name_key',
      table: 'items',
      schema: 'public',
    })
    expect(await failure(sql`INSERT INTO items (id) VALUES (${id})`)).toMatchObject({ code: '23502', column: 'name' })
    expect(await failure(sql`SELECT nmae FROM items`)).toMatchObject({
      code: '42703',
      position: '8',
      hint: expect.stringContaining('items.name') as string,
    })
    expect(await failure(sql`SELECT ${'x'}::int`)).toMatchObject({ code: '22P02' })
    expect(await failure(sql`SELECT 1; SELECT 2`)).toMatchObject({ code: '42601' })
    expect(await sql`SELECT 1 AS fine`).toEqual([{ fine: 1 }])
  })

  test('leave no session behind', async () => {
    await sql`SET TIME ZONE 'Asia/Tokyo'`
    await sql`CREATE TEMPORARY TABLE fleeting (n int)`
    await sql`SELECT pg_advisory_lock(7)`
    await sql`BEGIN`
    expect(await sql`SELECT current_setting('TimeZone') AS zone, to_regclass('fleeting') AS gone`).toEqual([
      { zone: expect.not.stringContaining('Tokyo') as string, gone: null },
    ])
    expect(await sql`SELECT count(*)::int AS held FROM pg_locks WHERE locktype = 'advisory'`).toEqual([{ held: 0 }])
  })

  test('sent at once all get their own answer', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => sql`SELECT ${n}::int AS n`))
    expect(answers.map(([row]) => row?.['n'] as number)).toEqual(Array.from({ length: 30 }, (_, n) => n))
  })
})

describe('a batch', () => {
  test('is one transaction: all of it, or nothing', async () => {
    const id = crypto.randomUUID()
    const insert = (name: string) => sql`INSERT INTO items (id, name) VALUES (${id}, ${name}) RETURNING name`
    expect(await failure(sql.transaction([insert('first'), sql`SELECT 1 / 0`]))).toMatchObject({ code: '22012' })
    expect(await sql`SELECT * FROM items WHERE id = ${id}`).toEqual([])
    expect(await sql.transaction([insert('first'), sql`SELECT pg_current_xact_id() IS NOT NULL AS inside`])).toEqual([
      [{ name: 'first' }],
      [{ inside: true }],
    ])
    expect(await sql`SELECT name FROM items WHERE id = ${id}`).toEqual([{ name: 'first' }])
  })

  test('checks a deferred constraint at its end, and says so', async () => {
    await sql`CREATE TABLE IF NOT EXISTS deferred (id int, UNIQUE (id) DEFERRABLE INITIALLY DEFERRED)`
    const insert = () => sql`INSERT INTO deferred VALUES (1)`
    expect(await failure(sql.transaction([insert(), insert()]))).toMatchObject({ code: '23505' })
    expect(await sql`SELECT * FROM deferred`).toEqual([])
    await sql`DROP TABLE deferred`
  })

  test('obeys isolation level, read-only and deferrable', async () => {
    const settings = sql`SELECT current_setting('transaction_isolation') AS level,
      current_setting('transaction_read_only') AS only, current_setting('transaction_deferrable') AS defer`
    const options = { isolationLevel: 'Serializable', readOnly: true, deferrable: true } as const
    expect(await sql.transaction([settings], options)).toEqual([[{ level: 'serializable', only: 'on', defer: 'on' }]])
    expect(await failure(sql.transaction([sql`CREATE TABLE no (n int)`], { readOnly: true }))).toMatchObject({
      code: '25006',
    })
    expect((await post({ queries: [] }, { 'neon-batch-isolation-level': 'Chaos' })).status).toBe(400)
  })
})

test('drizzle inserts, selects, updates, deletes and batches through it', async () => {
  const items = pgTable('items', {
    id: uuid().primaryKey(),
    name: text().notNull(),
    count: bigint({ mode: 'bigint' }),
    tags: jsonb().$type<string[]>(),
    made: timestamp({ withTimezone: true }),
    rank: integer(),
  })
  const db = drizzle(platform.database.url)
  const item = {
    id: crypto.randomUUID(),
    name: 'drizzled',
    count: 2n ** 62n,
    tags: ['é'],
    made: new Date(),
    rank: null,
  }
  expect(await db.insert(items).values(item).returning()).toEqual([item])
  const [updated, found, counted] = await db.batch([
    db.update(items).set({ rank: 5 }).where(eq(items.id, item.id)).returning({ rank: items.rank }),
    db.select().from(items).where(eq(items.id, item.id)),
    db
      .select({ n: drizzleSql<number>`count(*)::int` })
      .from(items)
      .where(eq(items.name, 'drizzled')),
  ])
  expect([updated, found, counted]).toEqual([[{ rank: 5 }], [{ ...item, rank: 5 }], [{ n: 1 }]])
  expect((await db.delete(items).where(eq(items.id, item.id))).rowCount).toBe(1)
  await expect(db.insert(items).values({ ...item, rank: -1 })).rejects.toMatchObject({ cause: { code: '23514' } })
})

describe('the wire', () => {
  test('a connection string must be there and name a user, a host and a database', async () => {
    for (const connection of ['', 'nonsense', 'https://a:b@c/d', 'postgresql://c/d', 'postgresql://a:b@c/']) {
      const answer = await post({ query: 'SELECT 1' }, { 'neon-connection-string': connection })
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({
        message: expect.stringContaining('neon-connection-string') as string,
      })
    }
  })

  test.for(['', '{', 'null', '[]', '{}', '{"query":1}', '{"query":"SELECT 1","params":{}}', '{"queries":[{}]}'])(
    'a body that is no query gets a 400 that says so: %s',
    async (body) => {
      const answer = await post(body)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ message: expect.stringContaining('request body') as string })
    },
  )

  test('rows come as objects when nobody asks for arrays', async () => {
    const answer = await post({ query: `SELECT 1 AS a, 't' AS b` }, { 'neon-array-mode': 'false' })
    expect(await answer.json()).toMatchObject({ rowAsArray: false, rows: [{ a: '1', b: 't' }] })
  })
})
