import type { Usage } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import { StatementError, type Database } from './client.ts'
import { after, budgetKeys, capsOf, closeReservations, countHeld, enterClosed, time } from './money.ts'
import type { Verdict } from './begin.ts'
import { verdictOf } from './turns.ts'

export type HoldCall = {
  /** Of the call, made by whoever makes it: the same again is a `conflict`. */
  id: string
  userId: string
  /** The API key that the call comes with. It must be good, and has a cap of its own. */
  keyId?: string | null
  purpose: string
  model: string
  amountMicros: number
  /** Share of every cap that must be left. */
  leaves?: number
  caps: { turn: number; userDay: number; userMonth: number; instanceMonth: number }
  day: string
  month: string
  now: Date
  expiresAt: Date
}

/** Money for calls that are no turns of a conversation. */
export const callStore = (database: Database) => ({
  /** Holds what a call costs at worst, in one statement: 'new', or why not, and then nothing is held. */
  holdCall: async ({ keyId = null, leaves = 0, ...call }: HoldCall): Promise<Verdict> => {
    try {
      return await database.json<Verdict>(sql`
        with ground as materialized (
          select u.id as user_id, ${capsOf(call.caps, sql`coalesce(k.cap_micros, ${Number.MAX_SAFE_INTEGER}::bigint)`)},
            k.id as key_id,
            case
              when u.id is null then 'unknown_user'
              when u.disabled_at is not null then 'signed_out'
              when ${keyId}::uuid is not null and k.id is null then 'no_key'
              when i.paused then 'paused'
              when ${call.amountMicros}::bigint > ${call.caps.turn}::bigint then 'turn_cap'
              else 'new'
            end as verdict
          from (values (1)) as one (one)
          left join users u on u.id = ${call.userId}::uuid
          left join instance i on true
          left join keys k on k.id = ${keyId}::uuid and k.owner_id = u.id and k.revoked_at is null
            and (k.expires_at is null or k.expires_at > ${time(call.now)})
        ),
        -- The first cap that would have less than that left.
        tight as materialized (
          select key.scope::text as verdict from ground,
            lateral (values ${budgetKeys(sql`user_id`, sql`${call.day}::date`, sql`${call.month}::date`)}) as key (scope, owner_id, period)
            left join budgets b using (scope, owner_id, period)
          where ${leaves}::float8 > 0 and key.owner_id is not null
            and coalesce(b.spent_micros + b.reserved_micros, 0) + ${call.amountMicros}::bigint > (1 - ${leaves}::float8)
              * case key.scope when 'instance-month' then instance_cap when 'user-day' then day_cap else month_cap end
          order by key.scope limit 1
        ),
        allowed as materialized (select * from ground where verdict = 'new' and not exists (select from tight)),
        held as (
          insert into reservations (id, user_id, key_id, purpose, model, day, month, amount_micros, created_at, expires_at)
          select ${call.id}::uuid, user_id, key_id, ${call.purpose}, ${call.model}, ${call.day}::date, ${call.month}::date,
            ${call.amountMicros}::bigint, ${time(call.now)}, ${time(call.expiresAt)}
          from allowed
          returning *
        ),
        ${countHeld}
        select to_json(case verdict when 'new' then coalesce((select t.verdict from tight t), verdict) else verdict end) as result
        from ground where ${after(sql`money`)}`)
    } catch (error) {
      const verdict = error instanceof StatementError ? verdictOf(error) : undefined
      if (!verdict) throw error
      return verdict
    }
  },

  /** Settles a call at what it cost, once. */
  settleCall: async ({ id, usage, now }: { id: string; usage: Usage; now: Date }): Promise<void> => {
    await database.json(sql`
      with
      ${closeReservations({ id, costMicros: Math.min(usage.costMicros, Number.MAX_SAFE_INTEGER) }, now, sql`purpose <> 'chat'`)},
      ${enterClosed({ id, usage }, now)}
      select to_json(count(*)) as result from moved`)
  },
})
