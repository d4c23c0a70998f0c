import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBooks, type Books } from './books.ts'

const id = (number: number) => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`
const [someone, other, nowhere, fresh] = [id(1), id(2), id(98), id(99)]
const [place, question, turn, document] = [id(3), id(4), id(5), id(6)]
const [nobody, collection] = ['00000000-0000-0000-0000-000000000000', id(12)]

const insert = (table: string, row: Record<string, string | number | null>) => {
  const values = Object.values(row).map((value) => (typeof value === 'string' ? `'${value}'` : String(value)))
  return `insert into ${table} (${Object.keys(row).join(', ')}) values (${values.join(', ')})`
}
const said = { conversation_id: place, owner_id: someone, text: 'Hi', depth: 0 }
const asked = { ...said, id: question, role: 'user' }
const answered = { ...said, id: id(7), role: 'assistant', parent_id: question, turn_id: turn }
const budget = { scope: 'user-day', owner_id: someone, period: '2026-01-01', cap_micros: 10 }
const call = { purpose: 'chat', model: 'm', day: '2026-01-01', month: '2026-01-01', amount_micros: 5 }
const reserved = { ...call, reservation_id: turn, kind: 'reserve', at: '2026-01-01' }
const held = { ...call, id: turn, user_id: someone, created_at: '2026-01-01', expires_at: '2026-01-02' }
const key = { id: id(8), owner_id: someone, name: 'n', digest: 'd', hint: 'h' }
const invite = { id: id(9), digest: 'd', expires_at: '2026-01-01' }
const share = {
  id: id(10),
  owner_id: someone,
  conversation_id: place,
  digest: 'd',
  content: '{}',
  expires_at: '2026-01-01',
}
const chunk = { id: id(11), owner_id: someone, document_id: document, position: 0, text: 't', digest: 'd' }

const goodRows = [
  insert('users', { id: someone }),
  insert('users', { id: other }),
  insert('conversations', { id: place, owner_id: someone, title: 't' }),
  insert('messages', asked),
  insert('messages', answered),
  insert('budgets', budget),
  insert('reservations', held),
  insert('ledger', reserved),
  insert('ledger', { ...reserved, kind: 'settle' }),
  insert('keys', key),
  insert('invites', invite),
  insert('shares', share),
  insert('documents', { id: document, owner_id: someone, title: 't', digest: 'd' }),
  insert('chunks', chunk),
  insert('collections', { id: collection, owner_id: other, name: 'c' }),
]

/** A row that breaks one rule and no other, for each rule there is. */
const badRows: Record<string, string> = {
  users_caps_not_negative: insert('users', { id: fresh, daily_cap_micros: -1 }),
  audit_actor_id_users_id_fk: insert('audit', { id: fresh, actor_id: nowhere, action: 'a' }),
  conversations_owner_id_users_id_fk: insert('conversations', { id: fresh, owner_id: nowhere, title: 't' }),
  conversations_assistant_id_assistants_id_fk: insert('conversations', {
    id: fresh,
    owner_id: someone,
    title: 't',
    assistant_id: nowhere,
  }),
  assistants_owner_id_users_id_fk: insert('assistants', { id: fresh, owner_id: nowhere, name: 'n' }),
  messages_conversation: insert('messages', { ...asked, id: fresh, owner_id: other }),
  messages_parent: insert('messages', { ...asked, id: fresh, parent_id: nowhere }),
  messages_turn: insert('messages', { ...answered, id: fresh }),
  messages_answer_has_parent: insert('messages', { ...answered, id: fresh, turn_id: fresh, parent_id: null }),
  messages_answer_has_turn: insert('messages', { ...answered, id: fresh, turn_id: null }),
  messages_only_answers_stream: insert('messages', { ...asked, id: fresh, status: 'streaming' }),
  messages_cost_not_negative: insert('messages', { ...answered, id: fresh, turn_id: fresh, cost_micros: -1 }),
  budgets_not_negative: insert('budgets', { ...budget, period: '2026-01-02', reserved_micros: -1 }),
  cap_instance_month: insert('budgets', { ...budget, scope: 'instance-month', spent_micros: 6, reserved_micros: 5 }),
  cap_user_day: insert('budgets', { ...budget, period: '2026-01-02', spent_micros: 6, reserved_micros: 5 }),
  cap_key_month: insert('budgets', { ...budget, scope: 'key-month', spent_micros: 6, reserved_micros: 5 }),
  cap_user_month: insert('budgets', { ...budget, scope: 'user-month', spent_micros: 6, reserved_micros: 5 }),
  reservations_not_negative: insert('reservations', { ...held, id: fresh, amount_micros: -1 }),
  ledger_not_negative: insert('ledger', { ...reserved, reservation_id: fresh, amount_micros: -1 }),
  ledger_reserved_once: insert('ledger', reserved),
  ledger_closed_once: insert('ledger', { ...reserved, kind: 'release' }),
  instance_is_one: insert('instance', { id: 2 }),
  instance_cap_not_negative: 'update instance set monthly_cap_micros = -1',
  keys_owner_id_users_id_fk: insert('keys', { ...key, id: fresh, owner_id: nowhere, digest: 'e' }),
  keys_by_digest: insert('keys', { ...key, id: fresh }),
  invites_created_by_users_id_fk: insert('invites', { ...invite, id: fresh, digest: 'e', created_by: nowhere }),
  invites_by_digest: insert('invites', { ...invite, id: fresh }),
  shares_conversation: insert('shares', { ...share, id: fresh, digest: 'e', owner_id: other }),
  shares_by_digest: insert('shares', { ...share, id: fresh }),
  files_owner_id_users_id_fk: insert('files', {
    id: fresh,
    owner_id: nowhere,
    name: 'n',
    type: 't',
    bytes: 1,
    sha256: 's',
  }),
  storage_not_negative: insert('storage', { owner_id: fresh, bytes: -1 }),
  files_full_user: insert('storage', { owner_id: fresh, bytes: 2, cap_bytes: 1 }),
  files_full_instance: `update storage set bytes = cap_bytes + 1 where owner_id = '${nobody}'`,
  files_operations: `update storage set reads = 5000001 where owner_id = '${nobody}'`,
  chunks_full_user: insert('storage', { owner_id: fresh, chunks: 2, cap_chunks: 1 }),
  chunks_full_instance: `update storage set chunks = cap_chunks + 1 where owner_id = '${nobody}'`,
  collected_in: insert('collected', { collection_id: nowhere, document_id: document, owner_id: someone }),
  collected_document: insert('collected', { collection_id: collection, document_id: document, owner_id: other }),
  attached_collection: insert('attached', { target_id: place, collection_id: collection, owner_id: someone }),
  meanings_message: insert('meanings', { message_id: nowhere, owner_id: someone, model: 'm' }),
  chunks_document: insert('chunks', { ...chunk, id: fresh, owner_id: other, position: 1 }),
  chunks_position: insert('chunks', { ...chunk, id: fresh }),
  chunks_embedding_has_model: `insert into chunks (id, owner_id, document_id, position, text, digest, embedding)
    values ('${fresh}', '${someone}', '${document}', 1, 't', 'd', array_fill(0, array[1536])::halfvec)`,
}

let books: Books
beforeAll(async () => {
  books = await openBooks()
  for (const row of goodRows) await books.sql.query(row)
})
afterAll(() => books?.stop())

test.each(Object.entries(badRows))('%s is kept', async (constraint, statement) => {
  await expect(books.sql.query(statement)).rejects.toMatchObject({ constraint })
})

test('no rule of the schema is missing from this list', async () => {
  const rules = await books.sql`
    select conname as name from pg_constraint c
    where connamespace = 'public'::regnamespace and contype in ('c', 'f', 'u')
      -- A key that holds the primary key is only there for foreign keys to point at.
      and not (contype = 'u' and exists (
        select from pg_constraint p where p.conrelid = c.conrelid and p.contype = 'p' and p.conkey <@ c.conkey))
    union
    select indexrelid::regclass::text from pg_index i join pg_class t on t.oid = i.indrelid
    where indisunique and t.relnamespace = 'public'::regnamespace
      and not exists (select from pg_constraint c where c.conindid = i.indexrelid)`
  expect(rules.map(({ name }) => String(name)).sort()).toEqual(Object.keys(badRows).sort())
})

test('the ledger can be added to and nothing else', async () => {
  const { sql } = books
  await expect(sql`update ledger set amount_micros = 0`).rejects.toThrow('append-only')
  await expect(sql`update ledger set user_id = ${someone}`).rejects.toThrow('append-only')
  await expect(sql`delete from ledger`).rejects.toThrow('append-only')
  await expect(sql`truncate ledger`).rejects.toThrow('append-only')
  await sql`update ledger set user_id = null`
  expect(await sql`select amount_micros::int as amount, user_id from ledger`).toEqual([
    { amount: 5, user_id: null },
    { amount: 5, user_id: null },
  ])
})
