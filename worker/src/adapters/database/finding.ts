import { sql, type SQL } from 'drizzle-orm'
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

/**
 * How many of each list are fused, and how much a place in them counts. Reciprocal rank fusion's authors have k = 60, for
 * lists of a thousand; of lists this short the first places have to count for more, see `pnpm bench retrieval`.
 */
const fused = { depth: 50, k: 10 }
/**
 * How much a place in the list by meaning counts beside one in the list by words: as much where no passage has any of the
 * rarer words of a question, and the less the more of them the best passage has, since who asks in a document's own words
 * means that document. This much is lost where it has all of them: see docs/figures.md.
 */
const lossOfMeaning = 0.6
/** While others have something to say, no document says more than this. */
const mostOfOne = 3

/**
 * How the nearest embeddings are found: `none` looks at every one of the owner's; `hnsw` walks the index of everybody's
 * (made by `pnpm db:migrate` where VECTOR_INDEX says so), which pays only where one person has very many: see the bench.
 */
export type VectorIndex = 'none' | 'hnsw'
export type Meaning = { index: VectorIndex; dimensions: number }

/** What is compared: with an index, which is of so many dimensions, exactly the expression that it was made of. */
const distanceTo = (vector: string | null, { index, dimensions }: Meaning): SQL => {
  if (index === 'none') return sql`(c.embedding <=> ${vector}::halfvec)`
  const indexed = sql.raw(`halfvec(${dimensions})`)
  return sql`((c.embedding::${indexed}) <=> ${vector}::${indexed})`
}

/**
 * The walk goes on until enough of it is the owner's, or it has seen this many of everybody's. What is ruled out counts as
 * dear, for which PostgreSQL would compile the statement first: a second.
 */
const walk = [
  sql`select to_json(set_config('hnsw.iterative_scan', 'strict_order', true)) as result`,
  sql`select to_json(set_config('hnsw.ef_search', '200', true)) as result`,
  sql`select to_json(set_config('enable_seqscan', 'off', true)) as result`,
  sql`select to_json(set_config('jit', 'off', true)) as result`,
]

/** How much it counts that a word is in the title too, beside ts_rank, which gives about 0.06 to a word in the text. */
const inTitle = 0.03

/** A lexeme as the text of a query that asks for it. */
const asQuery = sql`('''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || '''')::tsquery`

/**
 * What a person's documents say about a question: by its words, the rarer the more they count, and by its meaning, by
 * exact distance; one statement. Every table is asked for the owner's rows alone.
 */
const findingStatement = ({ ownerId, question, vector, model, targets, limit }: Sought, meaning: Meaning) => sql`
  with targets as (
    select value::uuid as id from jsonb_array_elements_text(${JSON.stringify(targets)}::jsonb)
  ),
  aims as (
    select a.collection_id from attached a where a.owner_id = ${ownerId}::uuid
      and (a.target_id in (select id from targets) or a.target_id in (
        select c.assistant_id from conversations c where c.owner_id = ${ownerId}::uuid and c.id in (select id from targets)))
  ),
  shelf as materialized (
    select d.id, d.title, d.language, to_tsvector(d.language, searchable(d.title)) as named from documents d
    where d.owner_id = ${ownerId}::uuid and (not exists (select from aims) or d.id in (
      select c.document_id from collected c where c.owner_id = ${ownerId}::uuid and c.collection_id in (select collection_id from aims)))
  ),
  mine as not materialized (
    select c.* from chunks c where c.owner_id = ${ownerId}::uuid and c.document_id in (select id from shelf)
  ),
  terms as materialized (
    select language, ${asQuery} as query
    from (select distinct language from shelf) spoken, lateral unnest(tsvector_to_array(to_tsvector(language, searchable(${question})))) lexeme
  ),
  sizes as (select language, count(*)::float8 as chunks from mine group by language),
  matched as materialized (
    select m.id, m.language, t.query::text as query, ts_rank(m.words, t.query) + case when s.named @@ t.query then ${inTitle}::float4 else 0 end as fit,
      count(*) over (partition by t.language, t.query::text) as chunks
    from terms t join mine m on m.language = t.language and m.words @@ t.query join shelf s on s.id = m.document_id
  ),
  weighed as materialized (
    select m.id, m.language, m.query, m.fit, ln(1 + (s.chunks - m.chunks + 0.5) / (m.chunks + 0.5)) as rarity
    from matched m join sizes s using (language)
  ),
  by_words as materialized (
    select id, language, sum(rarity) as said, row_number() over (order by sum(fit * rarity) desc, id) as place
    from weighed group by id, language order by place limit ${fused.depth}
  ),
  meant as (
    select 1 - ${lossOfMeaning}::float8 * coalesce((
      select b.said / (select sum(rarity) from (select distinct query, rarity from weighed w where w.language = b.language) asked)
      from by_words b where b.place = 1), 0) as weight
  ),
  by_meaning as (
    select id, row_number() over (order by distance, id) as place from (
      select c.id, ${distanceTo(vector, meaning)} as distance from chunks c
      where c.owner_id = ${ownerId}::uuid and c.document_id in (select id from shelf)
        and c.model = ${model} and c.embedding is not null and ${vector}::text is not null
        ${meaning.index === 'hnsw' ? sql`and vector_dims(c.embedding) = ${sql.raw(String(meaning.dimensions))}` : sql``}
      -- An index orders by the bare distance; a sum is no distance it knows, so it is exact.
      order by ${distanceTo(vector, meaning)} ${meaning.index === 'hnsw' ? sql`` : sql`+ 0`} limit ${fused.depth}
    ) near
  ),
  scored as (
    select id, sum(weight / (${fused.k} + place)) as score from (
      select id, place, 1 as weight from by_words union all select id, place, weight from by_meaning, meant
    ) places group by id
  ),
  told as (
    -- What several documents say in the same words is said once.
    select distinct on (m.digest) m.document_id, m.position, m.page, m.text, s.score
    from scored s join chunks m on m.id = s.id and m.owner_id = ${ownerId}::uuid
    order by m.digest, s.score desc, m.id
  ),
  ranked as (
    select t.*, row_number() over (partition by t.document_id order by t.score desc, t.position) as nth from told t
  )
  select json_build_object(
    'stale', exists (select from mine m where m.model is distinct from ${model}),
    'passages', coalesce(json_agg(json_build_object(
    'documentId', r.document_id, 'title', d.title, 'position', r.position, 'page', r.page, 'text', r.text)
    order by r.nth > ${mostOfOne}, r.score desc), '[]')) as result
  from (select * from ranked order by nth > ${mostOfOne}, score desc limit ${limit}) r join shelf d on d.id = r.document_id`

export const findingStore = (database: Database, meaning: Meaning) => ({
  findPassages: async (sought: Sought): Promise<Found> => {
    const statement = findingStatement(sought, meaning)
    if (meaning.index === 'none' || sought.vector === null) return database.json<Found>(statement)
    return (await database.batch<[...unknown[], Found]>(...walk, statement)).at(-1) as Found
  },
})
