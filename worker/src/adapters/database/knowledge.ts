import type { DocumentCard, LibraryRoom, NewChunk, OpenDocument } from '@macro-ai/shared'
import { sql, type SQL } from 'drizzle-orm'
import { isNoSuchTable, type Database } from './client.ts'
import { fullOf, storageStatement, type Full, type StorageCaps } from './files.ts'
import { iso } from './lists.ts'
import { nobody } from './money.ts'

export type { Full }

export type DigestedChunk = NewChunk & { position: number; digest: string }
export type AddedChunks = {
  ownerId: string
  documentId: string
  chunks: DigestedChunk[]
  /** The embedding model in force: what it made for this person's same text before is taken over. */
  model: string
  /** Of a document that is being added: only that very one gets them. */
  digest?: string
}
export type NewDocumentRow = {
  id: string
  ownerId: string
  fileId: string | null
  title: string
  digest: string
  total: number
  language: string
}
/** A text that has no embedding of the model in force. */
export type Bare = { id: string; text: string }
/** Its embedding, as pgvector writes it; none where the model refuses the text. */
export type Kept = { id: string; vector: string | null }

const card = (model: string) => sql`
  'id', d.id, 'title', d.title, 'fileId', d.file_id, 'total', d.total, 'createdAt', ${iso(sql`d.created_at`)},
  'chunks', (select count(*) from chunks c where c.document_id = d.id),
  'embedded', (select count(*) from chunks c where c.document_id = d.id and c.model = ${model})`

const chunksStatement = ({ ownerId, documentId, chunks, model, digest }: AddedChunks): SQL => sql`
  with given as materialized (
    select g.*, d.id as document_id, d.owner_id, d.language from documents d,
      jsonb_to_recordset(${JSON.stringify(chunks)}::jsonb) as g (position int, page int, text text, digest text)
    where d.id = ${documentId}::uuid and d.owner_id = ${ownerId}::uuid and g.position < d.total
      and d.digest = coalesce(${digest ?? null}, d.digest)
  ),
  clash as materialized (
    select from given g join chunks c using (document_id, position)
    where c.digest <> g.digest or c.page is distinct from g.page
  ),
  added as (
    insert into chunks (id, owner_id, document_id, position, page, text, digest, language, model, embedding)
    select gen_random_uuid(), g.owner_id, g.document_id, g.position, g.page, g.text, g.digest, g.language, known.model, known.embedding
    from given g left join lateral (
      select c.model, c.embedding from chunks c
      where c.owner_id = g.owner_id and c.digest = g.digest and c.model = ${model} and c.embedding is not null limit 1
    ) known on true
    where not exists (select from clash)
    on conflict (document_id, position) do nothing
    returning 1
  )
  select json_build_object(
    'added', (select count(*) from added),
    'clashes', (select count(*) from clash)
  ) as result from (values (1)) one where exists (select from documents where id = ${documentId}::uuid and owner_id = ${ownerId}::uuid)`

/** Passages of a document, in their order, that the model in force has not embedded. */
const bareStatement = (ownerId: string, documentId: string, model: string, limit: number): SQL => sql`
  select coalesce(json_agg(json_build_object('id', id, 'text', text) order by position), '[]') as result from (
    select id, text, position from chunks
    where owner_id = ${ownerId}::uuid and document_id = ${documentId}::uuid and model is distinct from ${model}
    order by position limit ${limit}
  ) bare`

const cardStatement = (ownerId: string, id: string, model: string): SQL => sql`
  select json_build_object(${card(model)}) as result from documents d where d.id = ${id}::uuid and d.owner_id = ${ownerId}::uuid`

type Added = { added: number; clashes: number }

export const knowledgeStore = (database: Database) => ({
  /** Whether something failed because the database has no vectors, and so nothing to keep documents in. */
  knowledgeIsOff: isNoSuchTable,

  /**
   * Adds a document, or finds that it is here already, with its first passages; nothing when another one has its id, or
   * the file it came from is not its owner's.
   */
  addDocument: async (
    row: NewDocumentRow,
    added: AddedChunks,
    caps: StorageCaps,
    now: Date,
  ): Promise<{ ours: boolean; added: Added | undefined; bare: Bare[] } | { full: Full }> => {
    try {
      const [, ours, chunks, bare] = await database.batch<[unknown, number | undefined, Added | undefined, Bare[]]>(
        storageStatement(row.ownerId, caps, now, { writes: 0, reads: 0 }),
        sql`
          insert into documents as d (id, owner_id, file_id, title, digest, total, language)
          select ${row.id}::uuid, ${row.ownerId}::uuid, ${row.fileId}::uuid, ${row.title}, ${row.digest}, ${row.total}::int, ${row.language}::regconfig
          where ${row.fileId}::uuid is null or exists (
            select from files where id = ${row.fileId}::uuid and owner_id = ${row.ownerId}::uuid and deleted_at is null)
          on conflict (id) do update set title = d.title where d.owner_id = excluded.owner_id and d.digest = excluded.digest
          returning to_json(1) as result`,
        chunksStatement({ ...added, digest: row.digest }),
        bareStatement(row.ownerId, row.id, added.model, added.chunks.length),
      )
      return { ours: ours !== undefined, added: chunks, bare }
    } catch (error) {
      const full = fullOf(error)
      if (!full) throw error
      return { full }
    }
  },

  addChunks: async (
    added: AddedChunks,
    caps: StorageCaps,
    now: Date,
  ): Promise<{ added: Added | undefined; bare: Bare[] } | { full: Full }> => {
    try {
      const [, chunks, bare] = await database.batch<[unknown, Added | undefined, Bare[]]>(
        storageStatement(added.ownerId, caps, now, { writes: 0, reads: 0 }),
        chunksStatement(added),
        bareStatement(added.ownerId, added.documentId, added.model, added.chunks.length),
      )
      return { added: chunks, bare }
    } catch (error) {
      const full = fullOf(error)
      if (!full) throw error
      return { full }
    }
  },

  barePassages: (ownerId: string, documentId: string, model: string, limit: number) =>
    database.json<Bare[]>(bareStatement(ownerId, documentId, model, limit)),

  /** The first passages of a person that only an earlier model has embedded, or none. */
  staleChunks: (ownerId: string, model: string, limit: number) =>
    database.json<Bare[]>(sql`
      select coalesce(json_agg(json_build_object('id', id, 'text', text) order by id), '[]') as result from (
        select id, text from chunks where owner_id = ${ownerId}::uuid and model is distinct from ${model} order by id limit ${limit}
      ) stale`),

  embedChunks: (ownerId: string, model: string, rows: Kept[]) =>
    database.json(sql`
      update chunks c set embedding = v.vector::halfvec, model = ${model}
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v (id uuid, vector text)
      where c.id = v.id and c.owner_id = ${ownerId}::uuid returning to_json(1) as result`),

  findDocument: (ownerId: string, id: string, model: string) =>
    database.json<DocumentCard | undefined>(cardStatement(ownerId, id, model)),

  openDocument: (ownerId: string, id: string, model: string, from: number, limit: number) =>
    database.json<OpenDocument | undefined>(sql`
      with page as (
        select c.position, c.page, c.text from chunks c
        where c.document_id = ${id}::uuid and c.owner_id = ${ownerId}::uuid and c.position >= ${from}
        order by c.position limit ${limit + 1}
      )
      select json_build_object(${card(model)},
        'passages', coalesce((select json_agg(p order by p.position) from (select * from page order by position limit ${limit}) p), '[]'),
        'nextPosition', (select position from page order by position offset ${limit} limit 1)) as result
      from documents d where d.id = ${id}::uuid and d.owner_id = ${ownerId}::uuid`),

  listDocuments: (ownerId: string, model: string, after: string | null, limit: number) =>
    database.json<DocumentCard[] | null>(sql`
      select json_agg(json_build_object(${card(model)}) order by d.id desc) as result from (
        select * from documents where owner_id = ${ownerId}::uuid
and (${after}::uuid is null or id < ${after}::uuid)
        order by id desc limit ${limit + 1}
      ) d`),

  libraryRoom: (ownerId: string, caps: StorageCaps) => {
    const used = (owner: string, bytes: number, chunks: number) => sql`
      select json_build_object('files', json_build_object('used', coalesce(max(bytes), 0), 'cap', ${bytes}::bigint),
        'passages', json_build_object('used', coalesce(max(chunks), 0), 'cap', ${chunks}::int)) from storage where owner_id = ${owner}::uuid`
    return database.json<LibraryRoom>(sql`
      select json_build_object(
        'instance', (${used(nobody, caps.instanceBytes, caps.instanceChunks)}),
        'files', mine -> 'files', 'passages', mine -> 'passages',
        'largest', coalesce((select json_agg(l order by l.passages desc, l.id) from (
          select d.id, d.title, count(c.id)::int as passages, ${iso(sql`d.created_at`)} as "createdAt"
          from documents d left join chunks c on c.document_id = d.id and c.owner_id = d.owner_id
          where d.owner_id = ${ownerId}::uuid group by d.id order by 3 desc, d.id limit 5) l), '[]')) as result
      from (values ((${used(ownerId, caps.userBytes, caps.userChunks)}))) as my (mine)`)
  },

  deleteDocument: (ownerId: string, id: string) =>
    database.json<string | undefined>(sql`
      delete from documents where id = ${id}::uuid and owner_id = ${ownerId}::uuid returning to_json(id) as result`),
})
