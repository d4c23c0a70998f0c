import type { AdminUser, Instance, InstancePatch, MePatch, UserPatch } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import type { Database } from './client.ts'
import { iso } from './lists.ts'
import { nobody } from './money.ts'
import type { Person } from '../../person.ts'

/** A row of users `u` as a Person. */
export const personJson = sql`json_build_object(
  'id', u.id, 'email', u.email, 'name', u.name, 'defaultModel', u.default_model, 'instructions', u.instructions,
  'memory', u.memory, 'knowledge', to_regclass('public.documents') is not null, 'dailyCapMicros', u.daily_cap_micros, 'monthlyCapMicros', u.monthly_cap_micros,
  'createdAt', ${iso(sql`u.created_at`)}, 'revision', u.revision,
  'signedOutAt', extract(epoch from u.signed_out_at), 'disabled', u.disabled_at is not null,
  'keptShare', coalesce((
    select max(greatest(s.bytes::float8 / greatest(s.cap_bytes, 1), s.chunks::float8 / greatest(s.cap_chunks, 1)))
    from storage s where s.owner_id in (u.id, ${nobody}::uuid)), 0),
  'databaseBytes', pg_database_size(current_database()))`

const thisMonth = sql`date_trunc('month', now() at time zone 'UTC')::date`

const adminUserJson = sql`json_build_object(
  'id', u.id, 'email', u.email, 'name', u.name, 'dailyCapMicros', u.daily_cap_micros,
  'monthlyCapMicros', u.monthly_cap_micros, 'disabled', u.disabled_at is not null,
  'spentThisMonthMicros', coalesce((select b.spent_micros from budgets b
    where b.scope = 'user-month' and b.owner_id = u.id and b.period = ${thisMonth}), 0),
  'createdAt', ${iso(sql`u.created_at`)})`

const instanceJson = sql`json_build_object(
  'monthlyCapMicros', i.monthly_cap_micros, 'paused', i.paused, 'degrade', i.degrade,
  'spentThisMonthMicros', coalesce((select b.spent_micros from budgets b
    where b.scope = 'instance-month' and b.owner_id = ${nobody}::uuid and b.period = ${thisMonth}), 0))`

export const peopleStore = (database: Database) => ({
  findPerson: (id: string) =>
    database.json<Person | undefined>(sql`select ${personJson} as result from users u where u.id = ${id}::uuid`),

  /** Who has an e-mail address. There may be more: of an account that was deleted at Cognito its row is left. */
  idsOf: async (email: string): Promise<string[]> =>
    (await database.json<string[] | null>(
      sql`select json_agg(id) as result from users where lower(email) = ${email}`,
    )) ?? [],

  changePerson: (id: string, patch: MePatch) =>
    database.json<Person | undefined>(sql`
      update users u set
        name = ${patch.name === undefined ? sql`u.name` : sql`${patch.name}`},
        default_model = ${patch.defaultModel === undefined ? sql`u.default_model` : sql`${patch.defaultModel}`},
        instructions = ${patch.instructions ?? sql`u.instructions`},
        memory = ${patch.memory ?? sql`u.memory`},
        revision = u.revision + 1
      where u.id = ${id}::uuid returning ${personJson} as result`),

  listUsers: (after: string | null, limit: number) =>
    database.json<AdminUser[] | null>(sql`
      select json_agg(${adminUserJson} order by u.id) as result from (
        select * from users where ${after}::uuid is null or id > ${after}::uuid order by id limit ${limit + 1}
      ) u`),

  changeUser: (actorId: string, id: string, patch: UserPatch, auditId: string) =>
    database.json<AdminUser | undefined>(sql`
      with u as (
        update users set
          daily_cap_micros = ${patch.dailyCapMicros === undefined ? sql`daily_cap_micros` : sql`${patch.dailyCapMicros}::bigint`},
          monthly_cap_micros = ${patch.monthlyCapMicros === undefined ? sql`monthly_cap_micros` : sql`${patch.monthlyCapMicros}::bigint`},
          disabled_at = ${patch.disabled === undefined ? sql`disabled_at` : patch.disabled ? sql`coalesce(disabled_at, now())` : sql`null`},
          revision = revision + 1
        where id = ${id}::uuid returning *
      ),
      noted as (
        insert into audit (id, actor_id, action, subject)
        select ${auditId}::uuid, ${actorId}::uuid, ${`user ${JSON.stringify(patch)}`}, id::text from u
      )
      select ${adminUserJson} as result from u`),

  instance: () => database.json<Instance>(sql`select ${instanceJson} as result from instance i where i.id = 1`),

  changeInstance: (actorId: string | null, patch: InstancePatch, auditId: string) =>
    database.json<Instance>(sql`
      with i as (
        update instance set
          monthly_cap_micros = ${patch.monthlyCapMicros === undefined ? sql`monthly_cap_micros` : sql`${patch.monthlyCapMicros}::bigint`},
          paused = ${patch.paused ?? sql`paused`},
          degrade = ${patch.degrade ?? sql`degrade`}
        where id = 1 returning *
      ),
      noted as (
        insert into audit (id, actor_id, action) values (${auditId}::uuid, ${actorId}::uuid, ${`instance ${JSON.stringify(patch)}`})
      )
      select ${instanceJson} as result from i`),

  /** Answers when the database does. */
  ping: () => database.json<number>(sql`select to_json(1) as result`),
})
