import type pg from 'pg'
import { quoted, tablesOf, versionOf, type End, type Head } from './tables.ts'

const rowsAtOnce = 200

/**
 * All that the database holds, as lines. It is read in one transaction, so it is the state of one moment however long
 * that takes, and rows stay the JSON that PostgreSQL wrote: nothing is rounded.
 */
export async function* dump(client: pg.ClientBase, at: Date): AsyncGenerator<string> {
  await client.query('begin isolation level repeatable read read only')
  try {
    const head: Head = { macroAi: 'backup', format: 1, at: at.toISOString(), migrations: await versionOf(client) }
    yield `${JSON.stringify(head)}\n`
    const counts: End['end'] = {}
    for (const table of await tablesOf(client)) {
      yield `${JSON.stringify({ table: table.name, columns: table.columns })}\n`
      counts[table.name] = 0
      const columns = table.columns.map(quoted).join(', ')
      await client.query(
        `declare rows no scroll cursor for
         select to_json(one)::text as row from (select ${columns} from ${quoted(table.name)}) one`,
      )
      for (;;) {
        const { rows } = await client.query<{ row: string }>(`fetch ${rowsAtOnce} from rows`)
        if (rows.length === 0) break
        counts[table.name] = (counts[table.name] ?? 0) + rows.length
        yield rows.map(({ row }) => `${row}\n`).join('')
      }
      await client.query('close rows')
    }
    yield `${JSON.stringify({ end: counts } satisfies End)}\n`
  } finally {
    await client.query('rollback')
  }
}
