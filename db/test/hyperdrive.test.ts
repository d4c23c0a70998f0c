import { newId } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../../worker/src/adapters/database/client.ts'
import { hyperdriveLink } from '../../worker/src/adapters/database/hyperdrive.ts'
import { openStore } from '../../worker/src/adapters/database/index.ts'
import { migrate } from '../migrate.ts'
import { insist } from './begin.ts'
import { startPostgres, type Postgres } from './postgres.ts'
import { coreFiles } from './versions.ts'

// What Hyperdrive gives a Worker is an address that speaks PostgreSQL's protocol: here the database's own. Through
// Miniflare's binding it is tried by the browser's tests (site/test/browser/real).
let postgres: Postgres
let databaseUrl: string
const trips: number[] = []
const linkTo = (url: string) => {
  const { hostname, searchParams, port, username, password, pathname } = new URL(url.replace('@/', '@none/'))
  const address = {
    host: searchParams.get('host') ?? hostname,
    port: Number(port || 5432),
    user: username,
    password,
    database: pathname.slice(1),
  }
  return hyperdriveLink({
    address: () => address,
    onTrip: (_, bytes) => trips.push(bytes),
    later: (work) => void work,
  })
}

beforeAll(async () => {
  postgres = await startPostgres()
  databaseUrl = await postgres.createDatabase('hyperdrive')
})
afterAll(() => postgres?.stop())

test('the schema is brought up to date over a direct connection, once, and without pgvector there is no knowledge', async () => {
  const target = { databaseUrl, driver: 'hyperdrive' }
  const runs = await Promise.all([migrate(target), migrate(target), migrate(target)])
  expect(runs.flatMap(({ applied }) => applied).toSorted()).toEqual(
    coreFiles.map((_, index) => `core/${index}`).toSorted(),
  )
  expect(runs.map(({ knowledge }) => knowledge)).toEqual([false, false, false])
})

test('a batch is one trip and one transaction: a statement that fails undoes those before it, and says why', async () => {
  const { batch, json } = openDatabase({ link: linkTo(databaseUrl) })
  const id = newId()
  const introduce = sql`insert into users (id) values (${id}::uuid) returning to_json(id) as result`
  trips.length = 0
  await expect(batch(introduce, introduce)).rejects.toMatchObject({ state: '23505', constraint: 'users_pkey' })
  expect(trips).toHaveLength(1)
  const count = () => json<number>(sql`select to_json(count(*)) as result from users where id = ${id}::uuid`)
  expect(await count()).toBe(0)
  expect(await batch(introduce, sql`select to_json(${'{"ü": 1}'}::jsonb) as result`)).toEqual([id, { ü: 1 }])
  expect(await count()).toBe(1)
})

test('of fifty turns at once on a budget for three, three are accepted', async () => {
  const store = openStore({ link: linkTo(databaseUrl) })
  const [userId, at] = [newId(), new Date('2026-11-30T12:00:00Z')]
  await openDatabase({ link: linkTo(databaseUrl) }).json(sql`insert into users (id) values (${userId}::uuid)`)
  const caps = { turn: 1_000, userDay: 39, userMonth: 1_000_000, instanceMonth: 1_000_000 }
  const turn = () => ({ userId, turnId: newId(), conversationId: newId(), amount: 10, at, caps })
  const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => insist(store, turn())))
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(refused).toHaveLength(47)
  for (const { reason } of refused)
    expect(reason).toMatchObject({ code: 'budget_exhausted', extra: { cap: 'user-day' } })
})

test('a database that is away, or does not know us, is unavailable', async () => {
  for (const url of ['postgresql://nobody:nothing@127.0.0.1:1/none', databaseUrl.replace('/hyperdrive', '/nowhere')]) {
    const { json } = openDatabase({ link: linkTo(url) })
    await expect(json(sql`select to_json(1) as result`)).rejects.toMatchObject({ code: 'unavailable' })
  }
})
