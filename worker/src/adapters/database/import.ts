import { maxMemories, mostAssistants, type Assistant, type MessageStatus, type Source } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import { isNoSuchTable, type Database } from './client.ts'
import { addWithin } from './lists.ts'
import { after } from './money.ts'
import type { Room } from './storage.ts'

/** A full database refuses every write, on Neon's free plan as anywhere: an import may not bring it there. */
const mostShare = 0.9

export type ConversationRow = {
  id: string
  /** The id it had where it comes from: if that one is here, it is the same conversation. */
  sourceId: string | null
  title: string
  pinned: boolean
  archived: boolean
  model: string | null
  assistantId: string | null
  /** The id it had where it comes from. */
  sourceAssistantId: string | null
  instructions: string
  leafId: string | null
  createdAt: string
  updatedAt: string
}

export type MessageRow = {
  id: string
  conversationId: string
  parentId: string | null
  role: 'user' | 'assistant'
  status: MessageStatus
  text: string
  depth: number
  turnId: string | null
  model: string | null
  sources: Source[]
  createdAt: string
}

/** Where a conversation ends that is whole with what is sent. */
export type EndRow = Pick<ConversationRow, 'id' | 'leafId' | 'updatedAt'>

export type AssistantRow = Assistant & { sourceId: string }
export type MemoryRow = { id: string; sourceId: string; text: string }

export type Added = { full: boolean; conversations: number; known: number; messages: number; revision: number | null }

type Limited = 'assistants' | 'memories'

const isNew = (table: Limited, userId: string) => sql`not exists (
  select from ${sql.raw(table)} old where old.id in (a.id, a."sourceId") and old.owner_id = ${userId}::uuid)`

const roomIn = (table: Limited, userId: string, most: number) => sql`
  limit greatest(0, ${most}::int - (select count(*) from ${sql.raw(table)} where owner_id = ${userId}::uuid)::int)`

/**
 * Shows what a conversation has grown by where it was imported from: new messages below the last one that is shown, or
 * beside the empty answer that an import puts where there was none yet. Whoever has gone on here, or looks at another
 * branch, stays there. Only as much of a path is walked as is new. A message said here has a digest of its turn.
 */
const endsStatement = (userId: string, ends: EndRow[]) => sql`
  with recursive grown as materialized (
    select c.id, c.leaf_id as shown, e."leafId" as leaf, e."updatedAt" as at, l.depth,
      case when l.status = 'interrupted' and l.text = '' and l.turn_digest is null then l.parent_id else l.id end as above
    from jsonb_to_recordset(${JSON.stringify(ends)}::jsonb) as e (id uuid, "leafId" uuid, "updatedAt" timestamptz)
      join conversations c on c.id = e.id and c.owner_id = ${userId}::uuid and c.leaf_id is distinct from e."leafId"
      left join messages l on l.id = c.leaf_id and l.conversation_id = c.id
  ),
  path as (
    select g.id as conversation_id, g.leaf, g.above, g.depth as until, m.id, m.parent_id, m.depth
    from grown g join messages m on m.id = g.leaf and m.conversation_id = g.id
    union all
    select p.conversation_id, p.leaf, p.above, p.until, m.id, m.parent_id, m.depth
    from path p join messages m on m.id = p.parent_id and m.conversation_id = p.conversation_id where p.depth >= p.until
  ),
  moved as (
    update conversations c set leaf_id = g.leaf, updated_at = greatest(c.updated_at, g.at)
    from grown g
    where c.id = g.id and c.owner_id = ${userId}::uuid and c.leaf_id is not distinct from g.shown and exists (
      select from path p where p.conversation_id = g.id and p.leaf = g.leaf and p.id = coalesce(g.above, p.id))
    returning 1
  )
  update users set revision = revision + 1 where id = ${userId}::uuid and ${after(sql`moved`)}
  returning to_json(revision) as result`

export const importStore = (database: Database) => ({
  /**
   * Adds conversations and messages that are not here yet, all of them the person's own whatever the rows say. A
   * conversation that was deleted comes back. Rows may be sent again, and in parts: parents before their replies.
   * `full` says that nothing was added, for want of room; where nobody knows what the database may hold (0), it has some.
   */
  addImported: async (
    userId: string,
    { conversations, messages, ends }: { conversations: ConversationRow[]; messages: MessageRow[]; ends: EndRow[] },
    { databaseBytes }: Pick<Room, 'databaseBytes'>,
  ): Promise<Added> => {
    const add = sql`
      with room as materialized (
        select ${
          databaseBytes > 0
            ? sql`pg_database_size(current_database()) < ${Math.floor(mostShare * databaseBytes)}::bigint`
            : sql`true`
        } as free
      ),
      given as materialized (
        select * from jsonb_to_recordset(${JSON.stringify(conversations)}::jsonb) as c (
          id uuid, "sourceId" uuid, title text, pinned boolean, archived boolean, model text, instructions text,
          "assistantId" uuid, "sourceAssistantId" uuid,
          "leafId" uuid, "createdAt" timestamptz, "updatedAt" timestamptz)
        where (select free from room)
      ),
      known as materialized (
        select c.id, given.id as given from given join conversations c on c.id in (given."sourceId", given.id)
        where c.owner_id = ${userId}::uuid
      ),
      revived as (
        update conversations set deleted_at = null where id in (select id from known) and deleted_at is not null returning id
      ),
      added as (
        insert into conversations (id, owner_id, title, title_source, model, assistant_id, instructions, leaf_id, pinned_at, archived_at, created_at, updated_at)
        select id, ${userId}::uuid, title, 'person', model,
          (select a.id from assistants a where a.owner_id = ${userId}::uuid and a.id in ("sourceAssistantId", "assistantId") limit 1),
          instructions, "leafId",
          case when pinned then "updatedAt" end, case when archived then "updatedAt" end, "createdAt", "updatedAt"
        from given where id not in (select given from known)
        on conflict (id) do nothing returning id
      ),
      said as (
        insert into messages (id, conversation_id, owner_id, parent_id, role, status, text, depth, turn_id, model,
          sources, created_at, finished_at)
        select m.id, m."conversationId", ${userId}::uuid, m."parentId", m.role::message_role, m.status::message_status,
          m.text, m.depth, m."turnId", m.model, m.sources, m."createdAt", m."createdAt"
        from jsonb_to_recordset(${JSON.stringify(messages)}::jsonb) as m (
          id uuid, "conversationId" uuid, "parentId" uuid, role text, status text, text text, depth int, "turnId" uuid,
          model text, sources jsonb, "createdAt" timestamptz)
        where (select free from room) and (
          m."conversationId" in (select id from added) or exists (
            select from conversations c where c.id = m."conversationId" and c.owner_id = ${userId}::uuid))
        on conflict do nothing returning 1
      )
      select json_build_object('full', not (select free from room), 'conversations', (select count(*) from added),
        'known', (select count(distinct given) from known), 'messages', (select count(*) from said)) as result`
    const [added, revision = null] = await database.batch<[Omit<Added, 'revision'>, number | undefined]>(
      add,
      endsStatement(userId, ends),
    )
    return { ...added, revision }
  },

  /** Adds assistants that are not here yet, neither under their own id nor from an import before, and fit. */
  addImportedAssistants: (userId: string, assistants: AssistantRow[]) =>
    addWithin(
      database,
      userId,
      sql`
        insert into assistants (id, owner_id, name, description, instructions, model, starters)
        select a.id, ${userId}::uuid, a.name, a.description, a.instructions, a.model, a.starters
        from jsonb_to_recordset(${JSON.stringify(assistants)}::jsonb) as a (
          id uuid, "sourceId" uuid, name text, description text, instructions text, model text, starters jsonb)
        where ${isNew('assistants', userId)} ${roomIn('assistants', userId, mostAssistants)}
        on conflict (id) do nothing returning to_json(1) as result`,
    ),

  /** The same with memories. */
  addMemories: async (userId: string, memories: MemoryRow[]): Promise<number> => {
    try {
      const [added] = await addWithin<[number]>(
        database,
        userId,
        sql`
          with added as (
            insert into memories (id, owner_id, text)
            select a.id, ${userId}::uuid, a.text
            from jsonb_to_recordset(${JSON.stringify(memories)}::jsonb) as a (id uuid, "sourceId" uuid, text text)
            where ${isNew('memories', userId)} ${roomIn('memories', userId, maxMemories)}
            on conflict (id) do nothing returning 1
          )
          select to_json((select count(*) from added)) as result`,
      )
      return added
    } catch (error) {
      if (isNoSuchTable(error)) return 0
      throw error
    }
  },
})
