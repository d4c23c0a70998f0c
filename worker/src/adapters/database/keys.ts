import type { ApiKey, KeyScope, NewKey } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import type { Database } from './client.ts'
import { addWithin, iso } from './lists.ts'

/** A key as a request's holder: whose it is, and what for. */
export type KeyHolder = { id: string; ownerId: string; scopes: KeyScope[] }

type StoredKey = NewKey & { id: string; digest: string; hint: string; now: Date }

const keyJson = (month: string) => sql`json_build_object(
  'id', k.id, 'name', k.name, 'hint', k.hint, 'scopes', k.scopes, 'capMicros', k.cap_micros,
  'spentThisMonthMicros', coalesce((select b.spent_micros from budgets b
    where b.scope = 'key-month' and b.owner_id = k.id and b.period = ${month}::date), 0),
  'expiresAt', ${iso(sql`k.expires_at`)}, 'createdAt', ${iso(sql`k.created_at`)})`

export const keyStore = (database: Database) => ({
  /** The new key; nothing when its owner has `most` of them. */
  addKey: async (ownerId: string, key: StoredKey, month: string, most: number) => {
    const [made] = await addWithin<[ApiKey | undefined]>(
      database,
      ownerId,
      sql`
      with k as (
        insert into keys (id, owner_id, name, digest, hint, scopes, cap_micros, expires_at, created_at)
        select ${key.id}::uuid, u.id, ${key.name}, ${key.digest}, ${key.hint},
          array(select jsonb_array_elements_text(${JSON.stringify(key.scopes)}::jsonb)), ${key.capMicros}::bigint,
          ${key.expiresAt}::timestamptz, ${key.now.toISOString()}::timestamptz
        from users u where u.id = ${ownerId}::uuid
          and (select count(*) from keys where owner_id = u.id and revoked_at is null) < ${most}
        returning *
      )
      select ${keyJson(month)} as result from k`,
    )
    return made
  },

  listKeys: (ownerId: string, month: string) =>
    database.json<ApiKey[] | null>(sql`
      select json_agg(${keyJson(month)} order by k.id desc) as result
      from keys k where k.owner_id = ${ownerId}::uuid and k.revoked_at is null`),

  /** Puts a key out. Nothing when this person has no such key. */
  revokeKey: (ownerId: string, id: string, now: Date) =>
    database.json<string | undefined>(sql`
      update keys set revoked_at = ${now.toISOString()}::timestamptz
      where id = ${id}::uuid and owner_id = ${ownerId}::uuid and revoked_at is null
      returning to_json(id) as result`),

  /** Who holds a key that is good now. */
  findKey: (digest: string, now: Date) =>
    database.json<KeyHolder | undefined>(sql`
      select json_build_object('id', k.id, 'ownerId', k.owner_id, 'scopes', k.scopes) as result
      from keys k join users u on u.id = k.owner_id and u.disabled_at is null
      where k.digest = ${digest} and k.revoked_at is null
        and (k.expires_at is null or k.expires_at > ${now.toISOString()}::timestamptz)`),
})
