/**
 * Every budget whose total is not what the ledger and the open reservations say, or that is past its cap: none, at any
 * moment.
 */
export const wrongBudgets = `
  with keys as (
    select key.scope, key.owner_id, key.period, l.kind, l.amount_micros, r.amount_micros as open
    from ledger l left join reservations r on r.id = l.reservation_id and l.kind = 'reserve',
      lateral (values ('instance-month'::budget_scope, '00000000-0000-0000-0000-000000000000'::uuid, l.month),
        ('user-day'::budget_scope, l.user_id, l.day), ('user-month'::budget_scope, l.user_id, l.month),
        ('key-month'::budget_scope, l.key_id, l.month)) as key (scope, owner_id, period)
    -- An erased person's entries stay in the ledger without a name, and count for the instance alone.
    where key.owner_id is not null
  ),
  derived as (
    select scope, owner_id, period, coalesce(sum(amount_micros) filter (where kind <> 'reserve'), 0) as spent,
      coalesce(sum(open), 0) as reserved
    from keys group by 1, 2, 3
  )
  select scope, owner_id, period, b.spent_micros, d.spent, b.reserved_micros, d.reserved, b.cap_micros
  from budgets b full join derived d using (scope, owner_id, period)
  where b.spent_micros is distinct from d.spent or b.reserved_micros is distinct from d.reserved
    or b.spent_micros + b.reserved_micros > b.cap_micros`
