import type pg from 'pg'

export type Table = { name: string; columns: string[] }

/** Every table of ours with the columns that hold data: those that PostgreSQL computes are left out. */
export const tablesOf = async (client: pg.ClientBase): Promise<Table[]> => {
  const { rows } = await client.query<Table>(`
    select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'migrations'
    group by c.relname
    order by c.relname`)
  return rows
}

/** Which migrations the database has, as `folder/digest`. */
export const versionOf = async (client: pg.ClientBase): Promise<string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `select folder || '/' || digest as name from migrations order by 1`,
  )
  return rows.map(({ name }) => name)
}

/** What stands in the file, a line each: the head, then each table and its rows, and how many rows there were. */
export type Head = { macroAi: 'backup'; format: 1; at: string; migrations: string[] }
export type End = { end: Record<string, number> }

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
