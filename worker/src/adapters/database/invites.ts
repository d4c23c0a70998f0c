import type { OpenInvite } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import type { Database } from './client.ts'
import { iso } from './lists.ts'

type NewInvite = {
  id: string
  auditId: string
  createdBy: string
  digest: string
  maxUses: number
  expiresAt: Date
}

export const inviteStore = (database: Database) => ({
  addInvite: (invite: NewInvite) =>
    database.json(sql`
      with noted as (
        insert into audit (id, actor_id, action, subject)
        values (${invite.auditId}::uuid, ${invite.createdBy}::uuid, 'invite', ${invite.id})
      )
      insert into invites (id, created_by, digest, max_uses, expires_at)
      values (${invite.id}::uuid, ${invite.createdBy}::uuid, ${invite.digest}, ${invite.maxUses}::int,
        ${invite.expiresAt.toISOString()}::timestamptz)
      returning to_json(id) as result`),

  /** Those that still let somebody in, newest first. Nobody made one whose maker is gone or has no name yet. */
  listInvites: (after: string | null, limit: number) =>
    database.json<OpenInvite[] | null>(sql`
      select json_agg(json_build_object(
        'id', i.id, 'createdBy', coalesce(nullif(u.name, ''), nullif(u.email, '')), 'uses', i.uses, 'maxUses', i.max_uses,
        'createdAt', ${iso(sql`i.created_at`)}, 'expiresAt', ${iso(sql`i.expires_at`)}) order by i.id desc) as result
      from (
        select * from invites where uses < max_uses and expires_at > now()
          and (${after}::uuid is null or id < ${after}::uuid)
        order by id desc limit ${limit + 1}
      ) i left join users u on u.id = i.created_by`),

  /** Nothing when there is no such invitation. */
  revokeInvite: (actorId: string, id: string, auditId: string) =>
    database.json<string | undefined>(sql`
      with gone as (
        delete from invites where id = ${id}::uuid returning id
      )
      insert into audit (id, actor_id, action, subject)
      select ${auditId}::uuid, ${actorId}::uuid, 'invite revoked', id::text from gone
      returning to_json(subject) as result`),
})
