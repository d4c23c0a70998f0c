import { expect } from 'vitest'
import { sql, tables } from './platform.ts'

type Entry = { kind: 'reserve' | 'settle' | 'release'; amount: number }

/** The ledger's entries of one turn, in order. */
export const ledgerOf = async (turnId: string): Promise<Entry[]> => {
  const rows = await sql<{ kind: Entry['kind']; amount_micros: string }>`
    select kind, amount_micros from ledger where reservation_id = ${turnId}::uuid order by kind = 'reserve' desc, at`
  return rows.map(({ kind, amount_micros }) => ({ kind, amount: Number(amount_micros) }))
}

/** What is held for calls that run; what was lent for calls to come is no call. */
export const reservationsOf = (userId: string) =>
  sql`select id from reservations where user_id = ${userId}::uuid and purpose <> 'lease'`

/** What a turn was charged; fails unless it was reserved once and closed once, and within what was reserved. */
export const chargeOf = async (turnId: string): Promise<number> => {
  const [reserve, close, ...more] = await ledgerOf(turnId)
  expect([reserve?.kind, more]).toEqual(['reserve', []])
  expect(close?.kind).toMatch(/^(settle|release)$/)
  expect(close?.amount).toBeLessThanOrEqual(reserve?.amount ?? -1)
  return close?.amount ?? -1
}

/** Budgets that are not what ledger and open reservations say right now, or past their cap: none. */
export const wrongBooks = () => tables`
    with keys as (
      select key.scope, key.owner_id, key.period, l.kind, l.amount_micros, r.amount_micros as open
      from ledger l left join reservations r on r.id = l.reservation_id and l.kind = 'reserve',
        lateral (values ('instance-month'::budget_scope, '00000000-0000-0000-0000-000000000000'::uuid, l.month),
          ('user-day'::budget_scope, l.user_id, l.day), ('user-month'::budget_scope, l.user_id, l.month), ('key-month'::budget_scope, l.key_id, l.month))
          as key (scope, owner_id, period)
      -- An erased person's entries stay in the ledger without a name, and count for the instance alone.
      where key.owner_id is not null
    ),
    derived as (
      select scope, owner_id, period, coalesce(sum(amount_micros) filter (where kind <> 'reserve'), 0) as spent,
        coalesce(sum(open), 0) as reserved
      from keys group by 1, 2, 3
    )
    select * from budgets b full join derived d using (scope, owner_id, period)
    where b.spent_micros is distinct from d.spent or b.reserved_micros is distinct from d.reserved
      or b.spent_micros + b.reserved_micros > b.cap_micros`

/** Fails unless the books agree, with all that waits in them. */
export const checkBooks = async (): Promise<void> => {
  await sql`select 1`
  expect(await wrongBooks()).toEqual([])
}
