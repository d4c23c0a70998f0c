import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  date,
  index,
  integer,
  pgEnum,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { micros, moment, users } from './people.ts'

export const budgetScope = pgEnum('budget_scope', ['instance-month', 'user-day', 'user-month', 'key-month'])
export const ledgerKind = pgEnum('ledger_kind', ['reserve', 'settle', 'release'])

/**
 * One row a cap and period. `spent + reserved <= cap` is a constraint of the table, so no statement, race or bug can
 * leave the database in an overspent state. The owner of the instance's own row is the nil UUID.
 */
export const budgets = pgTable(
  'budgets',
  {
    scope: budgetScope().notNull(),
    ownerId: uuid('owner_id').notNull(),
    /** First day of the period, UTC. */
    period: date().notNull(),
    capMicros: micros('cap_micros').notNull(),
    reservedMicros: micros('reserved_micros').notNull().default(0),
    spentMicros: micros('spent_micros').notNull().default(0),
  },
  (table) => [
    primaryKey({ name: 'budgets_key', columns: [table.scope, table.ownerId, table.period] }),
    check('budgets_not_negative', sql`${table.spentMicros} >= 0 and ${table.reservedMicros} >= 0`),
    ...budgetScope.enumValues.map((scope) =>
      check(
        `cap_${scope.replace('-', '_')}`,
        sql`${table.scope} <> ${sql.raw(`'${scope}'`)} or ${table.spentMicros} + ${table.reservedMicros} <= ${table.capMicros}`,
      ),
    ),
  ],
)

/** Money that is held and not yet settled. Closing one deletes its row, which can happen only once. */
export const reservations = pgTable(
  'reservations',
  {
    /** Of a turn: the turn's id. */
    id: uuid().primaryKey(),
    userId: uuid('user_id').notNull(),
    /** The API key that the call came with. */
    keyId: uuid('key_id'),
    purpose: text().notNull(),
    model: text().notNull(),
    day: date().notNull(),
    month: date().notNull(),
    amountMicros: micros('amount_micros').notNull(),
    createdAt: moment('created_at').notNull(),
    /** Past this moment whoever held it is taken for dead, and all of it is charged. */
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    index('reservations_by_expiry').on(table.expiresAt),
    check('reservations_not_negative', sql`${table.amountMicros} >= 0`),
  ],
)

/** Append-only (a trigger refuses anything else): every total can be derived from it. */
export const ledger = pgTable(
  'ledger',
  {
    reservationId: uuid('reservation_id').notNull(),
    kind: ledgerKind().notNull(),
    userId: uuid('user_id'),
    keyId: uuid('key_id'),
    purpose: text().notNull(),
    model: text().notNull(),
    day: date().notNull(),
    month: date().notNull(),
    /** Of a reserve: what was held. Of a settle: what was charged. Of a release: 0. */
    amountMicros: micros('amount_micros').notNull(),
    inputTokens: integer('input_tokens').notNull().default(0),
    cachedTokens: integer('cached_tokens').notNull().default(0),
    outputTokens: integer('output_tokens').notNull().default(0),
    at: moment('at').notNull(),
  },
  (table) => [
    uniqueIndex('ledger_reserved_once')
      .on(table.reservationId)
      .where(sql`${table.kind} = 'reserve'`),
    uniqueIndex('ledger_closed_once')
      .on(table.reservationId)
      .where(sql`${table.kind} <> 'reserve'`),
    index('ledger_by_user_and_day').on(table.userId, table.day),
    check('ledger_not_negative', sql`${table.amountMicros} >= 0`),
  ],
)

/** What the owner set for the whole instance: a single row. */
export const instance = pgTable(
  'instance',
  {
    id: smallint().primaryKey().default(1),
    monthlyCapMicros: micros('monthly_cap_micros'),
    paused: boolean().notNull().default(false),
    degrade: boolean().notNull().default(true),
  },
  (table) => [
    check('instance_is_one', sql`${table.id} = 1`),
    check('instance_cap_not_negative', sql`${table.monthlyCapMicros} >= 0`),
  ],
)

/** Keys for other programs: `mk_…`, shown once, kept as a SHA-256. */
export const keys = pgTable(
  'keys',
  {
    id: uuid().primaryKey(),
    ownerId: uuid('owner_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    name: text().notNull(),
    digest: text().notNull(),
    hint: text().notNull(),
    scopes: text().array().notNull().default([]),
    capMicros: micros('cap_micros'),
    expiresAt: moment('expires_at'),
    revokedAt: moment('revoked_at'),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [uniqueIndex('keys_by_digest').on(table.digest), index('keys_by_owner').on(table.ownerId)],
)
