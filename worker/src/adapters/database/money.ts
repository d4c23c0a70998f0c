import type { Usage } from '@macro-ai/shared'
import { sql, type SQL } from 'drizzle-orm'

/** Owner of the instance's own budget rows. */
export const nobody = '00000000-0000-0000-0000-000000000000'

export const time = (at: Date) => sql`${at.toISOString()}::timestamptz`

/** Of the ledger: no lease that was given back, which is money that nobody spent. */
export const isCall = sql`not (purpose = 'lease' and amount_micros = 0)`

/** What is lent of a period's caps, to one person or to all: reserved, but not for any call yet. */
export const lentIn = (period: 'day' | 'month', first: string, userId?: string) => sql`coalesce((
  select sum(r.amount_micros) from reservations r where r.purpose = 'lease' and r.${sql.raw(period)} = ${first}::date
    and (${userId ?? null}::uuid is null or r.user_id = ${userId ?? null}::uuid)), 0)`

/**
 * Every statement that touches money locks in this order: reservations, budgets (by scope, owner, period), conversations
 * (by id), messages, users. Each step waits for the one before by reading its count, so two statements can wait for one
 * another, but never in a circle.
 */
export const after = (step: SQL) => sql`(select count(*) from ${step}) >= 0`

/** The budgets a call counts against; the last one, of its API key, has no owner where it came with none. */
export const budgetKeys = (userId: SQL, day: SQL, month: SQL, keyId = sql`null::uuid`) => sql`
  ('instance-month'::budget_scope, ${nobody}::uuid, ${month}),
  ('user-day'::budget_scope, ${userId}, ${day}),
  ('user-month'::budget_scope, ${userId}, ${month}),
  ('key-month'::budget_scope, ${keyId}, ${month})`

/**
 * CTEs that count what `held` (new reservations, at most one) holds: its entry in the ledger, and against the caps of
 * `allowed`. A cap that does not hold it undoes the whole statement. Gives `money`, the last step.
 */
export const countHeld = sql`
  entry as (
    insert into ledger (reservation_id, kind, user_id, key_id, purpose, model, day, month, amount_micros, at)
    select id, 'reserve'::ledger_kind, user_id, key_id, purpose, model, day, month, amount_micros, created_at from held
  ),
  money as (
    insert into budgets as b (scope, owner_id, period, cap_micros, reserved_micros)
    select key.scope, key.owner_id, key.period,
      case key.scope when 'instance-month' then a.instance_cap when 'user-day' then a.day_cap
        when 'user-month' then a.month_cap else a.key_cap end,
      held.amount_micros
    from held join allowed a on true,
      lateral (values ${budgetKeys(sql`held.user_id`, sql`held.day`, sql`held.month`, sql`held.key_id`)}) as key (scope, owner_id, period)
    where key.owner_id is not null
    order by key.scope
    on conflict (scope, owner_id, period) do update set
      reserved_micros = b.reserved_micros + excluded.reserved_micros,
      -- A cap lowered below what is spent already stops all spending; it can't undo what was spent.
      cap_micros = greatest(excluded.cap_micros, b.spent_micros + b.reserved_micros)
    returning b.scope
  )`

/**
 * The caps of a person `u` under the settings' `caps`, of the instance `i` and of the API key, if any: what
 * {@link countHeld} needs in `allowed`.
 */
export const capsOf = (
  caps: { userDay: number; userMonth: number; instanceMonth: number },
  keyCap = sql`null::bigint`,
) => sql`
  ${keyCap} as key_cap,
  coalesce(u.daily_cap_micros, ${caps.userDay}::bigint) as day_cap,
  coalesce(u.monthly_cap_micros, ${caps.userMonth}::bigint) as month_cap,
  coalesce(i.monthly_cap_micros, ${caps.instanceMonth}::bigint) as instance_cap`

/** A provider may report anything: what does not fit the column is still far too much. */
export const storableCount = (tokens: number) => Math.min(tokens, 2 ** 31 - 1)

/** The CTE that enters in the ledger what {@link closeReservations} closed; the call's own with its tokens. */
export const enterClosed = (call: { id: string; usage: Omit<Usage, 'costMicros'> }, now: Date) => sql`
  entries as (
    insert into ledger (reservation_id, kind, user_id, key_id, purpose, model, day, month, amount_micros, input_tokens, cached_tokens, output_tokens, at)
    select id, case when charged = 0 then 'release' else 'settle' end::ledger_kind, user_id, key_id, purpose, model, day, month, charged,
      coalesce(used.input, 0), coalesce(used.cached, 0), coalesce(used.output, 0), ${time(now)}
    from closed left join (values (${storableCount(call.usage.inputTokens)}::int, ${storableCount(call.usage.cachedTokens)}::int,
      ${storableCount(call.usage.outputTokens)}::int)) as used (input, cached, output) on closed.id = ${call.id}::uuid
  )`

/**
 * CTEs that close the reservation of one call at what it cost, and with it up to 50 whose holders are dead (their time
 * is up), charging all of those: never less than was spent. So the dead are buried by statements that run anyway, and
 * nothing wakes the database for them. `which` of the dead: a turn's have a message to be cut off too. Gives `closed` with what was `charged`, and `moved`, the last step.
 */
export const closeReservations = (call: { id: string; costMicros: number }, now: Date, which = sql`true`) => sql`
  mine as materialized (
    select id from reservations where id = ${call.id}::uuid for update
  ),
  dead as materialized (
    select id from reservations
    where expires_at < ${time(now)} and id <> ${call.id}::uuid and ${which} and ${after(sql`mine`)}
    order by id limit 50 for update skip locked
  ),
  closed as (
    delete from reservations r using (select id from mine union all select id from dead) as over
    where r.id = over.id
    returning r.*, case when r.id = ${call.id}::uuid then least(r.amount_micros, ${call.costMicros}::bigint) else r.amount_micros end as charged
  ),
  due as materialized (
    select key.scope, key.owner_id, key.period, sum(c.amount_micros) as held, sum(c.charged) as charged
    from closed c, lateral (values ${budgetKeys(sql`c.user_id`, sql`c.day`, sql`c.month`, sql`c.key_id`)}) as key (scope, owner_id, period)
    group by 1, 2, 3
  ),
  locked as materialized (
    select b.scope, b.owner_id, b.period, due.held, due.charged
    from budgets b join due using (scope, owner_id, period)
    order by b.scope, b.owner_id, b.period
    for update of b
  ),
  moved as (
    update budgets b
    set reserved_micros = b.reserved_micros - locked.held, spent_micros = b.spent_micros + locked.charged
    from locked
    where b.scope = locked.scope and b.owner_id = locked.owner_id and b.period = locked.period
    returning b.scope
  )`
