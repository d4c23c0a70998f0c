import type { MessageStatus, ProblemBody, Source, Usage } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import type { Embedded } from '../../vectors.ts'
import { after, closeReservations, enterClosed, storableCount, time } from './money.ts'

export type FinishTurn = {
  userId: string
  turnId: string
  text: string
  status: MessageStatus
  usage: Usage
  error: ProblemBody | null
  /** The passages that the model was given. */
  sources?: Source[]
  /** A name for the conversation, unless a person gave it one. */
  title?: string | undefined
  now: Date
  /** The embedding of what was asked of documents: not for the database but for the cache. */
  asked?: Embedded | undefined
}

/** PostgreSQL holds no NUL, and UTF-8 no half of a surrogate pair. A model may write both; its answer is kept. */
const storable = (text: string) => text.replaceAll('\0', '\uFFFD').toWellFormed()

/** Whether the conversation `c` gets the title that was made in this turn: nobody's own is overwritten. */
const isNamed = ({ title }: Pick<FinishTurn, 'title'>) => sql`
  ${title ?? null}::text is not null and c.title_source = 'text' and c.id in (select conversation_id from saved)`

/**
 * Stores an answer, settles what was held for it and adds the ledger's entry, once: a second time changes nothing. Calls
 * whose holders are dead are closed on the way, and their answers cut off. `alone`: one of several statements of a
 * transaction, which leaves the dead and the person's revision to others.
 */
export const finishStatement = ({ usage, ...turn }: FinishTurn, { alone } = { alone: false }) => sql`
  with
  ${closeReservations(
    { id: turn.turnId, costMicros: Math.min(usage.costMicros, Number.MAX_SAFE_INTEGER) },
    turn.now,
    alone ? sql`false` : sql`true`,
  )},
  ${enterClosed({ id: turn.turnId, usage }, turn.now)},
  bills as materialized (
    -- By array, here and below: a join would read the index of all turns.
    select m.conversation_id, coalesce(sum(closed.charged), 0) as charged
    from messages m left join closed on closed.id = m.turn_id
    where m.turn_id = any(array(select ${turn.turnId}::uuid union select id from closed))
    group by 1
  ),
  places as materialized (
    select id from conversations
    where id = any(array(select conversation_id from bills)) and ${after(sql`moved`)} order by id for no key update
  ),
  saved as (
    update messages m set
      status = ${turn.status}::message_status, text = ${storable(turn.text)}, sources = ${JSON.stringify(turn.sources ?? [])}::jsonb, error = ${turn.error ? JSON.stringify(turn.error) : null}::jsonb,
      input_tokens = ${storableCount(usage.inputTokens)}::int, cached_tokens = ${storableCount(usage.cachedTokens)}::int,
      output_tokens = ${storableCount(usage.outputTokens)}::int,
      -- Of an answer that was cut off already: what was charged then.
      cost_micros = coalesce((select charged from closed where id = m.turn_id), m.cost_micros),
      finished_at = ${time(turn.now)}
    where m.turn_id = ${turn.turnId}::uuid and m.owner_id = ${turn.userId}::uuid
      and m.status in ('streaming', 'interrupted') and m.finished_at is null and ${after(sql`places`)}
    returning m.conversation_id, m.owner_id
  ),
  cut as (
    -- Without finished_at: should the holder come back after all, its text is still taken.
    update messages m set status = 'interrupted', cost_micros = (select charged from closed where id = m.turn_id)
    where m.turn_id = any(array(select id from closed where id <> ${turn.turnId}::uuid)) and ${after(sql`places`)}
  ),
  billed as (
    update conversations c set
      title = case when ${isNamed(turn)} then ${storable(turn.title ?? '')} else c.title end,
      title_source = case when ${isNamed(turn)} then 'model' else c.title_source end,
      cost_micros = c.cost_micros + (select charged from bills where conversation_id = c.id),
      updated_at = case when exists (select from saved where conversation_id = c.id) then ${time(turn.now)} else c.updated_at end
    where c.id = any(array(select id from places))
  )
  ${
    alone
      ? sql`select to_json((select count(*) from saved)) as result`
      : sql`update users set revision = revision + 1 where id in (select owner_id from saved) returning to_json(revision) as result`
  }`
