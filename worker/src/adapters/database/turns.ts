import type { MessageStatus, ProblemBody, Usage } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import { StatementError, type Database } from './client.ts'
import { listStatement, type ListPage } from './lists.ts'
import { budgetKeys, moveToSpent, sweep } from './money.ts'

export type BeginTurn = {
  userId: string
  /** When the access token was issued: earlier than a sign-out everywhere means refused. */
  issuedAt: Date
  turnId: string
  digest: string
  conversationId: string
  parentId: string | null
  regenerate: string | null
  text: string
  title: string
  userMessageId: string
  messageId: string
  /** What was asked for; else the conversation's, else the person's, else `defaultModel`. */
  model: string | null
  defaultModel: string
  /** Every model that may be called, with what it costs at worst. */
  models: { id: string; inputMicrosPerMTok: number; outputMicros: number }[]
  /** Tokens around the texts, see `spending/price.ts`. */
  overhead: { baseTokens: number; tokensPerMessage: number }
  /** The window of context: how far back the path is read. */
  window: { maxBytes: number; maxMessages: number }
  caps: { turn: number; userDay: number; userMonth: number; instanceMonth: number }
  day: string
  month: string
  now: Date
  expiresAt: Date
}

export type PathMessage = { id: string; role: 'user' | 'assistant'; text: string; status: MessageStatus }

export type Verdict =
  | 'new'
  | 'again'
  | 'conflict'
  | 'unknown_user'
  | 'signed_out'
  | 'paused'
  | 'not_found'
  | 'bad_parent'
  | 'turn_cap'
  | 'user-day'
  | 'user-month'
  | 'instance-month'

export type Begun = {
  verdict: Verdict
  /** The active path that fits the context, oldest first; without the new text when the verdict is `new`. */
  path: PathMessage[]
  instructions: { user: string; conversation: string }
  userMessageId: string
  messageId: string
  /** Of an earlier attempt with the same id. */
  status: MessageStatus
  model: string
  reservedMicros: number
  /** What the prompt can come to at most: the bound that was reserved for. */
  inputTokens: number
  revision: number | null
}

export type FinishTurn = {
  userId: string
  turnId: string
  text: string
  status: MessageStatus
  usage: Usage
  error: ProblemBody | null
  now: Date
}

/** A window of context starts at a depth that is a multiple of this, so that a provider's prefix cache holds for a while. */
const windowStep = 8

const time = (at: Date) => sql`${at.toISOString()}::timestamptz`

/**
 * Everything that must be true before a model is called, in one statement: who, where, what was said so far, what it
 * costs at worst, that this fits every cap, and the message itself. Either all of it is written or nothing.
 */
const beginStatement = (turn: BeginTurn) => sql`
  with recursive
  priced as materialized (
    select * from jsonb_to_recordset(${JSON.stringify(turn.models)}::jsonb) as m (id text, "inputMicrosPerMTok" bigint, "outputMicros" bigint)
  ),
  earlier as materialized (
    select * from messages where turn_id = ${turn.turnId}::uuid
  ),
  ground as materialized (
    select
      u.id as user_id,
      coalesce(u.daily_cap_micros, ${turn.caps.userDay}::bigint) as day_cap,
      coalesce(u.monthly_cap_micros, ${turn.caps.userMonth}::bigint) as month_cap,
      coalesce(i.monthly_cap_micros, ${turn.caps.instanceMonth}::bigint) as instance_cap,
      coalesce(u.instructions, '') as user_instructions,
      coalesce(c.instructions, '') as conversation_instructions,
      chosen.id as model, chosen."inputMicrosPerMTok" as input_price, chosen."outputMicros" as output_micros,
      coalesce(e.parent_id, again.parent_id, parent.id) as tip,
      case
        when e.id is not null and (e.owner_id <> ${turn.userId}::uuid or e.turn_digest <> ${turn.digest}) then 'conflict'
        when u.id is null then 'unknown_user'
        when u.disabled_at is not null or u.signed_out_at >= ${time(turn.issuedAt)} then 'signed_out'
        when e.id is not null then 'again'
        when i.paused then 'paused'
        when c.id is not null and (c.owner_id <> u.id or c.deleted_at is not null) then 'not_found'
        when ${turn.regenerate}::uuid is not null and again.id is null then 'not_found'
        when ${turn.regenerate}::uuid is null and ${turn.parentId}::uuid is not null and parent.id is null then 'not_found'
        when ${turn.regenerate}::uuid is null and parent.role = 'user' then 'bad_parent'
        else 'new'
      end as verdict
    from (values (1)) as one (one)
    left join earlier e on true
    left join users u on u.id = ${turn.userId}::uuid
    left join instance i on true
    left join conversations c on c.id = ${turn.conversationId}::uuid
    left join messages parent on parent.id = ${turn.parentId}::uuid
      and parent.conversation_id = ${turn.conversationId}::uuid and parent.owner_id = ${turn.userId}::uuid
    left join messages again on again.id = ${turn.regenerate}::uuid and again.role = 'assistant'
      and again.conversation_id = ${turn.conversationId}::uuid and again.owner_id = ${turn.userId}::uuid
    left join lateral (
      select p.* from priced p
      where p.id in (${turn.model}, c.model, u.default_model, ${turn.defaultModel})
      order by array_position(array[${turn.model}, c.model, u.default_model, ${turn.defaultModel}]::text[], p.id)
      limit 1
    ) chosen on true
  ),
  walk as (
    select m.id, m.parent_id, m.role, m.status, m.text, m.depth, octet_length(m.text) as bytes, 1 as messages
    from ground join messages m on m.id = ground.tip
    where ground.verdict in ('new', 'again')
    union all
    select m.id, m.parent_id, m.role, m.status, m.text, m.depth, walk.bytes + octet_length(m.text),
      walk.messages + 1
    from walk join messages m on m.id = walk.parent_id
    where walk.bytes + octet_length(m.text) <= ${turn.window.maxBytes}::int
      and walk.messages < ${turn.window.maxMessages}::int
  ),
  path as materialized (
    select * from walk where depth >= (
      select coalesce(
        -- The first such depth within reach; else the first question; else what there is.
        min(depth) filter (where depth % ${windowStep} = 0), min(depth) filter (where role = 'user'), min(depth)
      ) from walk
    )
  ),
  prompt as materialized (
    select
      ${turn.overhead.baseTokens}::bigint + octet_length(user_instructions) + octet_length(conversation_instructions)
        + coalesce((select sum(octet_length(text) + ${turn.overhead.tokensPerMessage}::int) from path), 0) as tokens,
      coalesce((select max(depth) + 1 from path), 0) as depth
    from ground
  ),
  worst as materialized (
    select prompt.*, ceil(tokens::numeric * input_price / 1000000)::bigint + output_micros as micros from ground, prompt
  ),
  allowed as materialized (
    select ground.*, worst.micros, worst.depth from ground, worst
    where verdict = 'new' and worst.micros <= ${turn.caps.turn}::bigint
  ),
  conversation as (
    insert into conversations as c (id, owner_id, title, leaf_id, created_at, updated_at)
    select ${turn.conversationId}::uuid, user_id, ${turn.title}, ${turn.messageId}::uuid, ${time(turn.now)}, ${time(turn.now)}
    from allowed
    on conflict (id) do update set leaf_id = excluded.leaf_id, updated_at = excluded.updated_at
    where c.owner_id = excluded.owner_id and c.deleted_at is null
    returning c.id
  ),
  money as (
    insert into budgets as b (scope, owner_id, period, cap_micros, reserved_micros)
    select key.scope, key.owner_id, key.period,
      case key.scope when 'instance-month' then a.instance_cap when 'user-day' then a.day_cap else a.month_cap end,
      a.micros
    from allowed a join conversation on true,
      lateral (values ${budgetKeys(sql`a.user_id`, sql`${turn.day}::date`, sql`${turn.month}::date`)})
        as key (scope, owner_id, period)
    order by key.scope
    on conflict (scope, owner_id, period) do update set
      reserved_micros = b.reserved_micros + excluded.reserved_micros,
      -- A cap lowered below what is spent already stops all spending; it can't undo what was spent.
      cap_micros = greatest(excluded.cap_micros, b.spent_micros + b.reserved_micros)
    returning b.scope
  ),
  held as (
    insert into reservations (id, user_id, purpose, model, day, month, amount_micros, created_at, expires_at)
    select ${turn.turnId}::uuid, user_id, 'chat', model, ${turn.day}::date, ${turn.month}::date, micros,
      ${time(turn.now)}, ${time(turn.expiresAt)}
    from allowed where (select count(*) from money) = 3
    returning *
  ),
  entry as (
    insert into ledger (reservation_id, kind, user_id, purpose, model, day, month, amount_micros, at)
    select id, 'reserve'::ledger_kind, user_id, purpose, model, day, month, amount_micros, created_at from held
  ),
  asked as (
    insert into messages (id, conversation_id, owner_id, parent_id, role, text, depth, created_at)
    select ${turn.userMessageId}::uuid, ${turn.conversationId}::uuid, held.user_id, ${turn.parentId}::uuid, 'user'::message_role, ${turn.text},
      worst.depth, ${time(turn.now)}
    from held, worst where ${turn.regenerate}::uuid is null
  ),
  answer as (
    insert into messages (id, conversation_id, owner_id, parent_id, role, status, text, depth, turn_id, turn_digest, model, created_at)
    select ${turn.messageId}::uuid, ${turn.conversationId}::uuid, held.user_id,
      coalesce(ground.tip, ${turn.userMessageId}::uuid), 'assistant'::message_role, 'streaming'::message_status, '',
      worst.depth, held.id, ${turn.digest}, held.model, held.created_at
    from held, worst, ground where ${turn.regenerate}::uuid is not null
    union all
    select ${turn.messageId}::uuid, ${turn.conversationId}::uuid, held.user_id, ${turn.userMessageId}::uuid, 'assistant'::message_role, 'streaming'::message_status, '',
      worst.depth + 1, held.id, ${turn.digest}, held.model, held.created_at
    from held, worst where ${turn.regenerate}::uuid is null
  ),
  bumped as (
    update users set revision = revision + 1 where id in (select user_id from held) returning revision
  )
  select json_build_object(
    'verdict', case
      when ground.verdict = 'new' and worst.micros > ${turn.caps.turn}::bigint then 'turn_cap'
      when ground.verdict = 'new' and not exists (select from held) then 'not_found'
      else ground.verdict end,
    'path', coalesce((select json_agg(json_build_object('id', id, 'role', role, 'text', text, 'status', status) order by depth) from path), '[]'),
    'instructions', json_build_object('user', user_instructions, 'conversation', conversation_instructions),
    'userMessageId', coalesce((select parent_id from earlier), case when ${turn.regenerate}::uuid is null then ${turn.userMessageId}::uuid else ground.tip end),
    'messageId', coalesce((select id from earlier), ${turn.messageId}::uuid),
    'status', coalesce((select status from earlier), 'streaming'),
    'model', coalesce((select model from earlier), ground.model),
    'reservedMicros', coalesce((select amount_micros from held), (select amount_micros from reservations where id = ${turn.turnId}::uuid), 0),
    'inputTokens', worst.tokens,
    'revision', (select revision from bumped)
  ) as result
  from ground, worst`

/** Stores an answer, settles what was held for it and adds the ledger's entry, once: a second time changes nothing. */
const finishStatement = (turn: FinishTurn) => sql`
  with closed as materialized (
    delete from reservations where id = ${turn.turnId}::uuid
    returning *, least(amount_micros, ${turn.usage.costMicros}::bigint) as charged
  ),
  entry as (
    insert into ledger (reservation_id, kind, user_id, purpose, model, day, month, amount_micros, input_tokens, cached_tokens, output_tokens, at)
    select id, case when charged = 0 then 'release' else 'settle' end::ledger_kind, user_id, purpose, model, day, month, charged,
      ${turn.usage.inputTokens}::int, ${turn.usage.cachedTokens}::int, ${turn.usage.outputTokens}::int, ${time(turn.now)}
    from closed
  ),
  ${moveToSpent},
  saved as (
    update messages set
      status = ${turn.status}::message_status, text = ${turn.text}, error = ${turn.error ? JSON.stringify(turn.error) : null}::jsonb,
      input_tokens = ${turn.usage.inputTokens}::int, cached_tokens = ${turn.usage.cachedTokens}::int,
      output_tokens = ${turn.usage.outputTokens}::int, cost_micros = ${turn.usage.costMicros}::bigint, finished_at = ${time(turn.now)}
    where turn_id = ${turn.turnId}::uuid and owner_id = ${turn.userId}::uuid and status in ('streaming', 'interrupted') and finished_at is null
    returning conversation_id, owner_id
  ),
  touched as (
    update conversations c set updated_at = ${time(turn.now)}, cost_micros = c.cost_micros + coalesce((select charged from closed), 0)
    from saved where c.id = saved.conversation_id
  )
  update users set revision = revision + 1 where id in (select owner_id from saved)
  returning to_json(revision) as result`

export const turnStore = (database: Database) => ({
  /** One round trip. A cap that does not hold the worst case is named in the verdict and nothing is written. */
  beginTurn: async (turn: BeginTurn): Promise<Begun | { verdict: Verdict }> => {
    try {
      return await database.json<Begun>(beginStatement(turn))
    } catch (error) {
      if (!(error instanceof StatementError)) throw error
      if (error.state === '23514' && error.constraint?.startsWith('cap_'))
        return { verdict: error.constraint.slice(4).replace('_', '-') as Verdict }
      if (error.state === '23505') return { verdict: 'conflict' }
      throw error
    }
  },

  /** One round trip: the answer, the money, what others left behind, and the first page of the list as it is now. */
  finishTurn: async (turn: FinishTurn): Promise<ListPage> => {
    const [, , page] = await database.batch<[unknown, unknown, ListPage]>(
      finishStatement(turn),
      sweep(turn.now),
      listStatement({ userId: turn.userId, view: 'active', limit: 50, after: null }),
    )
    return page
  },

  /** Which conversation a turn of this person belongs to. */
  findTurn: (userId: string, turnId: string) =>
    database.json<{ conversationId: string } | undefined>(sql`
      select json_build_object('conversationId', conversation_id) as result
      from messages where turn_id = ${turnId}::uuid and owner_id = ${userId}::uuid`),
})
