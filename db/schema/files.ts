import { sql } from 'drizzle-orm'
import { bigint, check, date, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { moment, users } from './people.ts'

/**
 * A file in R2. Its row comes first and goes last, so that no object is there without one: `storedAt` is null until the
 * object is known to be there, `deletedAt` is set before the object goes.
 */
export const files = pgTable(
  'files',
  {
    id: uuid().primaryKey(),
    ownerId: uuid('owner_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    name: text().notNull(),
    type: text().notNull(),
    bytes: integer().notNull(),
    sha256: text().notNull(),
    storedAt: moment('stored_at'),
    deletedAt: moment('deleted_at'),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('files_by_owner').on(table.ownerId, table.createdAt),
    index('files_by_hash').on(table.ownerId, table.sha256),
    index('files_to_sweep')
      .on(table.createdAt)
      .where(sql`${table.storedAt} is null or ${table.deletedAt} is not null`),
  ],
)

const nobody = sql.raw(`'00000000-0000-0000-0000-000000000000'`)

/**
 * What somebody keeps, and in the row of the nil UUID what all keep together. Triggers on the tables count, and no row
 * may pass its caps, so nothing that is stored can get past them. The bounds on R2's billed operations, half of what is
 * free in a month, are the instance's.
 */
export const storage = pgTable(
  'storage',
  {
    ownerId: uuid('owner_id').primaryKey(),
    bytes: bigint({ mode: 'number' }).notNull().default(0),
    capBytes: bigint('cap_bytes', { mode: 'number' }).notNull().default(500_000_000),
    chunks: integer().notNull().default(0),
    capChunks: integer('cap_chunks').notNull().default(10_000),
    month: date().notNull().defaultNow(),
    writes: integer().notNull().default(0),
    reads: integer().notNull().default(0),
    /** The last key that the sweep of R2 looked at, and when it did. */
    sweptKey: text('swept_key').notNull().default(''),
    sweptAt: moment('swept_at'),
  },
  (table) => [
    check('storage_not_negative', sql`${table.bytes} >= 0 and ${table.chunks} >= 0`),
    check('files_full_user', sql`${table.ownerId} = ${nobody} or ${table.bytes} <= ${table.capBytes}`),
    check('files_full_instance', sql`${table.ownerId} <> ${nobody} or ${table.bytes} <= ${table.capBytes}`),
    check('chunks_full_user', sql`${table.ownerId} = ${nobody} or ${table.chunks} <= ${table.capChunks}`),
    check('chunks_full_instance', sql`${table.ownerId} <> ${nobody} or ${table.chunks} <= ${table.capChunks}`),
    check('files_operations', sql`${table.writes} <= 500000 and ${table.reads} <= 5000000`),
  ],
)
