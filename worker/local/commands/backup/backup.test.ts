import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openLite } from '../../neon/lite.ts'
import { root } from '../places.ts'
import { dump } from './dump.ts'
import { readBackup, writeBackup } from './file.ts'
import { restore } from './restore.ts'
import { quoted, tablesOf } from './tables.ts'

// A database takes seconds to start, on a busy machine many.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const key = 'a key for the tests'
let folder: string
let file: string
let full: pg.Client
/** Empty: what is refused leaves nothing behind, so that one serves until the restore that succeeds, the last test. */
let next: pg.Client
const closing: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'macro-ai-backup-'))
  closing.push(() => rm(folder, { recursive: true }))
  file = join(folder, 'whole')
  full = await database()
  next = await database()
  for (const statement of contents) await full.query(statement)
  await writeBackup(file, dump(full, new Date()), key)
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

/** An empty database of the present version, with pgvector unless `folders` leave it out. */
const database = async (folders = ['core', 'knowledge']) => {
  const lite = await openLite()
  closing.push(() => lite.close())
  const client = new pg.Client(createPgConfig(lite))
  await client.connect()
  await client.query('create table migrations (folder text, digest text)')
  for (const name of folders)
    for (const { sql, hash } of readMigrationFiles({ migrationsFolder: join(root, 'db/migrations', name) })) {
      for (const statement of sql) await client.query(statement)
      await client.query('insert into migrations values ($1, $2)', [name, hash])
    }
  return client
}

/** Something in every kind of table, with what is hard to carry: large numbers, quotes, emptiness, vectors, a tree. */
const contents = [
  `insert into users (id, email, name, revision) values
     ('0190c000-0000-7000-8000-000000000001', 'ada@example.org', E'Ada "the first" \\\\ \\n – 漢🎉', 9007199254740993),
     ('0190c000-0000-7000-8000-000000000002', null, null, 0)`,
  `insert into conversations (id, owner_id, title, pinned_at) values
     ('0190c000-0000-7000-8000-000000000003', '0190c000-0000-7000-8000-000000000001', 'Tides', '2026-11-22T10:00:00.123Z')`,
  // The child stands before its parent, as a table's order is nobody's promise.
  `insert into messages (id, conversation_id, owner_id, parent_id, role, text, depth, turn_id, sources)
   select ('0190c000-0000-7000-8000-0000001' || lpad(n::text, 5, '0'))::uuid, '0190c000-0000-7000-8000-000000000003',
     '0190c000-0000-7000-8000-000000000001',
     case when n < 700 then ('0190c000-0000-7000-8000-0000001' || lpad((n + 1)::text, 5, '0'))::uuid end,
     case when n % 2 = 0 then 'user' else 'assistant' end::message_role, repeat('word ' || n, 30), 700 - n,
     case when n % 2 = 1 then gen_random_uuid() end, '[{"n": 1, "text": "a \\"source\\""}]'
   from generate_series(1, 700) n`,
  `insert into keys (id, owner_id, name, digest, hint, scopes, cap_micros) values
     (gen_random_uuid(), '0190c000-0000-7000-8000-000000000001', 'k', 'd', 'h', '{chat,"with, comma",""}', 5)`,
  `insert into budgets (scope, owner_id, period, cap_micros, reserved_micros, spent_micros) values
     ('user-day', '0190c000-0000-7000-8000-000000000001', '2026-11-22', 9007199254740993, 3, 4)`,
  `insert into ledger (reservation_id, kind, user_id, purpose, model, day, month, amount_micros, at) values
     (gen_random_uuid(), 'settle', null, 'chat', 'm', '2026-11-22', '2026-11-01', 7, now())`,
  `update instance set monthly_cap_micros = 42, paused = true`,
  `insert into files (id, owner_id, name, type, bytes, sha256) values
     (gen_random_uuid(), '0190c000-0000-7000-8000-000000000001', 'a.pdf', 'application/pdf', 12345, 'hash')`,
  `insert into documents (id, owner_id, title, digest) values
     ('0190c000-0000-7000-8000-000000000004', '0190c000-0000-7000-8000-000000000001', 'A document', 'd')`,
  `insert into chunks (id, owner_id, document_id, position, text, digest, model, embedding) values
     (gen_random_uuid(), '0190c000-0000-7000-8000-000000000001', '0190c000-0000-7000-8000-000000000004', 0, 'Words here',
      'd', 'm', array_fill(0.12345::real, array[1536])::vector::halfvec)`,
]

/** All that a database holds, as text. */
const everything = async (client: pg.Client) => {
  const found: Record<string, string[]> = {}
  for (const { name } of await tablesOf(client)) {
    const { rows } = await client.query<{ row: string }>(`select one::text as row from ${quoted(name)} one`)
    found[name] = rows.map(({ row }) => row).sort()
  }
  return found
}
const foreignKeys = async (client: pg.Client) => {
  const { rows } = await client.query<{ conname: string }>(
    `select conname, pg_get_constraintdef(oid), convalidated from pg_constraint where contype = 'f' order by 1`,
  )
  return rows
}

test('a database that is in use is left alone', async () => {
  const before = await everything(full)
  await expect(restore(full, readBackup(file, key))).rejects.toThrow('is in use')
  expect(await everything(full)).toEqual(before)
})

test('what was said does not stand in the file', async () => {
  const bytes = await readFile(file, 'latin1')
  expect(bytes).not.toMatch(/ada@example|Tides/)
  expect(bytes).not.toContain('\x1f\x8b\x08')
})

test('the wrong key, a cut, a changed or a foreign file restore nothing', async () => {
  const bytes = await readFile(file)
  const changed = Buffer.from(bytes)
  changed[changed.length - 20] = (changed.at(-20) ?? 0) ^ 1
  const broken: [what: string, content: Buffer, key: string, says: RegExp][] = [
    ['another key', bytes, 'another key, as long', /BACKUP_KEY is not the one/],
    ['cut', bytes.subarray(0, -1), key, /cut off or damaged/],
    ['cut in the head', bytes.subarray(0, 10), key, /no backup/],
    ['changed', changed, key, /damaged/],
    ['foreign', Buffer.from('{"macroAi":"backup"}\n'.repeat(10)), key, /no backup/],
  ]
  for (const [what, content, given, says] of broken) {
    const path = join(folder, 'broken')
    await writeFile(path, content)
    await expect(restore(next, readBackup(path, given)), what).rejects.toThrow(says)
  }
  expect((await everything(next))['users']).toEqual([])
  expect((await everything(next))['instance']).toHaveLength(1)
  expect(await foreignKeys(next)).toEqual(await foreignKeys(full))
})

test('lines that end too soon, or belong to a newer version, restore nothing', async () => {
  const lines: string[] = []
  for await (const line of readBackup(file, key)) lines.push(line)
  const from = (list: string[]) =>
    (async function* () {
      yield* list
    })()
  await expect(restore(next, from(lines.slice(0, -1)))).rejects.toThrow('its end is missing')
  await expect(restore(next, from(lines.filter((line) => !line.includes('ada@example'))))).rejects.toThrow('promises 2')
  const newer = JSON.stringify({ macroAi: 'backup', format: 1, at: '', migrations: ['core/of the future'] })
  await expect(restore(next, from([newer, ...lines.slice(1)]))).rejects.toThrow('newer version')
  expect((await everything(next))['users']).toEqual([])
})

test('where pgvector is missing a backup that needs it is refused, and says why', async () => {
  await expect(restore(await database(['core']), readBackup(file, key))).rejects.toThrow('it needs pgvector')
})

test('what is restored into a new database is every row of every table as it was, and the rules hold again', async () => {
  const counts = await restore(next, readBackup(file, key))
  expect(counts).toMatchObject({ messages: 700, users: 2, chunks: 1, instance: 1 })
  expect(await everything(next)).toEqual(await everything(full))
  expect(await foreignKeys(next)).toEqual(await foreignKeys(full))
  await expect(next.query('delete from ledger')).rejects.toThrow('append-only')
  const words = await next.query(`select 1 from chunks where words @@ to_tsquery('simple', 'words')`)
  expect(words.rowCount).toBe(1)
})
