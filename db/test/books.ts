import { newId } from '@macro-ai/shared'
import { neon, type NeonQueryFunction } from '@neondatabase/serverless'
import { wrongBudgets } from '../../worker/local/commands/doctor/books.ts'
import { startPlatform } from '../../worker/local/platform.ts'
import { openStore } from '../../worker/src/adapters/database/index.ts'
import { neonLink } from '../../worker/src/adapters/database/neon.ts'
import { migrate } from '../migrate.ts'

export type Books = Awaited<ReturnType<typeof openBooks>>

/** A migrated database behind Neon's wire, embedded or real, with the store that the Worker uses on top. */
export const openBooks = async (postgresUrl?: string) => {
  const platform = await startPlatform({ port: 0, dataDir: null, postgresUrl, demo: false })
  const { url: databaseUrl, endpoint: fetchEndpoint } = platform.database
  await migrate({ databaseUrl, fetchEndpoint })
  const store = openStore({ link: neonLink({ url: databaseUrl, fetchEndpoint, onTrip: () => undefined }) })
  const sql = neon(databaseUrl)

  return {
    store,
    sql,
    stop: platform.stop,
    /** As after a migration. Only tests may do this: the ledger refuses to forget. */
    clear: () =>
      sql.transaction([
        sql`alter table ledger disable trigger user`,
        sql`truncate users, budgets, reservations, ledger cascade`,
        sql`update instance set monthly_cap_micros = null`,
        sql`alter table ledger enable trigger user`,
      ]),
    /** A new person's id. */
    introduce: async () => {
      const id = newId()
      await sql`insert into users (id) values (${id})`
      return id
    },
    broken: () => brokenIn(sql),
  }
}

/** Every rule of the books that is broken right now: none, at any moment. */
export const brokenIn = async (sql: NeonQueryFunction<false, false>): Promise<string[]> => {
  const rows = await sql.query(brokenRules)
  const wrong = await sql.query(wrongBudgets)
  return [...rows.map((row) => String(row['rule'])), ...wrong.map((row) => JSON.stringify(row))]
}

const brokenRules = `
  select 'a reservation was closed twice' where exists (
    select from ledger where kind <> 'reserve' group by reservation_id having count(*) > 1)
  union all select 'more was charged than held' where exists (
    select from ledger c left join ledger r on r.reservation_id = c.reservation_id and r.kind = 'reserve'
    where c.kind <> 'reserve' and c.amount_micros > coalesce(r.amount_micros, -1))
  union all select 'a release has a charge, or a settlement has none' where exists (
    select from ledger where (kind = 'release') <> (amount_micros = 0) and kind <> 'reserve'
      and (kind = 'release' or reservation_id in (select reservation_id from ledger where kind = 'reserve' and amount_micros > 0)))
  union all select 'what is open is not what was reserved and never closed' where exists (
    select from reservations r
    full join (
      select reservation_id from ledger group by 1 having bool_and(kind = 'reserve')
    ) l on l.reservation_id = r.id
    where r.id is null or l.reservation_id is null)
  union all select 'an answer costs something else than was charged for it' where exists (
    select from messages m left join ledger l on l.reservation_id = m.turn_id and l.kind <> 'reserve'
    where m.role = 'assistant' and m.cost_micros is distinct from l.amount_micros)
  union all select 'an answer is streaming without money held, or the other way round' where exists (
    select from messages m where m.role = 'assistant'
      and (m.status = 'streaming') <> exists (select from reservations r where r.id = m.turn_id))
  union all select 'a conversation costs something else than its answers' where exists (
    select from conversations c where c.cost_micros <> (
      select coalesce(sum(m.cost_micros), 0) from messages m where m.conversation_id = c.id))`
