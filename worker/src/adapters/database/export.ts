import { sql, type SQL } from 'drizzle-orm'
import { isNoSuchTable, type Database } from './client.ts'
import { iso } from './lists.ts'
import { isCall } from './money.ts'

/** A page of lines: NDJSON without a line break at its end, how many lines, and where the next page begins. */
export type ExportPage = { text: string | null; lines: number; after: string | null }

/** What a page holds at most, unless a single line is longer. */
const pageBytes = 4_000_000
const pageRows = 5_000

/** A kind of line: rows (key text, line json) of a person, from `after` on. Keys sort as bytes. */
type Section = (userId: string, after: string) => SQL

/** Of some rows of conversations. */
const linesOf = (conversations: SQL) => sql`
  select place.key, place.line from (${conversations}) c cross join lateral (
    select c.id::text || ':' as key, json_build_object(
      'type', 'conversation', 'id', c.id, 'title', c.title, 'pinned', c.pinned_at is not null,
      'archived', c.archived_at is not null, 'deleted', c.deleted_at is not null, 'model', c.model, 'assistantId', c.assistant_id,
      'instructions', c.instructions, 'leafId', c.leaf_id, 'costMicros', c.cost_micros,
      'createdAt', ${iso(sql`c.created_at`)}, 'updatedAt', ${iso(sql`c.updated_at`)}) as line
    union all
    select c.id::text || ':' || lpad(m.depth::text, 10, '0') || ':' || m.id, json_build_object(
      'type', 'message', 'id', m.id, 'conversationId', m.conversation_id, 'parentId', m.parent_id, 'role', m.role,
      'status', m.status, 'text', m.text, 'model', m.model, 'attachments', m.attachments, 'sources', m.sources,
      'usage', case when m.cost_micros is null then null else json_build_object('inputTokens', m.input_tokens,
        'cachedTokens', m.cached_tokens, 'outputTokens', m.output_tokens, 'costMicros', m.cost_micros) end,
      'error', m.error, 'createdAt', ${iso(sql`m.created_at`)})
    from messages m where m.conversation_id = c.id
  ) place`

const conversationLines: Section = (userId, after) =>
  linesOf(
    sql`select * from conversations where owner_id = ${userId}::uuid and id::text collate "C" >= left(${after}, 36) order by id limit 50`,
  )

const profileLine: Section = (userId) => sql`
  select 'me' as key, json_build_object(
    'type', 'me', 'id', u.id, 'email', u.email, 'name', u.name, 'defaultModel', u.default_model,
    'instructions', u.instructions, 'memory', u.memory, 'createdAt', ${iso(sql`u.created_at`)}) as line
  from users u where u.id = ${userId}::uuid`

const assistantLines: Section = (userId) => sql`
  select a.id::text as key, json_build_object(
    'type', 'assistant', 'id', a.id, 'name', a.name, 'description', a.description, 'instructions', a.instructions,
    'model', a.model, 'starters', a.starters, 'createdAt', ${iso(sql`a.created_at`)}) as line
  from assistants a where a.owner_id = ${userId}::uuid`

const shareLines: Section = (userId) => sql`
  select s.id::text as key, json_build_object(
    'type', 'share', 'id', s.id, 'conversationId', s.conversation_id, 'content', s.content,
    'expiresAt', ${iso(sql`s.expires_at`)}, 'revokedAt', ${iso(sql`s.revoked_at`)}, 'createdAt', ${iso(sql`s.created_at`)}) as line
  from shares s where s.owner_id = ${userId}::uuid`

const keyLines: Section = (userId) => sql`
  select k.id::text as key, json_build_object(
    'type', 'key', 'id', k.id, 'name', k.name, 'hint', k.hint, 'scopes', k.scopes, 'capMicros', k.cap_micros,
    'expiresAt', ${iso(sql`k.expires_at`)}, 'revokedAt', ${iso(sql`k.revoked_at`)}, 'createdAt', ${iso(sql`k.created_at`)}) as line
  from keys k where k.owner_id = ${userId}::uuid`

const fileLines: Section = (userId) => sql`
  select f.id::text as key, json_build_object(
    'type', 'file', 'id', f.id, 'name', f.name, 'contentType', f.type, 'bytes', f.bytes, 'sha256', f.sha256,
    'createdAt', ${iso(sql`f.created_at`)}) as line
  from files f where f.owner_id = ${userId}::uuid`

const spendingLines: Section = (userId) => sql`
  select l.day::text || ':' || l.model || ':' || l.purpose as key, json_build_object(
    'type', 'spending', 'day', l.day, 'model', l.model, 'purpose', l.purpose, 'calls', count(*),
    'costMicros', sum(l.amount_micros), 'inputTokens', sum(l.input_tokens), 'outputTokens', sum(l.output_tokens)) as line
  from ledger l where l.user_id = ${userId}::uuid and ${isCall} and l.kind <> 'reserve' group by l.day, l.model, l.purpose`

const memoryLines: Section = (userId) => sql`
  select m.id::text as key, json_build_object('type', 'memory', 'id', m.id, 'text', m.text, 'createdAt', ${iso(sql`m.created_at`)}) as line
  from memories m where m.owner_id = ${userId}::uuid`

const documentLines: Section = (userId) => sql`
  select d.id::text || ':' as key, json_build_object(
    'type', 'document', 'id', d.id, 'fileId', d.file_id, 'title', d.title, 'createdAt', ${iso(sql`d.created_at`)}) as line
  from documents d where d.owner_id = ${userId}::uuid
  union all
  select c.document_id::text || ':' || lpad(c.position::text, 10, '0'), json_build_object(
    'type', 'chunk', 'documentId', c.document_id, 'position', c.position, 'page', c.page, 'text', c.text)
  from chunks c where c.owner_id = ${userId}::uuid`

const collectionLines: Section = (userId) => sql`
  select c.id::text as key, json_build_object(
    'type', 'collection', 'id', c.id, 'name', c.name,
    'documentIds', coalesce((select json_agg(i.document_id order by i.document_id) from collected i where i.collection_id = c.id), '[]'),
    'attachedTo', coalesce((select json_agg(a.target_id order by a.target_id) from attached a where a.collection_id = c.id), '[]'),
    'createdAt', ${iso(sql`c.created_at`)}) as line
  from collections c where c.owner_id = ${userId}::uuid`

const sections = {
  profile: profileLine,
  assistants: assistantLines,
  conversations: conversationLines,
  shares: shareLines,
  keys: keyLines,
  files: fileLines,
  memories: memoryLines,
  documents: documentLines,
  collections: collectionLines,
  spending: spendingLines,
}
export type SectionName = keyof typeof sections
export const sectionNames = Object.keys(sections) as SectionName[]

const pageOf = (lines: SQL, after: string) => sql`
  select json_build_object('text', string_agg(line, E'\n' order by key), 'lines', count(*), 'after', max(key)) as result
  from (
    select key, line, sum(octet_length(line)) over (order by key) as bytes, row_number() over (order by key) as place
    from (
      select key collate "C" as key, line::text as line from (${lines}) found
      where key collate "C" > ${after} order by 1 limit ${pageRows}
    ) page
  ) measured where bytes <= ${pageBytes} or place = 1`

export const exportStore = (database: Database) => ({
  sectionNames,

  /** A page of one kind of line, written out by the database: nothing here parses or builds a line. */
  exportPage: async (userId: string, section: SectionName, after: string): Promise<ExportPage> => {
    try {
      return await database.json<ExportPage>(pageOf(sections[section](userId, after), after))
    } catch (error) {
      // Documents and memories are there only where the database has vectors.
      if (isNoSuchTable(error)) return { text: null, lines: 0, after: null }
      throw error
    }
  },

  /** The same of one conversation. */
  exportConversation: (userId: string, id: string, after: string) => {
    const one = sql`select * from conversations where owner_id = ${userId}::uuid and id = ${id}::uuid and deleted_at is null`
    return database.json<ExportPage>(pageOf(linesOf(one), after))
  },

  titleOf: (userId: string, id: string) =>
    database.json<string | undefined>(sql`
      select to_json(title) as result from conversations where owner_id = ${userId}::uuid and id = ${id}::uuid and deleted_at is null`),

  /** A page of the shown path's messages below a depth, as Markdown written out by the database. */
  exportMarkdown: (userId: string, id: string, below: number) =>
    database.json<{ text: string | null; after: number | null }>(sql`
      with recursive path as (
        select m.id, m.parent_id, m.depth from conversations c join messages m on m.id = c.leaf_id and m.conversation_id = c.id
        where c.owner_id = ${userId}::uuid and c.id = ${id}::uuid and c.deleted_at is null
        union all
        select m.id, m.parent_id, m.depth from path join messages m on m.id = path.parent_id
      )
      select json_build_object(
        'text', string_agg(case role when 'user' then '## You' else '## ' || coalesce(model, 'Answer') end || E'\n\n' || text,
          E'\n\n' order by depth) filter (where text <> ''),
        'after', max(depth)) as result
      from (
        select m.*, sum(octet_length(m.text)) over (order by m.depth) as bytes, row_number() over (order by m.depth) as place
        from messages m where m.id in (select id from path where depth > ${below}::int)
      ) measured where bytes <= ${pageBytes} or place = 1`),
})
