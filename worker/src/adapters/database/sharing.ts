import type { ShareList, SharedConversation } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import type { Database } from './client.ts'
import { addWithin, iso } from './lists.ts'
import { time } from './money.ts'

export type NewShare = {
  id: string
  userId: string
  conversationId: string
  /** The last message; the end of the shown path when null. */
  messageId: string | null
  digest: string
  now: Date
  expiresAt: Date
  /** Links of a conversation that may work at once. */
  mostLinks: number
  /** Of all texts together. */
  mostBytes: number
}

/** What is kept of a copy: a model goes by its id, as names change. */
type Copy = Omit<SharedConversation, 'messages'> & {
  messages: Omit<SharedConversation['messages'][number], 'modelLabel'>[]
}

export type ShareVerdict = 'shared' | 'not_found' | 'too_many' | 'too_large'

const works = (now: Date) => sql`revoked_at is null and expires_at > ${time(now)}`

export const sharingStore = (database: Database) => ({
  /** Copies the path down to a message. What no link leads to any more is thrown away on the way. */
  share: async (share: NewShare) => {
    const [verdict] = await addWithin<[ShareVerdict]>(
      database,
      share.userId,
      sql`
      with recursive
      gone as (
        delete from shares where owner_id = ${share.userId}::uuid and not (${works(share.now)})
      ),
      conversation as materialized (
        select id, owner_id, title, leaf_id from conversations
        where id = ${share.conversationId}::uuid and owner_id = ${share.userId}::uuid and deleted_at is null
      ),
      path as (
        select m.id, m.parent_id, m.role, m.text, m.model, m.status, m.depth from conversation c join messages m
          on m.id = coalesce(${share.messageId}::uuid, c.leaf_id) and m.conversation_id = c.id
        union all
        select m.id, m.parent_id, m.role, m.text, m.model, m.status, m.depth from path join messages m on m.id = path.parent_id
      ),
      -- An answer that is still being written, or failed, says nothing yet.
      said as materialized (
        select * from path where text <> '' and status not in ('streaming', 'failed')
      ),
      verdict as materialized (
        select case
          when not exists (select from said) then 'not_found'
          when (select count(*) from shares where conversation_id = ${share.conversationId}::uuid and ${works(share.now)}) >= ${share.mostLinks} then 'too_many'
          when (select sum(octet_length(text)) from said) > ${share.mostBytes} then 'too_large'
          else 'shared' end as verdict
      ),
      added as (
        insert into shares (id, owner_id, conversation_id, digest, content, expires_at, created_at)
        select ${share.id}::uuid, c.owner_id, c.id, ${share.digest}, jsonb_build_object('title', c.title, 'messages', (
          select jsonb_agg(jsonb_build_object('role', role, 'text', text, 'model', model) order by depth) from said
        )), ${time(share.expiresAt)}, ${time(share.now)}
        from conversation c, verdict where verdict = 'shared'
      )
      select to_json(verdict) as result from verdict`,
    )
    return verdict
  },

  /** Nothing when there is no such conversation. */
  sharesOf: (userId: string, conversationId: string, now: Date) =>
    database.json<ShareList | undefined>(sql`
      select json_build_object(
        'links', (select count(*) from shares where conversation_id = c.id and ${works(now)}),
        'expiresAt', (select ${iso(sql`max(expires_at)`)} from shares where conversation_id = c.id and ${works(now)})) as result
      from conversations c
      where c.id = ${conversationId}::uuid and c.owner_id = ${userId}::uuid and c.deleted_at is null`),

  /** Ends every link of a conversation. False when there is no such conversation. */
  revokeShares: async (userId: string, conversationId: string, now: Date): Promise<boolean> =>
    (await database.json<boolean | undefined>(sql`
      with ended as (
        update shares set revoked_at = ${time(now)}
        where conversation_id = ${conversationId}::uuid and owner_id = ${userId}::uuid and revoked_at is null
      )
      select to_json(true) as result from conversations
      where id = ${conversationId}::uuid and owner_id = ${userId}::uuid and deleted_at is null`)) ?? false,

  /** What a link shows, for whoever has it: the one read here that asks for no owner. */
  readShare: (digest: string, now: Date) =>
    database.json<Copy | undefined>(sql`
      select json_build_object('title', s.content -> 'title', 'messages', s.content -> 'messages',
        'sharedAt', ${iso(sql`s.created_at`)}, 'expiresAt', ${iso(sql`s.expires_at`)}) as result
      from shares s join conversations c on c.id = s.conversation_id join users u on u.id = s.owner_id
      where s.digest = ${digest} and s.revoked_at is null and s.expires_at > ${time(now)}
        and c.deleted_at is null and u.disabled_at is null`),
})
