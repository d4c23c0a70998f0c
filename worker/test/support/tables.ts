import { sql } from './platform.ts'

/** Rows of every table, as text, in which one of these texts stands; of tables where there are any. */
export const rowsWith = async (...texts: string[]): Promise<Record<string, string>> => {
  const tables = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`
  const patterns = texts.map((text) => `%${text}%`)
  const found = await Promise.all(
    tables.map(async ({ name }) => {
      const [row] = await sql<{ rows: string }>`
        select query_to_xml(format('select t::text from %I t where t::text ilike any(%L::text[]) order by 1', ${name}::text, ${patterns}::text[]), false, true, '')::text as rows`
      return [name, row?.rows ?? ''] as const
    }),
  )
  return Object.fromEntries(found.filter(([, rows]) => rows.includes('<row')))
}

/** The tables in which one of these texts stands. */
export const tablesWith = async (...texts: string[]): Promise<string[]> => Object.keys(await rowsWith(...texts))
