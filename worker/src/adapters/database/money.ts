import { sql, type SQL } from 'drizzle-orm'

/** Owner of the instance's own budget rows. */
export const nobody = '00000000-0000-0000-0000-000000000000'

export const time = (at: Date) => sql`${at.toISOString()}::timestamptz`

/**
 * Every statement that touches money locks in this order: reservations, budgets (by scope, owner, period), conversations
 * (by id), messages, users. Each step waits for the one before by reading its count, so two statements can wait for one
 * another, but never in a circle.
 */
export const after = (step: SQL) => sql`(select count(*) from ${step}) >= 0`

/** The three budgets a call counts against. */
export const budgetKeys = (userId: SQL, day: SQL, month: SQL) => sql`
  ('instance-month'::budget_scope, ${nobody}::uuid, ${month}),
  ('user-day'::budget_scope, ${userId}, ${day}),
  ('user-month'::budget_scope, ${userId}, ${month})`

/**
 * CTEs that close the reservation of one call at what it cost, and with it up to 50 whose holders are dead (their time
 * is up), charging all of those: never less than was spent. So the dead are buried by statements that run anyway, and
 * nothing wakes the database for them. Gives `closed` with what was `charged`, and `moved`, the last step.
 */
export const closeReservations = (call: { id: string; costMicros: number }, now: Date) => sql`
  mine as materialized (
    select id from reservations where id = ${call.id}::uuid for update
  ),
  dead as materialized (
    select id from reservations
    where expires_at < ${time(now)} and id <> ${call.id}::uuid and ${after(sql`mine`)}
    order by id limit 50 for update skip locked
  ),
  closed as (
    delete from reservations r using (select id from mine union all select id from dead) as over
    where r.id = over.id
    returning r.*, case when r.id = ${call.id}::uuid then least(r.amount_micros, ${call.costMicros}::bigint) else r.amount_micros end as charged
  ),
  due as materialized (
    select key.scope, key.owner_id, key.period, sum(c.amount_micros) as held, sum(c.charged) as charged
    from closed c, lateral (values ${budgetKeys(sql`c.user_id`, sql`c.day`, sql`c.month`)}) as key (scope, owner_id, period)
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
