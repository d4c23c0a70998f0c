import { neon, neonConfig, type NeonQueryFunction } from '@neondatabase/serverless'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { fileURLToPath } from 'node:url'

export type Target = {
  databaseUrl: string
  /** Where the database's HTTP endpoint is, when it is not Neon's own. */
  fetchEndpoint?: string | undefined
}
export type Migrated = {
  /** Names of the migrations applied now, oldest first. */
  applied: string[]
  /** False where the database has no pgvector: documents and memories are then off. */
  knowledge: boolean
}

type Sql = NeonQueryFunction<false, false>
const folderOf = (name: string) => fileURLToPath(new URL(`./migrations/${name}`, import.meta.url))

/**
 * Brings a database up to date. Each migration is one transaction with the record that it was applied, under a lock,
 * so running it twice, or twice at once, does no harm.
 */
export const migrate = async ({ databaseUrl, fetchEndpoint }: Target): Promise<Migrated> => {
  if (fetchEndpoint) neonConfig.fetchEndpoint = fetchEndpoint
  const sql = neon(databaseUrl)
  await sql.transaction([
    sql`select pg_advisory_xact_lock(7314)`,
    sql`create table if not exists migrations (folder text, digest text, applied_at timestamptz not null default now(), primary key (folder, digest))`,
  ])
  const applied = await applyFolder(sql, 'core')
  const knowledge = (await sql`select 1 from pg_available_extensions where name = 'vector'`).length > 0
  if (knowledge) applied.push(...(await applyFolder(sql, 'knowledge')))
  return { applied, knowledge }
}

const applyFolder = async (sql: Sql, folder: string): Promise<string[]> => {
  const done = new Set(
    (await sql`select digest from migrations where folder = ${folder}`).map((row) => String(row['digest'])),
  )
  const applied: string[] = []
  for (const [index, migration] of readMigrationFiles({ migrationsFolder: folderOf(folder) }).entries()) {
    if (done.has(migration.hash)) continue
    const record = sql`insert into migrations (folder, digest) values (${folder}, ${migration.hash})`
    const statements = migration.sql.map((statement) => sql.query(statement))
    try {
      await sql.transaction([sql`select pg_advisory_xact_lock(7314)`, record, ...statements])
      applied.push(`${folder}/${index}`)
    } catch (error) {
      if (!isAlreadyApplied(error)) throw error
    }
  }
  return applied
}

/** Another run got the lock first and applied it: its record's key is taken. */
const isAlreadyApplied = (error: unknown) =>
  error instanceof Error && 'constraint' in error && error.constraint === 'migrations_pkey'

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const databaseUrl = process.env['NEON_DATABASE_URL']
  if (!databaseUrl) {
    console.error(
      'NEON_DATABASE_URL is not set: name the database to migrate. (pnpm dev migrates the local one by itself.)',
    )
    process.exit(1)
  }
  const { applied, knowledge } = await migrate({ databaseUrl, fetchEndpoint: process.env['NEON_FETCH_ENDPOINT'] })
  console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`)
  if (!knowledge) console.log('It has no pgvector: documents and memories are off, everything else works.')
}
