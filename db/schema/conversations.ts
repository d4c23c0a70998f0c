import { sql } from 'drizzle-orm'
import {
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { assistants } from './assistants.ts'
import { micros, moment, users } from './people.ts'

export const messageRole = pgEnum('message_role', ['user', 'assistant'])
export const messageStatus = pgEnum('message_status', ['streaming', 'complete', 'stopped', 'interrupted', 'failed'])
export const titleSource = pgEnum('title_source', ['text', 'model', 'person'])

export const conversations = pgTable(
  'conversations',
  {
    id: uuid().primaryKey(),
    ownerId: uuid('owner_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    title: text().notNull(),
    titleSource: titleSource('title_source').notNull().default('text'),
    model: text(),
    assistantId: uuid('assistant_id').references(() => assistants.id, { onDelete: 'set null' }),
    instructions: text().notNull().default(''),
    /** The end of the path that is shown: a message of this conversation. */
    leafId: uuid('leaf_id'),
    pinnedAt: moment('pinned_at'),
    archivedAt: moment('archived_at'),
    deletedAt: moment('deleted_at'),
    costMicros: micros('cost_micros').notNull().default(0),
    createdAt: moment('created_at').notNull().defaultNow(),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [
    unique('conversations_id_and_owner').on(table.id, table.ownerId),
    // In the order of the list, read backwards.
    index('conversations_active')
      .on(table.ownerId, sql`(${table.pinnedAt} is not null)`, table.updatedAt, table.id)
      .where(sql`${table.deletedAt} is null and ${table.archivedAt} is null`),
    index('conversations_archived')
      .on(table.ownerId, sql`(${table.pinnedAt} is not null)`, table.updatedAt, table.id)
      .where(sql`${table.deletedAt} is null and ${table.archivedAt} is not null`),
    index('conversations_by_assistant')
      .on(table.assistantId)
      .where(sql`${table.assistantId} is not null`),
    index('conversations_deleted')
      .on(table.deletedAt)
      .where(sql`${table.deletedAt} is not null`),
  ],
)

/** Messages form a tree: an edit or another answer is a sibling, nothing is overwritten. */
export const messages = pgTable(
  'messages',
  {
    id: uuid().primaryKey(),
    conversationId: uuid('conversation_id').notNull(),
    ownerId: uuid('owner_id').notNull(),
    parentId: uuid('parent_id'),
    role: messageRole().notNull(),
    status: messageStatus().notNull().default('complete'),
    text: text().notNull(),
    /** How far from the root: windows of the context start at fixed depths, so that a provider's prefix cache holds. */
    depth: integer().notNull(),
    /** Of an answer: the turn that asked for it (the idempotency key), and a digest of what was asked. */
    turnId: uuid('turn_id'),
    turnDigest: text('turn_digest'),
    model: text(),
    inputTokens: integer('input_tokens'),
    cachedTokens: integer('cached_tokens'),
    outputTokens: integer('output_tokens'),
    costMicros: micros('cost_micros'),
    attachments: jsonb().notNull().default([]),
    sources: jsonb().notNull().default([]),
    error: jsonb(),
    createdAt: moment('created_at').notNull().defaultNow(),
    finishedAt: moment('finished_at'),
  },
  (table) => [
    unique('messages_conversation_and_id').on(table.conversationId, table.id),
    foreignKey({
      name: 'messages_conversation',
      columns: [table.conversationId, table.ownerId],
      foreignColumns: [conversations.id, conversations.ownerId],
    }).onDelete('cascade'),
    foreignKey({
      name: 'messages_parent',
      columns: [table.conversationId, table.parentId],
      foreignColumns: [table.conversationId, table.id],
    }).onDelete('cascade'),
    uniqueIndex('messages_turn').on(table.turnId),
    // Of an expression: a column of these words would take three times the room. It begins with the owner, see the migration.
    index('messages_words').using('gin', sql`search_words(${table.ownerId}, ${table.text})`),
    index('messages_siblings').on(table.conversationId, table.parentId, table.id),
    check('messages_answer_has_parent', sql`${table.role} = 'user' or ${table.parentId} is not null`),
    check('messages_answer_has_turn', sql`(${table.role} = 'assistant') = (${table.turnId} is not null)`),
    check('messages_only_answers_stream', sql`${table.role} = 'assistant' or ${table.status} = 'complete'`),
    check('messages_cost_not_negative', sql`${table.costMicros} >= 0`),
  ],
)
