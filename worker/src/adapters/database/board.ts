import type { SpendingReport } from '@macro-ai/shared'
import { sql, type SQL } from 'drizzle-orm'
import type { Database } from './client.ts'
import { isCall, lentIn, nobody } from './money.ts'

/** What only the database knows of a day's use. */
export type LedgerDay = { day: string; calls: number; seconds: number; micros: number; windows: number }

export type Facts = {
  databaseBytes: number
  messageBytes: number
  users: number
  fileBytes: number
  spentMicros: number
  capMicros: number | null
  paused: boolean
  degrade: boolean
  /** What was asked of R2 in the month that begins on a day; nothing while no file was ever kept. */
  operations: { month: string; writes: number; reads: number } | null
  days: LedgerDay[]
}

const spent = sql`sum(amount_micros) as "costMicros", count(*) as calls, sum(input_tokens) as "inputTokens",
  sum(output_tokens) as "outputTokens"`

const list = (rows: SQL) => sql`coalesce((select json_agg(r) from (${rows}) r), '[]')`

export const boardStore = (database: Database) => ({
  /** Sizes, people, money and the ledger's days from `from` on: one statement, for the board alone. */
  boardFacts: (from: string, month: string) =>
    database.json<Facts>(sql`
      with calls as (
        select o.reservation_id, o.day, o.at as began, c.at as ended, c.amount_micros
        from ledger o left join ledger c on c.reservation_id = o.reservation_id and c.kind <> 'reserve'
        where o.kind = 'reserve' and o.purpose <> 'lease' and o.day >= ${from}::date
      )
      select json_build_object(
        'databaseBytes', pg_database_size(current_database()),
        'messageBytes', pg_total_relation_size('messages'),
        'users', (select count(*) from users where email is not null),
        'fileBytes', (select coalesce(sum(bytes), 0) from files),
        'spentMicros', coalesce((select spent_micros + reserved_micros from budgets
          where scope = 'instance-month' and owner_id = ${nobody}::uuid and period = ${month}::date), 0) - ${lentIn('month', month)},
        'capMicros', (select monthly_cap_micros from instance),
        'paused', (select paused from instance),
        'degrade', (select degrade from instance),
        'operations', (select json_build_object('month', month, 'writes', writes, 'reads', reads)
          from storage where owner_id = ${nobody}::uuid),
        'days', ${list(sql`
          select day, count(*) as calls, coalesce(sum(amount_micros), 0) as micros,
            -- Of a call whose holder died: how long it ran at most.
            coalesce(sum(least(extract(epoch from ended - began), 600)), 0) as seconds,
            count(distinct floor(extract(epoch from began) / 300)) as windows
          from calls group by day order by day`)}
      ) as result`),

  /** What everybody spent on models from a day to a day, both included. */
  spending: (from: string, to: string) =>
    database.json<Omit<SpendingReport, 'from' | 'to'>>(sql`
      with closed as (
        select * from ledger where ${isCall} and kind <> 'reserve' and day between ${from}::date and ${to}::date
      )
      select json_build_object(
        'totalMicros', (select coalesce(sum(amount_micros), 0) from closed),
        'byDay', ${list(sql`select day, ${spent} from closed group by day order by day`)},
        'byUser', ${list(sql`
          select user_id as "userId", nullif(email, '') as email, ${spent}
          from closed left join users on users.id = user_id group by 1, 2 order by 3 desc, 1 limit 1000`)},
        'byModel', ${list(sql`select model, ${spent} from closed group by 1 order by 2 desc, 1`)},
        'byPurpose', ${list(sql`select purpose, ${spent} from closed group by 1 order by 2 desc, 1`)}
      ) as result`),
})
