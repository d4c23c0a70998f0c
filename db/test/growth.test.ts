import { newId } from '@macro-ai/shared'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { begin } from './begin.ts'
import { openBooks, type Books } from './books.ts'

const at = new Date('2026-11-22T12:00:00Z')
const caps = { turn: 1_000, userDay: 1_000_000, userMonth: 1_000_000, instanceMonth: 1_000_000 }
const usage = { inputTokens: 1, cachedTokens: 0, outputTokens: 1, costMicros: 1 }

let books: Books
let someone: string

/** What a few years of use leave behind: 10,000 messages, 3,000 budgets, 8,000 entries, 1,000 conversations. */
beforeAll(async () => {
  books = await openBooks()
  someone = await books.introduce()
  const { sql } = books
  const other = await books.introduce()
  await sql`insert into conversations (id, owner_id, title, updated_at)
    select gen_random_uuid(), case n % 2 when 0 then ${someone}::uuid else ${other}::uuid end, 'Talk', timestamptz '2026-01-01' + n * interval '1 hour'
    from generate_series(1, 1000) n`
  await sql`insert into budgets (scope, owner_id, period, cap_micros)
    select 'user-day', case n % 2 when 0 then ${someone}::uuid else ${other}::uuid end, date '2020-01-01' + n / 2, 10 from generate_series(2, 3001) n`
  await sql`insert into ledger (reservation_id, kind, user_id, purpose, model, day, month, amount_micros, at)
    select gen_random_uuid(), 'reserve', ${other}::uuid, 'chat', 'm', date '2020-01-01' + n / 10, '2020-01-01', 0, now() from generate_series(1, 8000) n`
})
afterAll(() => books?.stop())

/** A conversation of so many turns, each of whose texts has so many bytes. */
const conversation = async (turns: number, bytes: number) => {
  const { sql } = books
  const conversationId = newId()
  await sql`insert into conversations (id, owner_id, title) values (${conversationId}, ${someone}, 'Talk')`
  // Ids as ours sort: before all that are still to come. In parts, each well within the deadline of a statement.
  for (let from = 0; from < turns * 2; from += 100)
    await sql`
      with numbered as (
        select n, n % 2 = 1 as is_answer, array(
          select overlay(md5(${conversationId} || place)::uuid::text placing '0190' from 1 for 4)::uuid
          from generate_series(n - 1, n) place) as ids
        from generate_series(${from}::int, ${Math.min(from + 100, turns * 2) - 1}::int) n
      )
      insert into messages (id, conversation_id, owner_id, parent_id, role, text, depth, turn_id)
      select ids[2], ${conversationId}, ${someone}, case when n > 0 then ids[1] end,
        case when is_answer then 'assistant' else 'user' end::message_role, repeat('x', ${bytes}::int), n, case when is_answer then ids[2] end
      from numbered`
  const [last] = await sql`
    update conversations c set leaf_id = (select id from messages where conversation_id = c.id order by depth desc limit 1)
    where id = ${conversationId} returning leaf_id`
  return { conversationId, parentId: String(last?.['leaf_id']) }
}

type Read = { rows: number; scanned: Record<string, number> }
const bigTables = ['messages', 'conversations', 'budgets', 'ledger']

/** Rows read, and how often one of the big tables was read from end to end, since PostgreSQL counts. */
const read = async (): Promise<Read> => {
  await books.sql`select pg_stat_force_next_flush()`
  const tables = await books.sql`
    select relname as name, seq_scan::int as scans, (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as rows
    from pg_stat_user_tables`
  return {
    rows: tables.reduce((sum, { rows }) => sum + Number(rows), 0),
    scanned: Object.fromEntries(
      tables
        .filter(({ name }) => bigTables.includes(String(name)))
        .map(({ name, scans }) => [String(name), Number(scans)]),
    ),
  }
}
const reading = async <T>(work: () => Promise<T>) => {
  const before = await read()
  const result = await work()
  const after = await read()
  expect(after.scanned, 'no big table is read from end to end').toEqual(before.scanned)
  return { result, rows: after.rows - before.rows }
}

test.each([20, 300, 1_200, 8_000])(
  'turn 2,000 reads no more than 1.2 times what turn 20 reads, and says no more to the model (texts of %i bytes)',
  async (bytes) => {
    const early = await conversation(19, bytes)
    const late = await conversation(1_999, bytes)
    await books.sql`vacuum analyze`
    const turn = async (place: typeof early) => {
      const turnId = newId()
      const begun = await reading(() => begin(books.store, { userId: someone, turnId, amount: 10, at, caps, ...place }))
      const done = { userId: someone, turnId, text: 'x', status: 'complete' as const, usage, error: null, now: at }
      const finished = await reading(() => books.store.finishTurn(done))
      return { begun: begun.rows, finished: finished.rows, tokens: begun.result.begun.inputTokens }
    }
    // The first turn of a person's day makes that day's budgets.
    await turn(early)
    const [twentieth, last] = [await turn(early), await turn(late)]
    expect(last.begun).toBeLessThanOrEqual(1.2 * twentieth.begun)
    expect(last.finished).toBeLessThanOrEqual(1.2 * twentieth.finished)
    expect(last.tokens).toBeLessThanOrEqual(1.2 * twentieth.tokens)
  },
)

test('lists, threads and reports find their rows by index', async () => {
  const { conversationId } = await conversation(1_000, 100)
  await books.sql`vacuum analyze`
  const { store } = books
  const first = await reading(() =>
    store.listConversations({ userId: someone, view: 'active', limit: 50, after: null }),
  )
  const { next } = first.result
  const second = await reading(() =>
    store.listConversations({ userId: someone, view: 'active', limit: 50, after: next }),
  )
  expect(first.result.items.length + second.result.items.length).toBe(100)
  const view = { deletedSince: new Date(0) }
  await reading(() => store.listConversations({ userId: someone, view, limit: 50, after: null }))
  const thread = await reading(() => store.openThread(someone, conversationId, null, 50))
  await reading(() => store.spent(someone, '2026-11-22', '2026-11-01'))
  expect(thread.result?.messages).toHaveLength(50)
})
