import { index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { moment, users } from './people.ts'

/** A way of answering that somebody saved. */
export const assistants = pgTable(
  'assistants',
  {
    id: uuid().primaryKey(),
    ownerId: uuid('owner_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    name: text().notNull(),
    description: text().notNull().default(''),
    instructions: text().notNull().default(''),
    model: text(),
    starters: jsonb().notNull().default([]),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [index('assistants_by_owner').on(table.ownerId)],
)
