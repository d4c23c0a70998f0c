import { sql, type SQL } from 'drizzle-orm'
import type { MonthSoFar } from '../../spending/ladder.ts'
import { nothingUsed } from '../../spending/price.ts'
import type { BeginTurn } from './begin.ts'
import { StatementError, type Database } from './client.ts'
import { finishStatement, type FinishTurn } from './finish.ts'
import { listStatement, type ListPage } from './lists.ts'
import { after, budgetKeys, capsOf, closeReservations, countHeld, enterClosed, lentIn, nobody, time } from './money.ts'

/** A turn that began while the database slept, with what was held for it out of its person's lease. */
export type EnterTurn = Pick<
  BeginTurn,
  | 'userId'
  | 'turnId'
  | 'digest'
  | 'conversationId'
  | 'parentId'
  | 'text'
  | 'title'
  | 'userMessageId'
  | 'messageId'
  | 'day'
  | 'month'
  | 'now'
  | 'expiresAt'
> & {
  model: string
  /** Whether the turn itself asked for the model: a new conversation keeps it then. */
  asksForModel: boolean
  reservedMicros: number
  /** How far the question is from the conversation's root. */
  depth: number
}

/** Money for turns to come, held against all caps of a person like a call's, and lent to who holds the lease. */
export type LeaseTerms = {
  id: string
  /** As much as is wanted, and the least that is of use. */
  amountMicros: number
  leastMicros: number
  caps: { userDay: number; userMonth: number; instanceMonth: number }
  day: string
  month: string
  now: Date
  expiresAt: Date
}

/** What turns need to know of a person while the database sleeps. */
export type Standing = {
  lease: { id: string; amountMicros: number; day: string; month: string } | null
  defaultModel: string | null
  instructions: string
  /** Empty where memory is switched off. */
  remembered: string
  disabled: boolean
  paused: boolean
  /** Seconds of the epoch; tokens issued up to then are out. */
  signedOutAt: number | null
  monthSoFar: MonthSoFar
}

export type Banking = {
  userId: string
  /** Leases that end. */
  release: string[]
  enter: EnterTurn[]
  finish: FinishTurn[]
  lease: LeaseTerms | null
  now: Date
}

/** A lease takes no more than this part of what is left of the person's own caps, and of the instance's. */
const part = { own: 2, instance: 10 }

/**
 * Stores a turn that has begun already. Its money was part of a lease that an earlier statement of the same transaction
 * released, so no cap can say no. Entering it again, or for somebody who is gone, changes nothing.
 */
const enterStatement = (turn: EnterTurn) => sql`
  with
  fresh as materialized (
    select u.id as user_id,
      -- Somebody else's conversation of that id, made this very moment: what was said keeps a place of its own.
      case when exists (select from conversations where id = ${turn.conversationId}::uuid and owner_id <> u.id)
        then ${turn.userMessageId}::uuid else ${turn.conversationId}::uuid end as place
    from users u where u.id = ${turn.userId}::uuid
      and not exists (select from ledger where reservation_id = ${turn.turnId}::uuid)
  ),
  held as (
    insert into reservations (id, user_id, purpose, model, day, month, amount_micros, created_at, expires_at)
    select ${turn.turnId}::uuid, user_id, 'chat', ${turn.model}, ${turn.day}::date, ${turn.month}::date,
      ${turn.reservedMicros}::bigint, ${time(turn.now)}, ${time(turn.expiresAt)}
    from fresh returning *
  ),
  entry as (
    insert into ledger (reservation_id, kind, user_id, purpose, model, day, month, amount_micros, at)
    select id, 'reserve'::ledger_kind, user_id, purpose, model, day, month, amount_micros, created_at from held
  ),
  locked as materialized (
    select b.scope, b.owner_id, b.period, held.amount_micros
    from held, lateral (values ${budgetKeys(sql`held.user_id`, sql`held.day`, sql`held.month`)}) as key (scope, owner_id, period)
    join budgets b using (scope, owner_id, period)
    order by b.scope, b.owner_id, b.period for update of b
  ),
  money as (
    update budgets b set reserved_micros = b.reserved_micros + locked.amount_micros
    from locked where b.scope = locked.scope and b.owner_id = locked.owner_id and b.period = locked.period
    returning b.scope
  ),
  conversation as (
    insert into conversations as c (id, owner_id, title, model, leaf_id, created_at, updated_at)
    select fresh.place, held.user_id, ${turn.title}, case when ${turn.asksForModel}::boolean then held.model end,
      ${turn.messageId}::uuid, held.created_at, held.created_at
    from held, fresh where ${after(sql`money`)}
    on conflict (id) do update set leaf_id = excluded.leaf_id, updated_at = excluded.updated_at
    returning c.id
  ),
  asked as (
    insert into messages (id, conversation_id, owner_id, parent_id, role, text, depth, created_at)
    select ${turn.userMessageId}::uuid, conversation.id, held.user_id,
      (select m.id from messages m where m.id = ${turn.parentId}::uuid and m.conversation_id = conversation.id),
      'user'::message_role, ${turn.text}, ${turn.depth}::int, held.created_at
    from held, conversation
  ),
  answer as (
    insert into messages (id, conversation_id, owner_id, parent_id, role, status, text, depth, turn_id, turn_digest, model, created_at)
    select ${turn.messageId}::uuid, conversation.id, held.user_id, ${turn.userMessageId}::uuid, 'assistant'::message_role,
      'streaming'::message_status, '', ${turn.depth}::int + 1, held.id, ${turn.digest}, held.model, held.created_at
    from held, conversation
  )
  select to_json((select count(*) from held)) as result`

const releaseStatement = (id: string, now: Date) => sql`
  with
  ${closeReservations({ id, costMicros: 0 }, now, sql`false`)},
  ${enterClosed({ id, usage: nothingUsed }, now)}
  select to_json(count(*)) as result from moved`

/** Holds a new lease where there is room for it under every cap. The same one twice is held once. */
const leaseStatement = (userId: string, lease: LeaseTerms) => sql`
  with
  ground as materialized (
    select u.id as user_id, ${capsOf(lease.caps)}
    from users u left join instance i on true
    where u.id = ${userId}::uuid and u.disabled_at is null and not coalesce(i.paused, false)
      and not exists (select from ledger where reservation_id = ${lease.id}::uuid)
  ),
  room as materialized (
    select least(${lease.amountMicros}::bigint, min(
      (case key.scope when 'instance-month' then instance_cap when 'user-day' then day_cap else month_cap end
        - coalesce(b.spent_micros + b.reserved_micros, 0))
      / case key.scope when 'instance-month' then ${part.instance}::int else ${part.own}::int end)) as micros
    from ground,
      lateral (values ${budgetKeys(sql`user_id`, sql`${lease.day}::date`, sql`${lease.month}::date`)}) as key (scope, owner_id, period)
      left join budgets b using (scope, owner_id, period)
    where key.owner_id is not null
  ),
  allowed as materialized (
    select instance_cap, day_cap, month_cap, key_cap from ground, room where room.micros >= ${lease.leastMicros}::bigint
  ),
  held as (
    insert into reservations (id, user_id, purpose, model, day, month, amount_micros, created_at, expires_at)
    select ${lease.id}::uuid, user_id, 'lease', '', ${lease.day}::date, ${lease.month}::date, room.micros,
      ${time(lease.now)}, ${time(lease.expiresAt)}
    from ground, room, allowed
    returning *
  ),
  ${countHeld}
  select to_json((select count(*) from money)) as result`

/** In a statement after the one that took the lease, so that it sees it. */
const standingStatement = (userId: string, { id, caps, month }: LeaseTerms) => sql`
  select json_build_object(
    'lease', (select json_build_object('id', r.id, 'amountMicros', r.amount_micros, 'day', r.day, 'month', r.month)
      from reservations r where r.id = ${id}::uuid and r.user_id = u.id),
    'defaultModel', u.default_model,
    'instructions', coalesce(u.instructions, ''),
    'remembered', case when u.memory then u.remembered else '' end,
    'disabled', u.disabled_at is not null,
    'paused', coalesce(i.paused, false),
    'signedOutAt', extract(epoch from u.signed_out_at),
    'monthSoFar', json_build_object(
      'usedMicros', coalesce((select spent_micros + reserved_micros from budgets
        where scope = 'instance-month' and owner_id = ${nobody}::uuid and period = ${month}::date), 0) - ${lentIn('month', month)},
      'capMicros', coalesce(i.monthly_cap_micros, ${caps.instanceMonth}::bigint),
      'degrade', coalesce(i.degrade, true))
  ) as result
  from users u left join instance i on true where u.id = ${userId}::uuid`

/** Money first, people last, as every statement locks: see `money.ts`. */
const statementsOf = ({ userId, release, enter, finish, lease, now }: Banking): SQL[] => [
  ...release.map((id) => releaseStatement(id, now)),
  ...enter.flatMap((turn) => {
    const ended = finish.find(({ turnId }) => turnId === turn.turnId)
    return [enterStatement(turn), ...(ended ? [finishStatement(ended, { alone: true })] : [])]
  }),
  ...finish
    .filter(({ turnId }) => !enter.some((turn) => turn.turnId === turnId))
    .map((turn) => finishStatement(turn, { alone: true })),
  ...(lease ? [leaseStatement(userId, lease), standingStatement(userId, lease)] : []),
  ...(enter.length + finish.length > 0
    ? [sql`update users set revision = revision + 1 where id = ${userId}::uuid returning to_json(revision) as result`]
    : []),
  listStatement({ userId, view: 'active', limit: 50, after: null }),
]

export type Banked = { page: ListPage; standing: Standing | null }

export const bankingStore = (database: Database) => ({
  /**
   * Everything of one person that waits for the database, in one transaction and one round trip. Repeatable. Says so
   * when the database refuses it; one that is away throws `unavailable`.
   */
  bank: async (banking: Banking): Promise<Banked | { refused: string }> => {
    try {
      const results = await database.batch<unknown[]>(...statementsOf(banking))
      const turns = banking.enter.length + banking.finish.length
      const standing = banking.lease ? ((results.at(turns > 0 ? -3 : -2) as Standing | undefined) ?? null) : null
      return { page: results.at(-1) as ListPage, standing }
    } catch (error) {
      if (error instanceof StatementError) return { refused: error.message }
      throw error
    }
  },
})
