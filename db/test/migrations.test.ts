import { newId } from '@macro-ai/shared'
import { neon, neonConfig } from '@neondatabase/serverless'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPlatform, type Platform } from '../../worker/local/platform.ts'
import { migrate, type Target } from '../migrate.ts'
import { startPostgres, type Postgres } from './postgres.ts'
import { coreFiles, migrateTo } from './versions.ts'

const allOfCore = coreFiles.map((_, index) => `core/${index}`)

let postgres: Postgres
const platforms: Platform[] = []
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(async () => {
  for (const platform of platforms) await platform.stop()
  await postgres?.stop()
})

/** An empty database behind Neon's wire. */
const empty = async (postgresUrl?: string) => {
  const platform = await startPlatform({ port: 0, dataDir: null, postgresUrl, demo: false })
  platforms.push(platform)
  const target: Target = { databaseUrl: platform.database.url, fetchEndpoint: platform.database.endpoint }
  neonConfig.fetchEndpoint = platform.database.endpoint
  return { target, sql: neon(platform.database.url) }
}

test('an empty database is brought up to date, and a second time there is nothing to do', async () => {
  const { target, sql } = await empty()
  const first = await migrate(target)
  expect(first.knowledge).toBe(true)
  expect(first.applied).toEqual(expect.arrayContaining([...allOfCore, 'knowledge/0']))
  expect(await migrate(target)).toEqual({ applied: [], knowledge: true })
  expect(await sql`select count(*)::int as count from migrations`).toEqual([{ count: first.applied.length }])
})

test('without pgvector everything but knowledge is there', async () => {
  const { target, sql } = await empty(await postgres.createDatabase('plain'))
  expect(await migrate(target)).toEqual({ applied: allOfCore, knowledge: false })
  const tables = (
    await sql`select table_name as name from information_schema.tables where table_schema = 'public'`
  ).map(({ name }) => String(name))
  expect(tables).toEqual(expect.arrayContaining(['messages', 'budgets', 'ledger']))
  expect(tables).not.toContain('chunks')
})

test('five migrations of an empty database at once apply everything once', async () => {
  const { target, sql } = await empty(await postgres.createDatabase('rush'))
  const runs = await Promise.all(Array.from({ length: 5 }, () => migrate(target)))
  expect(runs.flatMap(({ applied }) => applied).toSorted()).toEqual(allOfCore.toSorted())
  expect(await sql`select count(*)::int as count from migrations`).toEqual([{ count: allOfCore.length }])
})

test('a database of the first version keeps its data through the later migrations', async () => {
  const { target, sql } = await empty(await postgres.createDatabase('old'))
  await migrateTo(sql, 1)
  await sql`insert into users (id) values (gen_random_uuid())`
  await sql`insert into ledger (reservation_id, kind, purpose, model, day, month, amount_micros, at)
    values (gen_random_uuid(), 'reserve', 'chat', 'm', '2026-01-01', '2026-01-01', 7, now())`

  expect((await migrate(target)).applied).toEqual(allOfCore.slice(1))
  expect(await sql`select count(*)::int as count from users`).toEqual([{ count: 1 }])
  expect(await sql`select amount_micros::int as held from ledger`).toEqual([{ held: 7 }])
  await expect(sql`delete from ledger`).rejects.toThrow('append-only')
})

test('what was said before letters were composed for the index is found after it', async () => {
  const { target, sql } = await empty(await postgres.createDatabase('letters'))
  await migrateTo(sql, allOfCore.indexOf('core/10'))
  const id = newId()
  await sql`insert into users (id) values (${id}::uuid)`
  await sql`insert into conversations (id, owner_id, title) values (${id}::uuid, ${id}::uuid, 'Sweets')`
  await sql`insert into messages (id, conversation_id, owner_id, role, text, depth)
    values (${id}::uuid, ${id}::uuid, ${id}::uuid, 'user', ${'brûlée'.normalize('NFD')}, 0)`
  await migrate(target)
  // As the index has it: a table of one row would be read as a whole.
  await sql`set enable_seqscan = off`
  const found = sql`select id from messages
    where search_words(owner_id, text) @@ (${`'${id}'`}::tsquery && plainto_tsquery('simple', 'brûlée'))`
  expect(await found).toEqual([{ id }])
})
