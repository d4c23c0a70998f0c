import { sql } from 'drizzle-orm'
import {
  check,
  customType,
  foreignKey,
  halfvec,
  index,
  integer,
  pgTable,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { moment } from './people.ts'

/** Every embedding has this many dimensions; `model` beside it keeps two models from being mixed in one search. */
export const dimensions = 1536

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })

/** These tables need pgvector. Everything else runs without them. */
export const documents = pgTable(
  'documents',
  {
    id: uuid().primaryKey(),
    ownerId: uuid('owner_id').notNull(),
    fileId: uuid('file_id'),
    title: text().notNull(),
    digest: text().notNull(),
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
    model: text(),
    embedding: halfvec({ dimensions }),
    words: tsvector().generatedAlwaysAs(sql`to_tsvector('simple', text)`),
  },
  (table) => [
    foreignKey({
      name: 'chunks_document',
      columns: [table.documentId, table.ownerId],
      foreignColumns: [documents.id, documents.ownerId],
    }).onDelete('cascade'),
    unique('chunks_position').on(table.documentId, table.position),
    index('chunks_by_owner').on(table.ownerId, table.model),
    index('chunks_words').using('gin', table.words),
    check('chunks_embedding_has_model', sql`(${table.embedding} is null) or (${table.model} is not null)`),
  ],
)

export const memories = pgTable(
  'memories',
  {
    id: uuid().primaryKey(),
    ownerId: uuid('owner_id').notNull(),
    text: text().notNull(),
    model: text(),
    embedding: halfvec({ dimensions }),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [index('memories_by_owner').on(table.ownerId, table.createdAt)],
)
