import { readMigrationFiles } from 'drizzle-orm/migrator'
import { fileURLToPath } from 'node:url'
import { connect, type Connection, type Target } from './connect.ts'

export type { Target } from './connect.ts'

export type Migrated = {
  /** Names of the migrations applied now, oldest first. */
  applied: string[]
  /** False where the database has no pgvector: documents and memories are then off. */
  knowledge: boolean
}

const folderOf = (name: string) => fileURLToPath(new URL(`./migrations/${name}`, import.meta.url))

/**
 * Brings a database up to date. Each migration is one transaction with the record that it was applied, under a lock,
 * so running it twice, or twice at once, does no harm.
 */
export const migrate = async (target: Target & Meaning): Promise<Migrated> => {
  const database = await connect(target)
  try {
    await database.transaction([
      lock,
      {
        text: `create table if not exists migrations (folder text, digest text, applied_at timestamptz not null default now(), primary key (folder, digest))`,
      },
    ])
    const applied = await applyFolder(database, 'core')
    const vector = await database.query({ text: `select 1 from pg_available_extensions where name = 'vector'` })
    const knowledge = vector.length > 0
    if (knowledge) applied.push(...(await applyFolder(database, 'knowledge')))
    if (knowledge) await database.transaction(vectorIndexFor(target).map((text) => ({ text })))
    await database.transaction([lock, { text: neverCompiled }])
    return { applied, knowledge }
  } finally {
    await database.close()
  }
}

/** Which index of embeddings is wanted, and of how many dimensions, as the settings of the same names say. */
type Meaning = { vectorIndex?: string | undefined; dimensions?: string | number | undefined }

/**
 * No migration: who switches it off again gets its room back. An index is of one number of dimensions, so it is of the
 * embeddings that have as many.
 */
const vectorIndexFor = ({ vectorIndex, dimensions }: Meaning): string[] => {
  const wanted = Number(dimensions || 1536)
  const others = `do $$ declare entry text; begin
    for entry in select indexname from pg_indexes where schemaname = current_schema() and indexname ~ '^chunks_by_meaning'
      ${vectorIndex === 'hnsw' ? `and indexname <> 'chunks_by_meaning_${wanted}'` : ''}
    loop execute format('drop index %I', entry); end loop; end $$`
  if (vectorIndex !== 'hnsw') return [others]
  return [
    others,
    // A graph that does not fit into this is built many times more slowly.
    `set local maintenance_work_mem = '256MB'`,
    // Several workers would need as much of it shared, which a container has little of.
    `set local max_parallel_maintenance_workers = 0`,
    `create index if not exists chunks_by_meaning_${wanted} on chunks
      using hnsw ((embedding::halfvec(${wanted})) halfvec_cosine_ops) where vector_dims(embedding) = ${wanted}`,
  ]
}

/**
 * Statements here run for milliseconds, and a server that compiles those which it takes for dear spends seconds on it.
 * Who does not own the database cannot say so: the server's own settings then stand.
 */
const neverCompiled = `do $$ begin execute format('alter database %I set jit = off', current_database());
  exception when insufficient_privilege then null; end $$`

const lock = { text: 'select pg_advisory_xact_lock(7314)' }

const applyFolder = async (database: Connection, folder: string): Promise<string[]> => {
  const known = await database.query({ text: 'select digest from migrations where folder = $1', values: [folder] })
  const done = new Set(known.map((row) => String(row['digest'])))
  const applied: string[] = []
  for (const [index, migration] of readMigrationFiles({ migrationsFolder: folderOf(folder) }).entries()) {
    if (done.has(migration.hash)) continue
    const record = {
      text: 'insert into migrations (folder, digest) values ($1, $2)',
      values: [folder, migration.hash],
    }
    try {
      await database.transaction([lock, record, ...migration.sql.map((text) => ({ text }))])
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
  const { applied, knowledge } = await migrate({
    databaseUrl,
    fetchEndpoint: process.env['NEON_FETCH_ENDPOINT'],
    driver: process.env['DATABASE_DRIVER'],
    vectorIndex: process.env['VECTOR_INDEX'],
    dimensions: process.env['EMBEDDING_DIMENSIONS'],
  })
  console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`)
  if (!knowledge) console.log('It has no pgvector: documents and memories are off, everything else works.')
}
