import type pg from 'pg'
import { Trouble } from '../trouble.ts'
import { quoted, tablesOf, versionOf, type End, type Head, type Table } from './tables.ts'

const rowsAtOnce = 200

/**
 * Fills an empty, migrated database from a dump's lines: all of it or, whatever goes wrong, nothing. Gives the number of
 * rows by table.
 */
export const restore = async (client: pg.ClientBase, lines: AsyncIterable<string>): Promise<Record<string, number>> => {
  await client.query('begin')
  try {
    await assertUnused(client)
    const keys = await liftForeignKeys(client)
    const tables = (await tablesOf(client)).map(({ name }) => quoted(name))
    // What triggers would count and make of the rows is among the rows.
    for (const table of tables) await client.query(`alter table ${table} disable trigger user`)
    // Rows that migrations made: the backup has them as they became.
    for (const table of tables) await client.query(`delete from ${table}`)
    const counts = await fill(client, lines)
    // Laid again they are checked: a row whose parent is missing refuses the whole.
    for (const key of keys) await client.query(key)
    for (const table of tables) await client.query(`alter table ${table} enable trigger user`)
    await client.query('commit')
    return counts
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

/** Nothing is kept for nobody: without people and spending there is nothing to lose. */
const assertUnused = async (client: pg.ClientBase) => {
  const { rowCount } = await client.query('select from users union all select from ledger limit 1')
  if (rowCount)
    throw new Trouble('The database is in use: restore into a new, empty one, then point the app at that one.')
}

/** Drops the foreign keys until all rows are there, and gives the statements that lay them again. */
const liftForeignKeys = async (client: pg.ClientBase): Promise<string[]> => {
  const { rows } = await client.query<{ table: string; name: string; definition: string }>(`
    select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition
    from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`)
  for (const { table, name } of rows) await client.query(`alter table ${table} drop constraint ${quoted(name)}`)
  return rows.map(({ table, name, definition }) => `alter table ${table} add constraint ${quoted(name)} ${definition}`)
}

const fill = async (client: pg.ClientBase, lines: AsyncIterable<string>) => {
  const known = new Map((await tablesOf(client)).map((table) => [table.name, table]))
  const counts: Record<string, number> = {}
  let head: Head | undefined
  let table: Table | undefined
  let rows: string[] = []
  const flush = async () => {
    if (!table || rows.length === 0) return
    counts[table.name] = (counts[table.name] ?? 0) + rows.length
    await insert(client, table, rows)
    rows = []
  }
  for await (const line of lines) {
    if (!head) {
      head = await headOf(client, line)
      continue
    }
    const mark = /^\{"(table|end)":/.exec(line)?.[1]
    if (mark) await flush()
    if (mark === 'end') return compare(counts, (JSON.parse(line) as End).end)
    if (mark === 'table') {
      const { table: name, columns } = JSON.parse(line) as { table: string; columns: string[] }
      if (!known.has(name))
        throw new Trouble(`The backup has ${name}, which this database cannot have: it needs pgvector.`)
      table = { name, columns }
      counts[name] = 0
    } else {
      rows.push(line)
      if (rows.length >= rowsAtOnce) await flush()
    }
  }
  throw new Trouble('The backup is cut off: its end is missing.')
}

const headOf = async (client: pg.ClientBase, line: string): Promise<Head> => {
  const head = JSON.parse(line) as Head
  if (head.macroAi !== 'backup' || head.format !== 1) throw new Trouble('This is no backup of Macro AI.')
  const applied = new Set(await versionOf(client))
  const knows = (migration: string) => applied.has(migration) || migration.startsWith('knowledge/')
  if (!head.migrations.every(knows))
    throw new Trouble('The backup was made by a newer version: bring this one up to date first.')
  return head
}

const insert = async (client: pg.ClientBase, { name, columns }: Table, rows: string[]) => {
  const list = columns.map(quoted).join(', ')
  await client.query(
    `insert into ${quoted(name)} (${list})
     select ${list} from json_populate_recordset(null::${quoted(name)}, $1::json)`,
    [`[${rows.join(',')}]`],
  )
}

const compare = (got: Record<string, number>, promised: Record<string, number>) => {
  for (const [name, count] of Object.entries(promised))
    if (got[name] !== count) throw new Trouble(`The backup promises ${count} rows of ${name} and has ${got[name]}.`)
  return got
}
