import type { DocumentCard, LibraryRoom, NewChunk, OpenDocument } from '@macro-ai/shared'
import { sql, type SQL } from 'drizzle-orm'
import { isNoSuchTable, type Database } from './client.ts'
import { fullOf, storageStatement, type Full, type StorageCaps } from './files.ts'
import { iso } from './lists.ts'
import { nobody, time } from './money.ts'

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
/** When somebody began to embed passages, and until when nobody else does. */
export type Claim = { now: Date; until: Date }
/** The passages that are now this caller's to embed, and whether there are some that are somebody else's. */
export type Claimed = { bare: Bare[]; awaited: boolean }
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

/**
 * Claims some passages that the model in force has not embedded. A text is embedded once, wherever else it stands: what is
 * known is taken over, and what is claimed is left to whoever did so. Nothing is claimed without a claim.
 */
const claimStatement = (ownerId: string, passages: SQL, model: string, limit: number, claim: Claim | null): SQL => {
  const now = time(claim?.now ?? new Date(0))
  return sql`
  with bare as materialized (
    select c.id, c.text, c.digest, c.place, known.id is not null as is_known, known.embedding, same.is_claimed, same.id as first
    from (${passages}) c
    left join lateral (
      select k.id, k.embedding from chunks k
      where k.owner_id = c.owner_id and k.digest = c.digest and k.model = ${model} and k.embedding is not null limit 1
    ) known on true
    cross join lateral (
      -- Two callers who meet the same text in two documents must want the same row of it.
      select (array_agg(o.id order by o.id))[1] as id, bool_or(coalesce(o.claimed_until > ${now}, false)) as is_claimed
      from chunks o where o.owner_id = c.owner_id and o.digest = c.digest and o.model is distinct from ${model}
    ) same
    where ${claim !== null}::boolean
  ),
  copied as (
    update chunks c set model = ${model}, embedding = b.embedding, claimed_until = null
    from bare b where c.id = b.id and c.owner_id = ${ownerId}::uuid and b.is_known
  ),
  wanted as materialized (
    select * from (select distinct on (digest) first as id, place from bare where not is_known and not is_claimed order by digest, place) once
    order by place limit ${limit}
  ),
  mine as (
    update chunks c set claimed_until = ${time(claim?.until ?? new Date(0))}
    from wanted w where c.id = w.id and c.owner_id = ${ownerId}::uuid
      and (c.claimed_until is null or c.claimed_until <= ${now})
    returning c.id, c.text, w.place
  )
  select json_build_object(
    'bare', coalesce((select json_agg(json_build_object('id', id, 'text', text) order by place) from mine), '[]'),
    'awaited', exists (select from bare where is_claimed and not is_known)
      or (select count(*) from mine) < (select count(*) from wanted)) as result`
}

/** Of a document in their order: some that are claimed may come before those that are not. */
const claimOfDocument = (ownerId: string, documentId: string, model: string, limit: number, claim: Claim | null): SQL =>
  claimStatement(
    ownerId,
    sql`
      select *, position as place from chunks
      where owner_id = ${ownerId}::uuid and document_id = ${documentId}::uuid and model is distinct from ${model}
      order by position limit ${limit * 4}`,
    model,
    limit,
    claim,
  )

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
    claim: Claim | null,
  ): Promise<{ ours: boolean; added: Added | undefined; claimed: Claimed } | { full: Full }> => {
    try {
      const [, ours, chunks, claimed] = await database.batch<[unknown, number | undefined, Added | undefined, Claimed]>(
        storageStatement(row.ownerId, caps, now, { writes: 0, reads: 0 }),
        sql`
          insert into documents as d (id, owner_id, file_id, title, digest, total, language)
          select ${row.id}::uuid, ${row.ownerId}::uuid, ${row.fileId}::uuid, ${row.title}, ${row.digest}, ${row.total}::int, ${row.language}::regconfig
          where ${row.fileId}::uuid is null or exists (
            select from files where id = ${row.fileId}::uuid and owner_id = ${row.ownerId}::uuid and deleted_at is null)
          on conflict (id) do update set title = d.title where d.owner_id = excluded.owner_id and d.digest = excluded.digest
          returning to_json(1) as result`,
        chunksStatement({ ...added, digest: row.digest }),
        claimOfDocument(row.ownerId, row.id, added.model, added.chunks.length, claim),
      )
      return { ours: ours !== undefined, added: chunks, claimed }
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
    claim: Claim | null,
  ): Promise<{ added: Added | undefined; claimed: Claimed } | { full: Full }> => {
    try {
      const [, chunks, claimed] = await database.batch<[unknown, Added | undefined, Claimed]>(
        storageStatement(added.ownerId, caps, now, { writes: 0, reads: 0 }),
        chunksStatement(added),
        claimOfDocument(added.ownerId, added.documentId, added.model, added.chunks.length, claim),
      )
      return { added: chunks, claimed }
    } catch (error) {
      const full = fullOf(error)
      if (!full) throw error
      return { full }
    }
  },

  claimPassages: (ownerId: string, documentId: string, model: string, limit: number, claim: Claim) =>
    database.json<Claimed>(claimOfDocument(ownerId, documentId, model, limit, claim)),

  /** The first passages of a person that only an earlier model has embedded, or none. */
  claimStale: (ownerId: string, model: string, limit: number, claim: Claim) => {
    const stale = sql`
      select *, id as place from chunks where owner_id = ${ownerId}::uuid and model is distinct from ${model} order by id limit ${limit}`
    return database.json<Claimed>(claimStatement(ownerId, stale, model, limit, claim))
  },

  /** Who could not embed what it has claimed leaves it to the next. */
  letGo: (ownerId: string, { until }: Claim) =>
    database.json(sql`
      update chunks set claimed_until = null where owner_id = ${ownerId}::uuid and claimed_until = ${time(until)} returning to_json(1) as result`),

  /** Keeps embeddings, wherever else their texts stand. */
  embedChunks: (ownerId: string, model: string, rows: Kept[]) =>
    database.json(sql`
      update chunks c set embedding = v.vector::halfvec, model = ${model}, claimed_until = null
      from (
        select distinct on (k.digest) k.digest, r.vector
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (id uuid, vector text)
          join chunks k on k.id = r.id and k.owner_id = ${ownerId}::uuid
        order by k.digest
      ) v
      where c.owner_id = ${ownerId}::uuid and c.digest = v.digest and c.model is distinct from ${model} returning to_json(1) as result`),

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
