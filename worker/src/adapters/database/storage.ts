import type { StorageReport } from '@macro-ai/shared'
import { sql, type SQL } from 'drizzle-orm'
import { isNoSuchTable, type Database } from './client.ts'
import type { StorageCaps } from './files.ts'
import { nobody } from './money.ts'

/** What may be kept. A database without a bound that we know has 0. */
export type Room = StorageCaps & { databaseBytes: number }

const kept = (count: SQL, bytes: SQL) => sql`json_build_object('count', ${count}, 'bytes', coalesce(${bytes}, 0))`
const nothing = kept(sql`0`, sql`0`)

/** Of texts as they are read: PostgreSQL may keep long ones in less. */
const conversationBytes = sql`octet_length(c.title) + octet_length(c.instructions)`
const embeddingBytes = (table: SQL) => sql`coalesce(pg_column_size(${table}.embedding), 0)`

const documentsOf = (userId: string) => sql`(
  select ${kept(
    sql`(select count(*) from documents d where d.owner_id = ${userId}::uuid)`,
    sql`sum(octet_length(k.text) + ${embeddingBytes(sql`k`)})`,
  )} from chunks k where k.owner_id = ${userId}::uuid)`

const memoriesOf = (userId: string) => sql`(
  select ${kept(sql`count(*)`, sql`sum(octet_length(m.text) + ${embeddingBytes(sql`m`)})`)}
  from memories m where m.owner_id = ${userId}::uuid)`

const bound = (what: SQL, whose: string, used: SQL, cap: SQL) =>
  sql`json_build_object('what', ${what}, 'whose', ${whose}::text, 'used', ${used}, 'cap', ${cap})`

/** Of files and passages what is counted, beside what may be; of the database all that it takes. */
const bounds = (userId: string, caps: Room) => {
  const used = (owner: string, column: SQL) =>
    sql`coalesce((select ${column} from storage where owner_id = ${owner}::uuid), 0)`
  const pair = (whose: string, owner: string, bytes: number, chunks: number) => [
    bound(sql`'files'`, whose, used(owner, sql`bytes`), sql`${bytes}::bigint`),
    bound(sql`'passages'`, whose, used(owner, sql`chunks`), sql`${chunks}::int`),
  ]
  return sql`json_build_array(${sql.join(
    [
      ...pair('mine', userId, caps.userBytes, caps.userChunks),
      ...pair('everybody', nobody, caps.instanceBytes, caps.instanceChunks),
      ...(caps.databaseBytes > 0
        ? [
            bound(
              sql`'database'`,
              'everybody',
              sql`pg_database_size(current_database())`,
              sql`${caps.databaseBytes}::bigint`,
            ),
          ]
        : []),
    ],
    sql`, `,
  )})`
}

const statement = (userId: string, caps: Room, documents: SQL, memories: SQL) => sql`
  with mine as (
    select c.deleted_at is not null as gone, ${conversationBytes} as bytes, said.count, said.bytes as said
    from conversations c cross join lateral (
      select count(*) as count, coalesce(sum(octet_length(m.text) + octet_length(m.sources::text)), 0) as bytes
      from messages m where m.conversation_id = c.id
    ) said
    where c.owner_id = ${userId}::uuid
  )
  select json_build_object(
    'conversations', ${kept(sql`count(*) filter (where not gone)`, sql`sum(bytes) filter (where not gone)`)},
    'deleted', ${kept(sql`count(*) filter (where gone)`, sql`sum(bytes + said) filter (where gone)`)},
    'messages', ${kept(sql`coalesce(sum(count) filter (where not gone), 0)`, sql`sum(said) filter (where not gone)`)},
    'files', (select ${kept(sql`count(*)`, sql`sum(f.bytes)`)} from files f where f.owner_id = ${userId}::uuid),
    'documents', ${documents}, 'memories', ${memories}, 'bounds', ${bounds(userId, caps)}
  ) as result from mine`

export const storageStore = (database: Database) => ({
  /** What one person keeps, in one statement. */
  storage: async (userId: string, caps: Room): Promise<StorageReport> => {
    try {
      return await database.json<StorageReport>(statement(userId, caps, documentsOf(userId), memoriesOf(userId)))
    } catch (error) {
      // Documents and memories are there only where the database has vectors.
      if (!isNoSuchTable(error)) throw error
      return database.json<StorageReport>(statement(userId, caps, nothing, nothing))
    }
  },
})
