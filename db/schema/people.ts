import { sql } from 'drizzle-orm'
import { bigint, boolean, check, index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

export const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })
export const micros = (name: string) => bigint(name, { mode: 'number' })

/** A person. The id is Cognito's `sub`; who they are is Cognito's business, what they did and may spend is ours. */
export const users = pgTable(
  'users',
  {
    id: uuid().primaryKey(),
    email: text(),
    name: text(),
    defaultModel: text('default_model'),
    instructions: text().notNull().default(''),
    memory: boolean().notNull().default(true),
    /** What the person asked to be remembered, newest last, as a prompt says it: a trigger on memories keeps it so. */
    remembered: text().notNull().default(''),
    /** Overrides of the instance's caps; null means the setting's value. */
    dailyCapMicros: micros('daily_cap_micros'),
    monthlyCapMicros: micros('monthly_cap_micros'),
    disabledAt: moment('disabled_at'),
    /** Access tokens issued before this moment are refused (sign out everywhere). */
    signedOutAt: moment('signed_out_at'),
    /** Counts every change of what the first page shows, so that an old page never replaces a newer one in the cache. */
    revision: bigint({ mode: 'number' }).notNull().default(0),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('users_by_email').on(table.email),
    check('users_caps_not_negative', sql`${table.dailyCapMicros} >= 0 and ${table.monthlyCapMicros} >= 0`),
  ],
)

/** Who did what to whom: sign-in walls, limits, roles. Never message text. */
export const audit = pgTable(
  'audit',
  {
    id: uuid().primaryKey(),
    actorId: uuid('actor_id').references(() => users.id, { onDelete: 'set null' }),
    action: text().notNull(),
    subject: text(),
    at: moment('at').notNull().defaultNow(),
  },
  (table) => [index('audit_by_time').on(table.at)],
)
