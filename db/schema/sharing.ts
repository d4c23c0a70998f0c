import { foreignKey, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { conversations } from './conversations.ts'
import { moment, users } from './people.ts'

/** A frozen copy of a conversation up to a message, readable by whoever has the token (kept as a SHA-256). */
export const shares = pgTable(
  'shares',
  {
    id: uuid().primaryKey(),
    ownerId: uuid('owner_id').notNull(),
    conversationId: uuid('conversation_id').notNull(),
    digest: text().notNull(),
    content: jsonb().notNull(),
    expiresAt: moment('expires_at').notNull(),
    revokedAt: moment('revoked_at'),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    foreignKey({
      name: 'shares_conversation',
      columns: [table.conversationId, table.ownerId],
      foreignColumns: [conversations.id, conversations.ownerId],
    }).onDelete('cascade'),
    uniqueIndex('shares_by_digest').on(table.digest),
    index('shares_by_conversation').on(table.conversationId),
  ],
)

/** An invitation to join, kept as a SHA-256 of its code. */
export const invites = pgTable(
  'invites',
  {
    id: uuid().primaryKey(),
    createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
    digest: text().notNull(),
    uses: integer().notNull().default(0),
    maxUses: integer('max_uses').notNull().default(1),
    expiresAt: moment('expires_at').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [uniqueIndex('invites_by_digest').on(table.digest)],
)
