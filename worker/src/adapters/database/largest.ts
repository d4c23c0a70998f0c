import type { LargestThings } from '@macro-ai/shared'
import { sql, type SQL } from 'drizzle-orm'
import { isNoSuchTable, type Database } from './client.ts'
import { iso } from './lists.ts'
import { time } from './money.ts'

/** Enough to choose from, few enough to look at. */
const most = 5

const list = (order: string, rows: SQL) => sql`
  coalesce((select json_agg(r order by ${sql.raw(order)}, r.id) from (${rows} order by ${sql.raw(order)}, id limit ${most}) r), '[]')`

const documents = (userId: string) =>
  list(
    'bytes desc',
    sql`
    select d.id, d.title, d.file_id as "fileId", ${iso(sql`d.created_at`)} as "createdAt",
      coalesce(f.bytes, 0) + coalesce((
        select sum(octet_length(k.text) + coalesce(pg_column_size(k.embedding), 0))
        from chunks k where k.document_id = d.id and k.owner_id = d.owner_id), 0) as bytes
    from documents d left join files f on f.id = d.file_id and f.owner_id = d.owner_id and f.deleted_at is null
    where d.owner_id = ${userId}::uuid`,
  )

/** Whether a row of messages `m` has the file `f` attached. */
const attaches = sql`m.owner_id = f.owner_id and m.attachments @> jsonb_build_array(jsonb_build_object('id', f.id))`

const files = (userId: string, others: SQL) =>
  list(
    'bytes desc',
    sql`
    select f.id, f.name as title, f.bytes, ${iso(sql`f.created_at`)} as "createdAt", (
      select json_build_object('id', c.id, 'title', c.title, 'updatedAt', ${iso(sql`c.updated_at`)}, 'deleted', c.deleted_at is not null)
      from messages m join conversations c on c.id = m.conversation_id and c.owner_id = f.owner_id
      where ${attaches} order by c.deleted_at is not null, c.updated_at desc limit 1) as conversation
    from files f
    where f.owner_id = ${userId}::uuid and f.stored_at is not null and f.deleted_at is null and ${others}`,
  )

const conversations = (userId: string) =>
  list(
    'bytes desc',
    sql`
    select c.id, c.title, ${iso(sql`c.updated_at`)} as "updatedAt", (
      select coalesce(sum(octet_length(m.text) + octet_length(m.sources::text)), 0)
      from messages m where m.conversation_id = c.id and m.owner_id = c.owner_id) as bytes
    from conversations c where c.owner_id = ${userId}::uuid and c.deleted_at is null`,
  )

const statement = (userId: string, knowledge: boolean) => sql`
  select json_build_object(
    'documents', ${knowledge ? documents(userId) : sql`'[]'::json`},
    'files', ${files(
      userId,
      // What a document was read from goes with it.
      knowledge
        ? sql`not exists (select from documents d where d.file_id = f.id and d.owner_id = f.owner_id)`
        : sql`true`,
    )},
    'conversations', ${conversations(userId)}) as result`

/** Conversations that were deleted, and files that are attached to nothing else. */
export type Gone = { conversations: string[]; files: string[] }

export const largestStore = (database: Database) => ({
  /** What takes most room of one person's, of each kind, in one statement. */
  largest: async (userId: string): Promise<LargestThings> => {
    try {
      return await database.json<LargestThings>(statement(userId, true))
    } catch (error) {
      if (!isNoSuchTable(error)) throw error
      return database.json<LargestThings>(statement(userId, false))
    }
  },

  /** Those of some files that documents were read from. */
  filesOfDocuments: async (userId: string, ids: string[]): Promise<string[]> => {
    try {
      const found = await database.json<string[] | null>(sql`
        select json_agg(distinct file_id) as result from documents where owner_id = ${userId}::uuid
          and file_id in (select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`)
      return found ?? []
    } catch (error) {
      if (!isNoSuchTable(error)) throw error
      return []
    }
  },

  /** Some of the conversations that a person deleted before a moment, the oldest first, and what goes with them. */
  someGone: (userId: string, before: Date, limit: number) =>
    database.json<Gone>(sql`
      with gone as materialized (
        select c.id from conversations c where c.owner_id = ${userId}::uuid and c.deleted_at <= ${time(before)}
        order by c.deleted_at, c.id limit ${limit}
      )
      select json_build_object(
        'conversations', coalesce((select json_agg(id) from gone), '[]'),
        'files', coalesce((
          select json_agg(distinct f.id) from messages said
          cross join jsonb_to_recordset(said.attachments) as a (id uuid)
          join files f on f.id = a.id and f.owner_id = said.owner_id and f.deleted_at is null
          where said.owner_id = ${userId}::uuid and said.conversation_id in (select id from gone)
            and not exists (select from messages m where ${attaches} and m.conversation_id not in (select id from gone))
        ), '[]')) as result`),
})
