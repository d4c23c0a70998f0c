import type { DocumentHit } from '@macro-ai/shared'
import type { Term } from '@macro-ai/shared/terms'
import { sql, type SQL } from 'drizzle-orm'
import type { Database } from './client.ts'
import { asked, piece, type Found } from './search.ts'

export type SoughtPassages = {
  ownerId: string
  terms: Term[]
  /** What is looked for as an embedding, and the model that made it; without, only words are looked for. */
  vector: string | null
  model: string
  most: number
}

/** `embedded`: there are passages that can be looked for by meaning; `stale`: there are some that cannot yet. */
export type FoundPassages = { hits: Found<DocumentHit>[]; embedded: boolean; stale: boolean }

/** Farther off than this (1 less the cosine) a passage is about something else: a search shows nothing rather than that. */
const farthest = 0.75
const depth = 200

/** All of the terms in the stems of a document's language, or as they stand. */
const stemmed = (terms: Term[]): SQL =>
  sql`(${sql.join(
    terms.map(({ kind, text }) => {
      if (kind === 'run') return sql`phraseto_tsquery('simple', searchable(${text}))`
      const stem = sql`plainto_tsquery(d.language, ${text})`
      // What the language takes for a word without meaning is not in its index: it cannot be asked for.
      return kind === 'word' ? stem : sql`(to_tsquery('simple', ${`'${text}':*`}) || ${stem})`
    }),
    sql` && `,
  )})`

export const librarySearchStore = (database: Database) => ({
  /**
   * A person's passages with all of the terms, or near to them in meaning, the best first: fused by reciprocal rank. The
   * beginnings of documents whose titles have the terms come before them.
   */
  searchPassages: ({ ownerId, terms, vector, model, most }: SoughtPassages): Promise<FoundPassages> =>
    database.json<FoundPassages>(sql`
      with shelf as materialized (
        select d.id, d.title, d.language, ${stemmed(terms)} as query,
          to_tsvector('simple', searchable(d.title)) @@ ${asked(terms)} as is_named
        from documents d where d.owner_id = ${ownerId}::uuid
      ),
      mine as not materialized (
        select c.*, s.query, s.title, s.is_named from chunks c join shelf s on s.id = c.document_id where c.owner_id = ${ownerId}::uuid
      ),
      by_title as (
        select id, row_number() over (order by id desc) as place from mine where is_named and position = 0
        order by place limit ${depth}
      ),
      by_words as (
        select id, row_number() over (order by ts_rank(words, query) desc, id) as place from mine
        where numnode(query) > 0 and words @@ query order by place limit ${depth}
      ),
      by_meaning as (
        select id, row_number() over (order by distance, id) as place from (
          select id, (embedding <=> ${vector}::halfvec) + 0 as distance from mine
          where model = ${model} and embedding is not null and ${vector}::text is not null
        ) near where distance < ${farthest} order by place limit ${depth}
      ),
      scored as (
        select id, bool_or(is_named) as is_named, sum(1.0 / (10 + place)) as score from (
          select *, true as is_named from by_title
          union all select *, false from by_words
          union all select *, false from by_meaning
        ) places group by id
      ),
      best as materialized (
        select m.id, m.document_id, m.position, m.page, m.text, m.title, s.is_named, s.score
        from scored s join mine m on m.id = s.id
        order by s.is_named desc, s.score desc, m.id limit ${most}
      )
      select json_build_object(
        'embedded', exists (select from mine where model = ${model} and embedding is not null),
        'stale', exists (select from mine where model is distinct from ${model}),
        'hits', coalesce((select json_agg(json_build_object(
          'type', 'document', 'documentId', b.document_id, 'title', b.title, 'position', b.position, 'page', b.page,
          'piece', ${piece(sql`b.text`, terms)}) order by b.is_named desc, b.score desc, b.id) from best b), '[]')) as result`),
})
