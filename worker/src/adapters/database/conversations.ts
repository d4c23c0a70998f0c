import type { Conversation, ConversationPatch, Message } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import type { Database } from './client.ts'
import { conversationJson, iso, listStatement, type ListPage, type ListQuery } from './lists.ts'

export type Thread = { conversation: Conversation; messages: Message[]; olderThan: string | null }

const messageJson = sql`json_build_object(
  'id', m.id, 'parentId', m.parent_id, 'turnId', m.turn_id, 'role', m.role, 'text', m.text,
  'attachments', m.attachments, 'sources', m.sources, 'status', m.status, 'error', m.error, 'model', m.model,
  'usage', case when m.cost_micros is null then null else json_build_object('inputTokens', m.input_tokens,
    'cachedTokens', m.cached_tokens, 'outputTokens', m.output_tokens, 'costMicros', m.cost_micros) end,
  'siblings', (
    select json_build_object(
      'index', count(*) filter (where s.id < m.id), 'count', count(*), 'ids', json_agg(s.id order by s.id))
    from messages s where s.conversation_id = m.conversation_id
      and (s.parent_id = m.parent_id or (s.parent_id is null and m.parent_id is null))),
  'createdAt', ${iso(sql`m.created_at`)})`

/** The part of a conversation's tree from one message up towards the root: at most `limit`, oldest first. */
const threadStatement = (userId: string, id: string, from: string | null, limit: number) => sql`
  with recursive
  conversation as materialized (
    select * from conversations where id = ${id}::uuid and owner_id = ${userId}::uuid and deleted_at is null
  ),
  path as (
    select m.*, 1 as place from conversation c join messages m
      on m.id = coalesce(${from}::uuid, c.leaf_id) and m.conversation_id = c.id
    union all
    select m.*, path.place + 1 from path join messages m on m.id = path.parent_id where path.place < ${limit}
  )
  select json_build_object(
    'conversation', ${conversationJson},
    'messages', coalesce((select json_agg(${messageJson} order by place desc) from path m), '[]'),
    'olderThan', (select parent_id from path order by place desc limit 1)
  ) as result
  from conversation c`

/** Runs a change of one conversation and gives it back with the first page as it is after the change. */
const changed = async (
  database: Database,
  userId: string,
  set: ReturnType<typeof sql>,
  where: ReturnType<typeof sql>,
  id: string,
) => {
  const [conversation, page] = await database.batch<[Conversation | undefined, ListPage]>(
    sql`
      with changed as (
        update conversations c set ${set} where c.id = ${id}::uuid and c.owner_id = ${userId}::uuid and ${where} returning *
      ),
      bumped as (update users set revision = revision + 1 where id in (select owner_id from changed))
      select ${conversationJson} as result from changed c`,
    listStatement({ userId, view: 'active', limit: 50, after: null }),
  )
  return { conversation, page }
}

/** Going down from a message, always to the newest answer or question: the end of the branch it is on. */
const newestLeaf = (id: string, userId: string, leafId: string) => sql`(
  with recursive down as (
    select m.id, 0 as step from messages m
    where m.id = ${leafId}::uuid and m.conversation_id = ${id}::uuid and m.owner_id = ${userId}::uuid
    union all
    select (select s.id from messages s where s.conversation_id = ${id}::uuid and s.parent_id = down.id order by s.id desc limit 1), step + 1
    from down where down.id is not null
  )
  select id from down where id is not null order by step desc limit 1)`

export const conversationStore = (database: Database) => ({
  listConversations: (query: ListQuery) => database.json<ListPage>(listStatement(query)),

  /** The path from `from` (the leaf when null) upwards, or nothing when there is no such conversation of this person. */
  openThread: (userId: string, id: string, from: string | null, limit: number) =>
    database.json<Thread | undefined>(threadStatement(userId, id, from, limit)),

  changeConversation: (userId: string, id: string, patch: ConversationPatch, now: Date) => {
    const at = now.toISOString()
    const set = [
      patch.title !== undefined && sql`title = ${patch.title}, title_source = 'person'`,
      patch.pinned !== undefined && sql`pinned_at = ${patch.pinned ? at : null}::timestamptz`,
      patch.archived !== undefined && sql`archived_at = ${patch.archived ? at : null}::timestamptz`,
      patch.model !== undefined && sql`model = ${patch.model}`,
      patch.instructions !== undefined && sql`instructions = ${patch.instructions}`,
      patch.leafId !== undefined && sql`leaf_id = ${newestLeaf(id, userId, patch.leafId)}`,
    ].filter((part) => part !== false)
    const leafExists = patch.leafId
      ? sql`exists (select from messages m where m.id = ${patch.leafId}::uuid and m.conversation_id = c.id)`
      : sql`true`
    return changed(
      database,
      userId,
      set.length > 0 ? sql.join(set, sql`, `) : sql`title = c.title`,
      sql`c.deleted_at is null and ${leafExists}`,
      id,
    )
  },

  deleteConversation: (userId: string, id: string, now: Date) =>
    changed(database, userId, sql`deleted_at = ${now.toISOString()}::timestamptz`, sql`c.deleted_at is null`, id),

  /** Brings back what was deleted after `since`. */
  restoreConversation: (userId: string, id: string, since: Date) =>
    changed(database, userId, sql`deleted_at = null`, sql`c.deleted_at > ${since.toISOString()}::timestamptz`, id),
})
