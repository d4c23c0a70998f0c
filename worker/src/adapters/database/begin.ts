import type { MessageStatus } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import { files } from '../../files/limits.ts'
import type { MonthSoFar } from '../../spending/ladder.ts'
import { windowStep } from '../../spending/price.ts'
import { after, budgetKeys, capsOf, countHeld, lentIn, nobody, time } from './money.ts'

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
  /** Files, each of which must be this person's. */
  attachments?: string[]
  title: string
  userMessageId: string
  messageId: string
  /** What was asked for; else the conversation's, else the person's, else `defaultModel`. */
  model: string | null
  /** Of a turn that begins a conversation. */
  assistantId: string | null
  defaultModel: string
  /** Every model that may be called, with what it costs at worst. */
  models: { id: string; inputMicrosPerMTok: number; outputMicros: number; titleMicros: number; pictureTokens: number }[]
  /** Tokens around the texts, see `spending/price.ts`. */
  overhead: { baseTokens: number; tokensPerMessage: number }
  /** Bound on the tokens of `text`; not counted where the turn is here already, or asks for another answer. */
  newTextTokens: number
  /** The window of context: how far back the path is read. */
  window: { maxBytes: number; maxMessages: number }
  caps: { turn: number; userDay: number; userMonth: number; instanceMonth: number }
  day: string
  month: string
  now: Date
  expiresAt: Date
}

export type PathMessage = { id: string; role: 'user' | 'assistant'; text: string; status: MessageStatus }

export type SentFile = { messageId: string | null; id: string; name: string; type: string; bytes: number }

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
  | 'key-month'
  | 'no_key'
  | 'instance-month'

export type Begun = {
  verdict: Verdict
  /** The active path that fits the context, oldest first; without the new text when the verdict is `new`. */
  path: PathMessage[]
  instructions: { user: string; assistant: string; conversation: string; remembered: string }
  /** What is sent along, the newest first; of the new text where `messageId` is null. */
  files: SentFile[]
  userMessageId: string
  messageId: string
  /** Of an earlier attempt with the same id. */
  status: MessageStatus
  model: string
  reservedMicros: number
  /** What the prompt can come to at most: the bound that was reserved for. */
  inputTokens: number
  /** How much of what is reserved is for a title; 0 when this turn gets none. */
  titleMicros: number
  revision: number | null
  /** How far from the root the first message is that this turn adds. */
  depth: number
  /** What the conversation and its assistant ask for. */
  models: { conversation: string | null; assistant: string | null }
  /** What everybody together has used of the month, before this turn. */
  monthSoFar: MonthSoFar
}

/** A title is the first thing to be saved on: it needs room under every cap for this many more such turns. */
const roomForTitle = 10

/**
 * Everything that must be true before a model is called, in one statement: who, where, what was said so far, what it
 * costs at worst, that this fits every cap, and the message itself. Either all of it is written or nothing.
 */
export const beginStatement = (turn: BeginTurn) => sql`
  with recursive
  priced as materialized (
    select * from jsonb_to_recordset(${JSON.stringify(turn.models)}::jsonb) as m (id text, "inputMicrosPerMTok" bigint, "outputMicros" bigint, "titleMicros" bigint, "pictureTokens" int)
  ),
  earlier as materialized (
    select * from messages where turn_id = ${turn.turnId}::uuid
  ),
  wanted as materialized (
    select f.id, f.name, f.type, f.bytes, w.place
    from jsonb_array_elements_text(${JSON.stringify(turn.attachments ?? [])}::jsonb) with ordinality as w (id, place)
    join files f on f.id = w.id::uuid and f.owner_id = ${turn.userId}::uuid and f.stored_at is not null and f.deleted_at is null
  ),
  ground as materialized (
    select
      u.id as user_id,
      ${capsOf(turn.caps)},
      coalesce(u.instructions, '') as user_instructions,
      coalesce(a.instructions, '') as assistant_instructions,
      coalesce(c.instructions, '') as conversation_instructions, a.id as assistant_id,
      c.model as conversation_model, a.model as assistant_model,
      case when u.memory then u.remembered else '' end as remembered,
      chosen.id as model, chosen."pictureTokens" as picture_tokens, chosen."inputMicrosPerMTok" as input_price, chosen."outputMicros" as output_micros,
      case when c.id is null then chosen."titleMicros" else 0 end as title_micros,
      coalesce(e.parent_id, again.parent_id, parent.id) as tip,
      case
        when e.id is not null and (e.owner_id <> ${turn.userId}::uuid or e.turn_digest <> ${turn.digest}) then 'conflict'
        when u.id is null then 'unknown_user'
        when u.disabled_at is not null or u.signed_out_at >= ${time(turn.issuedAt)} then 'signed_out'
        when e.id is not null then 'again'
        when i.paused then 'paused'
        when c.id is not null and (c.owner_id <> u.id or c.deleted_at is not null) then 'not_found'
        when c.id is null and ${turn.assistantId}::uuid is not null and a.id is null then 'not_found'
        when ${turn.regenerate}::uuid is not null and again.id is null then 'not_found'
        when ${turn.regenerate}::uuid is null and ${turn.parentId}::uuid is not null and parent.id is null then 'not_found'
        when ${turn.regenerate}::uuid is null and parent.role = 'user' then 'bad_parent'
        when (select count(*) from wanted) < ${turn.attachments?.length ?? 0}::int then 'not_found'
        else 'new'
      end as verdict
    from (values (1)) as one (one)
    left join earlier e on true
    left join users u on u.id = ${turn.userId}::uuid
    left join instance i on true
    left join conversations c on c.id = ${turn.conversationId}::uuid
    left join assistants a on a.id = case when c.id is null then ${turn.assistantId}::uuid else c.assistant_id end
      and a.owner_id = ${turn.userId}::uuid
    left join messages parent on parent.id = ${turn.parentId}::uuid
      and parent.conversation_id = ${turn.conversationId}::uuid and parent.owner_id = ${turn.userId}::uuid
    left join messages again on again.id = ${turn.regenerate}::uuid and again.role = 'assistant'
      and again.conversation_id = ${turn.conversationId}::uuid and again.owner_id = ${turn.userId}::uuid
    left join lateral (
      select p.* from priced p
      where p.id in (${turn.model}, c.model, a.model, u.default_model, ${turn.defaultModel})
      order by array_position(array[${turn.model}, c.model, a.model, u.default_model, ${turn.defaultModel}]::text[], p.id)
      limit 1
    ) chosen on true
  ),
  walk as (
    select m.id, m.parent_id, m.role, m.status, m.text, m.attachments, m.depth, octet_length(m.text) as bytes, 1 as messages
    from ground join messages m on m.id = ground.tip
    where ground.verdict in ('new', 'again')
    union all
    select m.id, m.parent_id, m.role, m.status, m.text, m.attachments, m.depth, walk.bytes + octet_length(m.text),
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
  sent as materialized (
    select * from (
      select null::uuid as message_id, w.id, w.name, w.type, w.bytes, w.place, null::int as depth
      from wanted w join ground on ground.verdict = 'new'
      union all
      select p.id, (a.file ->> 'id')::uuid, a.file ->> 'name', a.file ->> 'type', (a.file ->> 'bytes')::int, a.place, p.depth
      from path p, jsonb_array_elements(p.attachments) with ordinality as a (file, place) where p.role = 'user'
    ) attached order by depth desc nulls first, place limit ${files.most}
  ),
  prompt as materialized (
    select
      ${turn.overhead.baseTokens}::bigint + octet_length(user_instructions) + octet_length(assistant_instructions)
        + octet_length(conversation_instructions)
        + octet_length(remembered)
        + coalesce((select sum(${files.tokensAround}::int + case
            when type like 'image/%' then picture_tokens
            when type like 'text/%' and bytes <= ${files.maxTextBytes}::int then bytes else 0 end) from sent), 0)
        + coalesce((select sum(octet_length(text) + ${turn.overhead.tokensPerMessage}::int) from path), 0)
        -- The text of a turn that is here already is in its path.
        + case when verdict = 'new' and ${turn.regenerate}::uuid is null
          then ${turn.newTextTokens}::bigint + ${turn.overhead.tokensPerMessage}::int else 0 end as tokens,
      coalesce((select max(depth) + 1 from path), 0) as depth
    from ground
  ),
  worst as materialized (
    select prompt.*, ceil(tokens::numeric * input_price / 1000000)::bigint + output_micros as micros from ground, prompt
  ),
  title as materialized (
    select coalesce(bool_and(
      worst.micros + title_micros <= ${turn.caps.turn}::bigint
      and coalesce(b.spent_micros + b.reserved_micros, 0) + ${roomForTitle}::int * (worst.micros + title_micros)
        <= case key.scope when 'instance-month' then instance_cap when 'user-day' then day_cap else month_cap end
    ), false) as fits
    from ground join worst on title_micros > 0,
      lateral (values ${budgetKeys(sql`user_id`, sql`${turn.day}::date`, sql`${turn.month}::date`)}) as key (scope, owner_id, period)
      left join budgets b using (scope, owner_id, period)
  ),
  allowed as materialized (
    select ground.*, worst.micros + case when title.fits then title_micros else 0 end as micros, worst.depth,
      case when title.fits then title_micros else 0 end as for_title
    from ground, worst, title
    where verdict = 'new' and worst.micros <= ${turn.caps.turn}::bigint
  ),
  held as (
    insert into reservations (id, user_id, purpose, model, day, month, amount_micros, created_at, expires_at)
    select ${turn.turnId}::uuid, user_id, 'chat', model, ${turn.day}::date, ${turn.month}::date, micros,
      ${time(turn.now)}, ${time(turn.expiresAt)}
    from allowed
    returning *
  ),
  ${countHeld},
  conversation as (
    -- Should somebody else have made it this very moment, the messages' foreign key to its owner undoes everything.
    -- A new one keeps the model that its first turn asked for.
    insert into conversations as c (id, owner_id, title, model, assistant_id, leaf_id, created_at, updated_at)
    select ${turn.conversationId}::uuid, user_id, ${turn.title},
      case when ${turn.model}::text is null then null else model end, (select assistant_id from ground), ${turn.messageId}::uuid, created_at, created_at
    from held where ${after(sql`money`)}
    on conflict (id) do update set leaf_id = excluded.leaf_id, updated_at = excluded.updated_at
    returning c.id
  ),
  asked as (
    insert into messages (id, conversation_id, owner_id, parent_id, role, text, attachments, depth, created_at)
    select ${turn.userMessageId}::uuid, conversation.id, held.user_id, ${turn.parentId}::uuid, 'user'::message_role, ${turn.text},
      coalesce((select jsonb_agg(to_jsonb(w) - 'place' order by w.place) from wanted w), '[]'),
      worst.depth, held.created_at
    from held, worst, conversation where ${turn.regenerate}::uuid is null
  ),
  answer as (
    insert into messages (id, conversation_id, owner_id, parent_id, role, status, text, depth, turn_id, turn_digest, model, created_at)
    select ${turn.messageId}::uuid, conversation.id, held.user_id,
      case when ${turn.regenerate}::uuid is null then ${turn.userMessageId}::uuid else ground.tip end,
      'assistant'::message_role, 'streaming'::message_status, '',
      worst.depth + case when ${turn.regenerate}::uuid is null then 1 else 0 end,
      held.id, ${turn.digest}, held.model, held.created_at
    from held, worst, ground, conversation
  ),
  bumped as (
    update users set revision = revision + 1 where id in (select user_id from held) and ${after(sql`conversation`)} returning revision
  )
  select json_build_object(
    'verdict', case
      when ground.verdict = 'new' and worst.micros > ${turn.caps.turn}::bigint then 'turn_cap'
      when ground.verdict = 'new' and not exists (select from held) then 'not_found'
      else ground.verdict end,
    'path', coalesce((select json_agg(json_build_object('id', id, 'role', role, 'text', text, 'status', status) order by depth) from path), '[]'),
    'instructions', json_build_object('user', user_instructions, 'assistant', assistant_instructions, 'conversation', conversation_instructions, 'remembered', remembered),
    'files', coalesce((select json_agg(json_build_object('messageId', message_id, 'id', id, 'name', name, 'type', type, 'bytes', bytes)
      order by depth desc nulls first, place) from sent), '[]'),
    'userMessageId', coalesce((select parent_id from earlier), case when ${turn.regenerate}::uuid is null then ${turn.userMessageId}::uuid else ground.tip end),
    'messageId', coalesce((select id from earlier), ${turn.messageId}::uuid),
    'status', coalesce((select status from earlier), 'streaming'),
    'model', coalesce((select model from earlier), ground.model),
    'reservedMicros', coalesce((select amount_micros from held), (select amount_micros from reservations where id = ${turn.turnId}::uuid), 0),
    'inputTokens', worst.tokens,
    'titleMicros', coalesce((select allowed.for_title from allowed join held on true), 0),
    'revision', (select revision from bumped),
    'depth', worst.depth,
    'models', json_build_object('conversation', conversation_model, 'assistant', assistant_model),
    'monthSoFar', json_build_object(
      'usedMicros', coalesce((select spent_micros + reserved_micros from budgets
        where scope = 'instance-month' and owner_id = ${nobody}::uuid and period = ${turn.month}::date), 0) - ${lentIn('month', turn.month)},
      'capMicros', instance_cap,
      'degrade', (select degrade from instance))
  ) as result
  from ground, worst`
