import type { Conversation } from '@macro-ai/shared'
import { sql, type SQL } from 'drizzle-orm'
import type { Database } from './client.ts'

export type ListKey = { pinned: boolean; updatedAt: string; id: string }
/** What is in the sidebar, what is in the archive, or what was deleted after a moment. */
export type View = 'active' | 'archived' | { deletedSince: Date }
export type ListQuery = { userId: string; view: View; limit: number; after: ListKey | null }
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

/** The rows of a view, and what they are ordered by: of what was deleted none is pinned, and its time is when that was. */
const viewOf = (view: View) =>
  typeof view === 'object'
    ? {
        rows: sql`c.deleted_at > ${view.deletedSince.toISOString()}::timestamptz`,
        pinned: sql`(c.deleted_at is null)`,
        at: sql`c.deleted_at`,
      }
    : {
        rows: sql`c.deleted_at is null and c.archived_at is ${view === 'active' ? sql`null` : sql`not null`}`,
        pinned: sql`(c.pinned_at is not null)`,
        at: sql`c.updated_at`,
      }

/** A page of a person's conversations, pinned ones first, then newest first; one more row tells whether there is a next. */
export const listStatement = ({ userId, view, limit, after }: ListQuery) => {
  const { rows, pinned, at } = viewOf(view)
  const order = sql`${pinned} desc, ${at} desc, c.id desc`
  return sql`
  with rows as (
    select c.*, row_number() over (order by ${order}) as place
    from conversations c
    where c.owner_id = ${userId}::uuid and ${rows}
      ${
        after
          ? sql`and (${pinned}, ${at}, c.id) < (${after.pinned}::boolean, ${after.updatedAt}::timestamptz, ${after.id}::uuid)`
          : sql``
      }
    order by ${order}
    limit ${limit + 1}
  )
  select json_build_object(
    'items', coalesce((select json_agg(${conversationJson} order by place) from rows c where place <= ${limit}), '[]'),
    'next', case when (select count(*) from rows) > ${limit} then (
      select json_build_object('pinned', ${pinned}, 'updatedAt', ${iso(at)}, 'id', c.id)
      from rows c where place = ${limit}) end,
    'revision', coalesce((select revision from users where id = ${userId}::uuid), -1)
  ) as result`
}
