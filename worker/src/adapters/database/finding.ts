import { sql } from 'drizzle-orm'
import type { Database } from './client.ts'

export type Sought = {
  ownerId: string
  question: string
  /** The question's embedding and the model that made it; without, only words are looked for. */
  vector: string | null
  model: string
  /** A conversation and its assistant: when collections are attached to them, nothing else is looked at. */
  targets: string[]
  limit: number
}

export type Passage = {
  documentId: string
  title: string
  position: number
  page: number | null
  text: string
}

/** `stale`: some of what was looked through is not embedded by this model yet. */
export type Found = { passages: Passage[]; stale: boolean }

/** How many of each list are fused, and how much a place in them counts (reciprocal rank fusion, k as its authors have it). */
const fused = { depth: 50, k: 60 }
/** While others have something to say, no document says more than this. */
const mostOfOne = 3

/** A lexeme as the text of a query that asks for it. */
const asQuery = sql`('''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || '''')::tsquery`

/**
 * What a person's documents say about a question: by its words, the rarer the more they count, and by its meaning, by
 * exact distance; one statement. Every table is asked for the owner's rows alone.
 */
export const findingStatement = ({ ownerId, question, vector, model, targets, limit }: Sought) => sql`
  with targets as (
    select value::uuid as id from jsonb_array_elements_text(${JSON.stringify(targets)}::jsonb)
  ),
  aims as (
    select a.collection_id from attached a where a.owner_id = ${ownerId}::uuid
      and (a.target_id in (select id from targets) or a.target_id in (
        select c.assistant_id from conversations c where c.owner_id = ${ownerId}::uuid and c.id in (select id from targets)))
  ),
  shelf as materialized (
    select d.id, d.title, d.language from documents d
    where d.owner_id = ${ownerId}::uuid and (not exists (select from aims) or d.id in (
      select c.document_id from collected c where c.owner_id = ${ownerId}::uuid and c.collection_id in (select collection_id from aims)))
  ),
  mine as not materialized (
    select c.* from chunks c where c.owner_id = ${ownerId}::uuid and c.document_id in (select id from shelf)
  ),
  terms as materialized (
    select language, ${asQuery} as query
    from (select distinct language from shelf) spoken, lateral unnest(tsvector_to_array(to_tsvector(language, ${question}))) lexeme
  ),
  weighed as materialized (
    select t.*, ln(1 + (size.chunks - hits.chunks + 0.5) / (hits.chunks + 0.5)) as weight
    from terms t,
      lateral (select count(*)::float8 as chunks from mine where mine.language = t.language) size,
      lateral (select count(*)::float8 as chunks from mine where mine.language = t.language and mine.words @@ t.query) hits
  ),
  by_words as (
    select m.id, row_number() over (order by sum(t.weight * ts_rank(m.words, t.query)) desc, m.id) as place
    from weighed t join mine m on m.language = t.language and m.words @@ t.query
    group by m.id order by place limit ${fused.depth}
  ),
  by_meaning as (
    select m.id, row_number() over (order by m.embedding <=> ${vector}::halfvec(1536), m.id) as place
    from mine m where m.model = ${model} and m.embedding is not null and ${vector}::text is not null
    order by place limit ${fused.depth}
  ),
  scored as (
    select id, sum(1.0 / (${fused.k} + place)) as score
    from (select * from by_words union all select * from by_meaning) places group by id
  ),
  ranked as (
    select m.document_id, m.position, m.page, m.text, s.score,
      row_number() over (partition by m.document_id order by s.score desc, m.position) as nth
    from scored s join chunks m on m.id = s.id and m.owner_id = ${ownerId}::uuid
  )
  select json_build_object(
    'stale', exists (select from mine m where m.model is distinct from ${model}),
    'passages', coalesce(json_agg(json_build_object(
    'documentId', r.document_id, 'title', d.title, 'position', r.position, 'page', r.page, 'text', r.text)
    order by r.nth > ${mostOfOne}, r.score desc), '[]')) as result
  from (select * from ranked order by nth > ${mostOfOne}, score desc limit ${limit}) r join shelf d on d.id = r.document_id`

export const findingStore = (database: Database) => ({
  findPassages: (sought: Sought) => database.json<Found>(findingStatement(sought)),
})
