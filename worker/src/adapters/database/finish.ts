import type { MessageStatus, ProblemBody, Usage } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import { after, closeReservations, time } from './money.ts'

export type FinishTurn = {
  userId: string
  turnId: string
  text: string
  status: MessageStatus
  usage: Usage
  error: ProblemBody | null
  now: Date
}

/** PostgreSQL holds no NUL, and UTF-8 no half of a surrogate pair. A model may write both; its answer is kept. */
const storable = (text: string) => text.replaceAll('\0', '\uFFFD').toWellFormed()

/** A provider may report anything: what does not fit the column is still far too much. */
const storableCount = (tokens: number) => Math.min(tokens, 2 ** 31 - 1)

/**
 * Stores an answer, settles what was held for it and adds the ledger's entry, once: a second time changes nothing. Calls
 * whose holders are dead are closed on the way, and their answers cut off.
 */
export const finishStatement = ({ usage, ...turn }: FinishTurn) => sql`
  with
  ${closeReservations({ id: turn.turnId, costMicros: Math.min(usage.costMicros, Number.MAX_SAFE_INTEGER) }, turn.now)},
  entries as (
    insert into ledger (reservation_id, kind, user_id, purpose, model, day, month, amount_micros, input_tokens, cached_tokens, output_tokens, at)
    select id, case when charged = 0 then 'release' else 'settle' end::ledger_kind, user_id, purpose, model, day, month, charged,
      coalesce(used.input, 0), coalesce(used.cached, 0), coalesce(used.output, 0), ${time(turn.now)}
    from closed left join (values (${storableCount(usage.inputTokens)}::int, ${storableCount(usage.cachedTokens)}::int,
      ${storableCount(usage.outputTokens)}::int)) as used (input, cached, output) on closed.id = ${turn.turnId}::uuid
  ),
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
      status = ${turn.status}::message_status, text = ${storable(turn.text)}, error = ${turn.error ? JSON.stringify(turn.error) : null}::jsonb,
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
      cost_micros = c.cost_micros + (select charged from bills where conversation_id = c.id),
      updated_at = case when exists (select from saved where conversation_id = c.id) then ${time(turn.now)} else c.updated_at end
    where c.id = any(array(select id from places))
  )
  update users set revision = revision + 1 where id in (select owner_id from saved)
  returning to_json(revision) as result`
