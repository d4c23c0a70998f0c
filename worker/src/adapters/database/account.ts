import { sql } from 'drizzle-orm'
import type { Person } from '../../person.ts'
import { isNoSuchTable, type Database } from './client.ts'
import { budgetKeys, time } from './money.ts'
import { personJson } from './people.ts'

export const accountStore = (database: Database) => ({
  /**
   * Puts out every token issued up to `at`. A token that is out already moves nothing, or whoever holds it could keep
   * its owner from coming back.
   */
  signOutEverywhere: (id: string, issuedAt: Date, at: Date) =>
    database.json<Person | undefined>(sql`
      update users u set
        signed_out_at = case
          when u.signed_out_at >= ${time(issuedAt)} then u.signed_out_at
          else ${time(at)} end,
        revision = u.revision + 1
      where u.id = ${id}::uuid returning ${personJson} as result`),

  /** Some of a person's conversations, deleted ones too. */
  someConversations: async (userId: string, limit: number): Promise<string[]> =>
    (await database.json<string[] | null>(sql`
      select json_agg(id) as result from (select id from conversations where owner_id = ${userId}::uuid order by id limit ${limit}) c`)) ??
    [],

  eraseConversations: (userId: string, ids: string[]) =>
    database.json(sql`
      with gone as (
        delete from conversations where owner_id = ${userId}::uuid
          and id in (select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb)) returning 1
      )
      select to_json((select count(*) from gone)) as result`),

  /** What a person's documents and memories are kept in is there only where the database has vectors. */
  eraseKnowledge: async (userId: string): Promise<void> => {
    try {
      await database.batch(
        sql`delete from documents where owner_id = ${userId}::uuid`,
        sql`delete from collections where owner_id = ${userId}::uuid`,
        sql`delete from memories where owner_id = ${userId}::uuid`,
      )
    } catch (error) {
      if (!isNoSuchTable(error)) throw error
    }
  },

  /**
   * Erases all of a person but an empty row, in one transaction. Money that is still held is charged in full first, since its holder may be
   * spending it: the instance's books stay exact. The ledger keeps its rows and forgets whose they were.
   */
  emptyPerson: async (userId: string, now: Date): Promise<void> => {
    await database.batch(
      sql`
        with mine as materialized (
          select id from reservations where user_id = ${userId}::uuid order by id for update
        ),
        closed as (
          delete from reservations r using mine where r.id = mine.id returning r.*
        ),
        entries as (
          insert into ledger (reservation_id, kind, user_id, key_id, purpose, model, day, month, amount_micros, at)
          select id, 'settle'::ledger_kind, null, key_id, purpose, model, day, month, amount_micros, ${time(now)} from closed
        ),
        due as materialized (
          select key.scope, key.owner_id, key.period, sum(c.amount_micros) as held
          from closed c, lateral (values ${budgetKeys(sql`c.user_id`, sql`c.day`, sql`c.month`, sql`c.key_id`)}) as key (scope, owner_id, period)
          group by 1, 2, 3
        ),
        locked as materialized (
          select b.scope, b.owner_id, b.period, due.held from budgets b join due using (scope, owner_id, period)
          order by b.scope, b.owner_id, b.period for update of b
        ),
        moved as (
          update budgets b set reserved_micros = b.reserved_micros - locked.held, spent_micros = b.spent_micros + locked.held
          from locked where b.scope = locked.scope and b.owner_id = locked.owner_id and b.period = locked.period
        )
        select to_json((select count(*) from closed)) as result`,
      sql`update ledger set user_id = null where user_id = ${userId}::uuid`,
      sql`delete from budgets where owner_id = ${userId}::uuid`,
      sql`update audit set subject = null where subject = ${userId}`,
      sql`delete from users where id = ${userId}::uuid`,
      sql`delete from storage where owner_id = ${userId}::uuid`,
      // Without an e-mail address: should nobody come back for it, it goes like a place that was held and never taken.
      sql`insert into users (id, signed_out_at) values (${userId}::uuid, ${time(now)})`,
    )
  },

  forgetPerson: (userId: string) =>
    database.json(sql`delete from users where id = ${userId}::uuid returning to_json(1) as result`),
})
