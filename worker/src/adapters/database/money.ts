import { sql, type SQL } from 'drizzle-orm'

/** Owner of the instance's own budget rows. */
export const nobody = '00000000-0000-0000-0000-000000000000'

/** The three budgets a call counts against, in the order in which every statement locks them. */
export const budgetKeys = (userId: SQL, day: SQL, month: SQL) => sql`
  ('instance-month'::budget_scope, ${nobody}::uuid, ${month}),
  ('user-day'::budget_scope, ${userId}, ${day}),
  ('user-month'::budget_scope, ${userId}, ${month})`

/**
 * Moves what the rows of a CTE `closed` (user_id, day, month, amount_micros, charged) held from reserved to spent.
 * The rows are locked in the same order as when reserving, so that two statements cannot wait for each other.
 */
export const moveToSpent = sql`
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
  )`

/**
 * Closes reservations whose holder is dead (their time is up), charging all of them: never less than was spent. It rides
 * along with statements that run anyway, so it never wakes the database.
 */
export const sweep = (now: Date) => sql`
  with closed as materialized (
    delete from reservations where id in (
      select id from reservations where expires_at < ${now.toISOString()}::timestamptz order by id limit 50 for update skip locked
    ) returning *, amount_micros as charged
  ),
  entries as (
    insert into ledger (reservation_id, kind, user_id, purpose, model, day, month, amount_micros, at)
    select id, 'settle'::ledger_kind, user_id, purpose, model, day, month, charged, ${now.toISOString()}::timestamptz from closed
  ),
  ${moveToSpent},
  ended as (
    -- Without finished_at: should the holder come back after all, its text is still taken.
    update messages set status = 'interrupted'
    where turn_id in (select id from closed) and status = 'streaming'
  )
  select to_json((select count(*) from closed)) as result`
