import type { Conversation } from '@macro-ai/shared'
import { sql, type SQL } from 'drizzle-orm'
import type { Database } from './client.ts'

export type ListKey = { pinned: boolean; updatedAt: string; id: string }
export type ListQuery = { userId: string; view: 'active' | 'archived'; limit: number; after: ListKey | null }
/** `revision` is below 0 when there is no such person. */
export type ListPage = { items: Conversation[]; next: ListKey | null; revision: number }

/** A timestamp as the contract writes it: ISO 8601, UTC, milliseconds. */
export const iso = (column: SQL) => sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/**
 * Runs statements that look how many of something a person has before they add to it, in one trip. Those of one person
 * wait for one another: two that come at once must not both get the last place.
 */
export const addWithin = async <Results extends unknown[]>(
  database: Database,
  ownerId: string,
  ...statements: SQL[]
) => {
  const lock = sql`select to_json(pg_advisory_xact_lock(7316, hashtext(${ownerId})) is null) as result`
  const [, ...results] = await database.batch<[unknown, ...Results]>(lock, ...statements)
  return results
}

/** A row of conversations `c` as the contract's Conversation. */
export const conversationJson = sql`json_build_object(
  'id', c.id, 'title', c.title, 'pinned', c.pinned_at is not null, 'archived', c.archived_at is not null,
  'model', c.model, 'assistantId', c.assistant_id, 'instructions', c.instructions, 'leafId', c.leaf_id, 'costMicros', c.cost_micros,
  'createdAt', ${iso(sql`c.created_at`)}, 'updatedAt', ${iso(sql`c.updated_at`)})`

/** A page of a person's conversations, pinned ones first, then newest first; one more row tells whether there is a next. */
export const listStatement = ({ userId, view, limit, after }: ListQuery) => sql`
  with rows as (
    select c.*, row_number() over (order by (c.pinned_at is not null) desc, c.updated_at desc, c.id desc) as place
    from conversations c
    where c.owner_id = ${userId}::uuid and c.deleted_at is null
      and c.archived_at is ${view === 'active' ? sql`null` : sql`not null`}
      ${
        after
          ? sql`and ((c.pinned_at is not null), c.updated_at, c.id) < (${after.pinned}::boolean, ${after.updatedAt}::timestamptz, ${after.id}::uuid)`
          : sql``
      }
    order by (c.pinned_at is not null) desc, c.updated_at desc, c.id desc
    limit ${limit + 1}
  )
  select json_build_object(
    'items', coalesce((select json_agg(${conversationJson} order by place) from rows c where place <= ${limit}), '[]'),
    'next', case when (select count(*) from rows) > ${limit} then (
      select json_build_object('pinned', c.pinned_at is not null, 'updatedAt', ${iso(sql`c.updated_at`)}, 'id', c.id)
      from rows c where place = ${limit}) end,
    'revision', coalesce((select revision from users where id = ${userId}::uuid), -1)
  ) as result`
