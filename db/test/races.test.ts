import { maxCollections, maxMemories, mostAssistants, newId } from '@macro-ai/shared'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { plans } from './actions.ts'
import { begin, insist, type Ask } from './begin.ts'
import { openBooks, type Books } from './books.ts'
import { startPostgres, type Postgres } from './postgres.ts'
import { play } from './world.ts'

// PGlite has one connection, so only here can two statements wait for each other.
const numRuns = Number(process.env['FC_RUNS'] ?? 12)
const december = new Date('2026-12-01T00:00:10Z')
const november = new Date('2026-11-30T23:59:50Z')
const wide = { turn: 1_000, userDay: 1_000_000, userMonth: 1_000_000, instanceMonth: 1_000_000 }

let postgres: Postgres
let books: Books
beforeAll(async () => {
  postgres = await startPostgres({ binaries: process.env['POSTGRES_BIN'] })
  books = await openBooks(await postgres.createDatabase('races'))
})
afterAll(async () => {
  await books?.stop()
  await postgres?.stop()
})
beforeEach(() => books.clear())

const asked = (userId: string, more: Partial<Ask> = {}): Ask => ({
  userId,
  turnId: newId(),
  conversationId: newId(),
  amount: 10,
  at: november,
  caps: wide,
  ...more,
})
const settle = (userId: string, turnId: string, costMicros: number, now = november) =>
  books.store.finishTurn({
    userId,
    turnId,
    text: 'Hi',
    status: 'complete',
    usage: { inputTokens: 1, cachedTokens: 0, outputTokens: 1, costMicros },
    error: null,
    now,
  })
const times = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index))
const deadlocks = async () => {
  const [row] = await books.sql`select deadlocks::int from pg_stat_database where datname = current_database()`
  return Number(row?.['deadlocks'])
}

test('whatever happens at the same moment, no cap is exceeded and the books agree', async () => {
  await fc.assert(
    fc.asyncProperty(plans(12), (plan) => play(books, plan)),
    // A race that was lost once need not be lost again: shrinking it leads nowhere.
    { numRuns, endOnFailure: true },
  )
  expect(await deadlocks()).toBe(0)
})

test('of fifty turns at once on a budget for three, three are accepted', async () => {
  const user = await books.introduce()
  const caps = { ...wide, userDay: 39 }
  const outcomes = await Promise.allSettled(times(50, () => insist(books.store, asked(user, { caps }))))
  const refusals = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as unknown)
  expect(refusals).toHaveLength(47)
  for (const refusal of refusals)
    expect(refusal).toMatchObject({
      code: 'budget_exhausted',
      extra: { cap: 'user-day', resetsAt: '2026-12-01T00:00:00.000Z' },
    })
  expect(await books.sql`select * from reservations`).toHaveLength(3)
  expect(await books.broken()).toEqual([])
})

test('the same turn sent twenty times at once is accepted once, and all twenty get the same answer', async () => {
  const user = await books.introduce()
  const turn = asked(user, { caps: { ...wide, userDay: 15 } })
  const replies = await Promise.all(times(20, () => insist(books.store, turn)))
  expect(new Set(replies.map(({ begun }) => begun.messageId)).size).toBe(1)
  expect(replies.filter(({ begun }) => begun.verdict === 'new')).toHaveLength(1)
  expect(await books.sql`select * from ledger`).toHaveLength(1)
})

test('a turn settled ten times at once is charged once', async () => {
  const user = await books.introduce()
  const turn = asked(user)
  await begin(books.store, turn)
  await Promise.all(times(10, (index) => settle(user, turn.turnId, index + 1)))
  expect(await books.sql`select * from ledger where kind <> 'reserve'`).toHaveLength(1)
  expect(await books.broken()).toEqual([])
})

test('a turn whose holder comes back while others sweep it up is charged once', async () => {
  const [user, other] = [await books.introduce(), await books.introduce()]
  const late = times(20, () => asked(user))
  for (const turn of late) await begin(books.store, turn)
  const tomorrow = new Date('2026-12-01T12:00:00Z')
  await Promise.all([
    ...late.map((turn) => settle(user, turn.turnId, 5, tomorrow)),
    ...late.map(() => settle(other, newId(), 0, tomorrow)),
  ])
  expect(await books.sql`select * from ledger where kind <> 'reserve'`).toHaveLength(20)
  expect(await books.sql`select * from messages where role = 'assistant' and text = 'Hi'`).toHaveLength(20)
  expect(await books.broken()).toEqual([])
})

test('four people at the turn of a month never wait for each other in a circle', async () => {
  const users = await Promise.all(times(4, books.introduce))
  const before = await deadlocks()
  const talk = async (user: string, conversationId: string, line: number) => {
    for (const step of times(6, (index) => index)) {
      const at = (step + line) % 2 === 0 ? november : december
      const turn = asked(user, { conversationId, at })
      await begin(books.store, turn)
      // Every third is left to be swept up by somebody else, three hours later.
      const later = new Date(at.getTime() + (step % 2) * 3 * 3_600_000)
      if (step % 3 > 0) await settle(user, turn.turnId, 7, later)
    }
  }
  await Promise.all(users.flatMap((user) => times(5, newId).map((place, line) => talk(user, place, line))))
  expect(await deadlocks()).toBe(before)
  expect(await books.broken()).toEqual([])
})

const made = (results: unknown[]) => results.filter((one) => one !== undefined && one !== 'full').length

test('of what somebody may have so many of, no more are made however many are asked for at once', async () => {
  const [user, other] = [await books.introduce(), await books.introduce()]
  const { store, sql } = books
  const key = (of: string) => {
    const parts = { name: 'n', hint: 'h', scopes: [], capMicros: null, expiresAt: null, now: november }
    return store.addKey(of, { ...parts, id: newId(), digest: newId() }, '2026-11-01', 20)
  }
  await Promise.all(times(15, () => key(user)))
  // One more that others have takes no place from anybody.
  const [more, others] = await Promise.all([Promise.all(times(20, () => key(user))), key(other)])
  expect([made(more), made([others])]).toEqual([5, 1])

  await sql`insert into assistants (id, owner_id, name)
    select gen_random_uuid(), ${user}::uuid, 'a' from generate_series(4, ${mostAssistants}::int)`
  const assistant = { name: 'n', description: '', instructions: '', model: null, starters: [] }
  const imported = () => store.addImportedAssistants(user, [{ ...assistant, id: newId(), sourceId: newId() }])
  await Promise.all([
    ...times(10, () => store.addAssistant(user, { ...assistant, id: newId() })),
    ...times(5, imported),
  ])
  expect(await sql`select from assistants where owner_id = ${user}::uuid`).toHaveLength(mostAssistants)

  const turn = asked(user)
  const { begun } = await begin(store, turn)
  await settle(user, turn.turnId, 1)
  const share = { userId: user, conversationId: turn.conversationId, messageId: begun.messageId, mostBytes: 1_000 }
  const shared = await Promise.all(
    times(10, () =>
      store.share({ ...share, id: newId(), digest: newId(), now: november, expiresAt: december, mostLinks: 3 }),
    ),
  )
  expect(shared.filter((verdict) => verdict === 'shared')).toHaveLength(3)
  expect(await deadlocks()).toBe(0)
})

test('of many who come in at once, past the sign-up or by it, as many find a place as there are', async () => {
  const [known = ''] = await Promise.all(times(5, books.introduce))
  const most = 8
  const { store, sql } = books
  const comeIn = (id: string) => store.admit({ id, email: `${id}@example.org`, name: null }, true, most)
  const hold = async () => (await store.holdPlace(newId(), null, most)).verdict
  const [came, held, again] = await Promise.all([
    Promise.all(times(15, () => comeIn(newId()))),
    Promise.all(times(5, hold)),
    comeIn(known),
  ])
  expect(made(came) + held.filter((verdict) => verdict === 'held').length).toBe(3)
  expect(await sql`select from users`).toHaveLength(most)
  expect(again).toMatchObject({ id: known })
  expect(await deadlocks()).toBe(0)
})

test.runIf(process.env['POSTGRES_BIN'])('nor of memories and collections', async () => {
  const user = await books.introduce()
  const { store, sql } = books
  await sql`insert into memories (id, owner_id, text)
    select gen_random_uuid(), ${user}::uuid, 'm' from generate_series(4, ${maxMemories}::int)`
  await sql`insert into collections (id, owner_id, name)
    select gen_random_uuid(), ${user}::uuid, 'c' from generate_series(4, ${maxCollections}::int)`
  const remembered = await Promise.all(times(10, () => store.addMemory(user, { id: newId(), text: 'm' })))
  const collected = await Promise.all(times(10, () => store.addCollection(user, newId(), 'c')))
  expect([made(remembered), made(collected)]).toEqual([3, 3])
})
