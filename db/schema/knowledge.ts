import { sql } from 'drizzle-orm'
import {
  check,
  customType,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { messages } from './conversations.ts'
import { moment } from './people.ts'

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })
/** Of any number of dimensions: `model` beside it says what made it and how many, and only equal ones are compared. */
const halfvec = customType<{ data: string }>({ dataType: () => 'halfvec' })
const regconfig = customType<{ data: string }>({ dataType: () => 'regconfig' })

/** These tables need pgvector. Everything else runs without them. */
export const documents = pgTable(
  'documents',
  {
    id: uuid().primaryKey(),
    ownerId: uuid('owner_id').notNull(),
    fileId: uuid('file_id'),
    title: text().notNull(),
    digest: text().notNull(),
    /** How many passages it has when all of it is here. */
    total: integer().notNull().default(0),
    /** How PostgreSQL brings its words to their stems. */
    language: regconfig().notNull().default('simple'),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    unique('documents_id_and_owner').on(table.id, table.ownerId),
    index('documents_by_owner').on(table.ownerId, table.createdAt),
  ],
)

export const chunks = pgTable(
  'chunks',
  {
    id: uuid().primaryKey(),
    ownerId: uuid('owner_id').notNull(),
    documentId: uuid('document_id').notNull(),
    position: integer().notNull(),
    page: integer(),
    text: text().notNull(),
    digest: text().notNull(),
    language: regconfig().notNull().default('simple'),
    model: text(),
    embedding: halfvec(),
    /** Until then it is somebody's to embed, and nobody else pays for it. */
    claimedUntil: moment('claimed_until'),
    words: tsvector().generatedAlwaysAs(sql`to_tsvector(language, searchable(text))`),
  },
  (table) => [
    foreignKey({
      name: 'chunks_document',
      columns: [table.documentId, table.ownerId],
      foreignColumns: [documents.id, documents.ownerId],
    }).onDelete('cascade'),
    unique('chunks_position').on(table.documentId, table.position),
    index('chunks_by_owner').on(table.ownerId, table.model),
    index('chunks_by_digest').on(table.ownerId, table.digest),
    index('chunks_words').using('gin', table.words),
    check('chunks_embedding_has_model', sql`(${table.embedding} is null) or (${table.model} is not null)`),
  ],
)

/** Documents that are searched together. */
export const collections = pgTable(
  'collections',
  {
    id: uuid().primaryKey(),
    ownerId: uuid('owner_id').notNull(),
    name: text().notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    unique('collections_id_and_owner').on(table.id, table.ownerId),
    index('collections_by_owner').on(table.ownerId, table.createdAt),
  ],
)

export const collected = pgTable(
  'collected',
  {
    collectionId: uuid('collection_id').notNull(),
    documentId: uuid('document_id').notNull(),
    ownerId: uuid('owner_id').notNull(),
  },
  (table) => [
    primaryKey({ name: 'collected_key', columns: [table.collectionId, table.documentId] }),
    foreignKey({
      name: 'collected_in',
      columns: [table.collectionId, table.ownerId],
      foreignColumns: [collections.id, collections.ownerId],
    }).onDelete('cascade'),
    foreignKey({
      name: 'collected_document',
      columns: [table.documentId, table.ownerId],
      foreignColumns: [documents.id, documents.ownerId],
    }).onDelete('cascade'),
  ],
)

/** What a collection is attached to: a conversation or an assistant, which then looks nowhere else. */
export const attached = pgTable(
  'attached',
  {
    targetId: uuid('target_id').notNull(),
    collectionId: uuid('collection_id').notNull(),
    ownerId: uuid('owner_id').notNull(),
  },
  (table) => [
    primaryKey({ name: 'attached_key', columns: [table.targetId, table.collectionId] }),
    foreignKey({
      name: 'attached_collection',
      columns: [table.collectionId, table.ownerId],
      foreignColumns: [collections.id, collections.ownerId],
    }).onDelete('cascade'),
  ],
)

/** What an answer and its question are about: far fewer dimensions than a passage has, as there are far more of them. */
export const meanings = pgTable(
  'meanings',
  {
    messageId: uuid('message_id').primaryKey(),
    ownerId: uuid('owner_id').notNull(),
    model: text().notNull(),
    /** Nothing where the model refused the text. */
    embedding: halfvec(),
  },
  (table) => [
    foreignKey({
      name: 'meanings_message',
      columns: [table.messageId],
      foreignColumns: [messages.id],
    }).onDelete('cascade'),
    index('meanings_by_owner').on(table.ownerId, table.model),
  ],
)

export const memories = pgTable(
  'memories',
  {
    id: uuid().primaryKey(),
    ownerId: uuid('owner_id').notNull(),
    text: text().notNull(),
    model: text(),
    embedding: halfvec(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [index('memories_by_owner').on(table.ownerId, table.createdAt)],
)
