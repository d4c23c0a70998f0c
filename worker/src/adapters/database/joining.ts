import { sql } from 'drizzle-orm'
import type { Person } from '../../person.ts'
import type { Database } from './client.ts'
import { personJson } from './people.ts'

/** One at a time count how many people there are: two who come at once must not both get the last place. */
const oneAtATime = sql`select to_json(pg_advisory_xact_lock(7315) is null) as result`

/**
 * Frees the places of sign-ups that nobody settled, and of people who never came in after a month: what they cost the
 * user pool is over by then. A held place has no e-mail address, an unused account an empty one.
 */
const tidy = sql`
  with gone as (
    delete from users where (email is null and created_at < now() - interval '10 minutes')
      or (email = '' and revision = 0 and created_at < now() - interval '31 days') returning 1
  )
  select to_json((select count(*) from gone)) as result`

export type Place = { verdict: 'held' | 'full' | 'not_invited'; inviteId: string | null }

export const joiningStore = (database: Database) => ({
  /**
   * Notes who came in: what Cognito says of them wins. Nothing for somebody new who may not join, or finds no place. One
   * trip, in which only somebody new waits for others.
   */
  admit: async (who: { id: string; email: string; name: string | null }, mayJoin: boolean, maxUsers: number) => {
    const [, person] = await database.batch<[unknown, Person | undefined]>(
      sql`${oneAtATime} where ${mayJoin} and not exists (select from users where id = ${who.id}::uuid)`,
      sql`
        with known as (
          update users set email = ${who.email}, name = coalesce(name, ${who.name}) where id = ${who.id}::uuid returning *
        ),
        added as (
          insert into users (id, email, name) select ${who.id}::uuid, ${who.email}, ${who.name}
          where ${mayJoin} and not exists (select from known) and (select count(*) from users) < ${maxUsers}
          -- Two of their requests at once: the second one changes nothing and reads the row.
          on conflict (id) do update set email = excluded.email
          returning *
        )
        select ${personJson} as result from (select * from known union all select * from added) u`,
    )
    return person
  },

  /** Holds a place under a made-up id, and uses an invitation once where `digest` says that one is needed. */
  holdPlace: async (placeId: string, digest: string | null, maxUsers: number): Promise<Place> => {
    const [, , place] = await database.batch<[unknown, unknown, Place]>(
      oneAtATime,
      tidy,
      sql`
        with used as (
          update invites set uses = uses + 1
          where digest = ${digest} and uses < max_uses and expires_at > now() and (select count(*) from users) < ${maxUsers}
          returning id
        ),
        held as (
          insert into users (id) select ${placeId}::uuid
          where (select count(*) from users) < ${maxUsers} and (${digest}::text is null or exists (select from used))
          returning id
        )
        select json_build_object(
          'verdict', case
            when exists (select from held) then 'held'
            when (select count(*) from users) >= ${maxUsers} then 'full'
            else 'not_invited' end,
          'inviteId', (select id from used)
        ) as result`,
    )
    return place
  },

  /** Turns a held place into a new person's, or with no new person gives it and its invitation back. Again, it changes nothing. */
  settlePlace: (placeId: string, inviteId: string | null, userId: string | null) =>
    database.json(sql`
      with freed as (
        delete from users where id = ${placeId}::uuid returning 1
      ),
      joined as (
        insert into users (id, email) select ${userId}::uuid, '' where ${userId}::uuid is not null on conflict do nothing
      )
      update invites set uses = uses - ${userId === null ? 1 : 0} where id = ${inviteId}::uuid and exists (select from freed)
      returning to_json(uses) as result`),
})
