import type { NeonQueryFunction } from '@neondatabase/serverless'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { fileURLToPath } from 'node:url'

export const coreFiles = readMigrationFiles({
  migrationsFolder: fileURLToPath(new URL('../migrations/core', import.meta.url)),
})

/** Gives an empty database the schema as an earlier version left it: the first `count` migrations of core. */
export const migrateTo = async (sql: NeonQueryFunction<false, false>, count: number): Promise<void> => {
  await sql`create table migrations (folder text, digest text, applied_at timestamptz not null default now(), primary key (folder, digest))`
  for (const file of coreFiles.slice(0, count))
    await sql.transaction([
      ...file.sql.map((statement) => sql.query(statement)),
      sql`insert into migrations (folder, digest) values ('core', ${file.hash})`,
    ])
}
