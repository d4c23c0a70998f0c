import type { UsageReport } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import type { Database } from './client.ts'
import { isCall, lentIn, nobody } from './money.ts'

export type Spent = {
  day: { spent: number; reserved: number }
  month: { spent: number; reserved: number }
  dayCap: number | null
  monthCap: number | null
  instanceCap: number | null
  instanceUsed: number
  degrade: boolean
  byDay: UsageReport['byDay']
  byModel: UsageReport['byModel']
}

const bucket = (userId: string, scope: 'user-day' | 'user-month', period: string) => sql`coalesce((
  select json_build_object('spent', b.spent_micros, 'reserved',
    b.reserved_micros - ${lentIn(scope === 'user-day' ? 'day' : 'month', period, userId)}) from budgets b
  where b.scope = ${scope}::budget_scope and b.owner_id = ${userId}::uuid and b.period = ${period}::date
), '{"spent":0,"reserved":0}')`

export const spendingStore = (database: Database) => ({
  /** What one person spent: today, this month, and by day and model over the last 31 days. */
  spent: (userId: string, day: string, month: string) =>
    database.json<Spent>(sql`
      with recent as (
        select * from ledger where user_id = ${userId}::uuid and ${isCall} and kind <> 'reserve' and day > ${day}::date - 31
      )
      select json_build_object(
        'day', ${bucket(userId, 'user-day', day)}, 'month', ${bucket(userId, 'user-month', month)},
        'dayCap', (select daily_cap_micros from users where id = ${userId}::uuid),
        'monthCap', (select monthly_cap_micros from users where id = ${userId}::uuid),
        'instanceCap', (select monthly_cap_micros from instance),
        'instanceUsed', coalesce((select spent_micros + reserved_micros from budgets
          where scope = 'instance-month' and owner_id = ${nobody}::uuid and period = ${month}::date), 0) - ${lentIn('month', month)},
        'degrade', (select degrade from instance),
        'byDay', coalesce((select json_agg(d order by d.day) from (
          select day, sum(amount_micros) as "costMicros", count(*) as calls from recent group by day) d), '[]'),
        'byModel', coalesce((select json_agg(m order by m."costMicros" desc) from (
          select model, sum(amount_micros) as "costMicros", count(*) as calls, sum(input_tokens) as "inputTokens",
            sum(output_tokens) as "outputTokens" from recent group by model) m), '[]')
      ) as result`),
})
