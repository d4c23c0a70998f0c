import type { MessageHit } from '@macro-ai/shared'
import type { Term } from '@macro-ai/shared/terms'
import { sql } from 'drizzle-orm'
import { isNoSuchTable, type Database } from './client.ts'
import type { Bare, Kept } from './knowledge.ts'
import { iso } from './lists.ts'
import { piece, type Found } from './search.ts'

export type SoughtMeaning = {
  ownerId: string
  /** What is marked in what is found, where it is there. */
  terms: Term[]
  /** What is looked for as an embedding, and the name of what made it; without, nothing is found. */
  vector: string | null
  model: string
  most: number
}

/** `embedded`: there are answers that can be found by meaning; `stale`: there are some that cannot yet. */
export type FoundMeanings = {
  hits: (Found<MessageHit> & { questionId: string })[]
  embedded: boolean
  stale: boolean
}

/** Farther off than this (1 less the cosine) an answer is about something else. */
const farthest = 0.75

/** How many of a person's newest answers are found by their meaning; older ones are found by their words. */
const newest = 5_000

/** How much of a question and of its answer says what they are about, in characters. */
const enough = { question: 400, answer: 800 }

const answers = (ownerId: string) => sql`
  select m.id from conversations c join messages m on m.conversation_id = c.id and m.owner_id = c.owner_id
  where c.owner_id = ${ownerId}::uuid and c.deleted_at is null
    and m.role = 'assistant' and m.status <> 'streaming' and m.text <> ''
  order by m.created_at desc, m.id desc limit ${newest}`

export const meaningStore = (database: Database) => ({
  /** Some of a person's newest answers, each behind its question, that this model has not embedded. */
  bareAnswers: (ownerId: string, model: string, limit: number): Promise<Bare[]> =>
    database.json<Bare[]>(sql`
      with recent as materialized (${answers(ownerId)}),
      bare as (
        select m.id, m.created_at, left(q.text, ${enough.question}) || E'\n' || left(m.text, ${enough.answer}) as text
        from recent join messages m using (id) join messages q on q.id = m.parent_id
        where not exists (select from meanings known where known.message_id = m.id and known.model = ${model})
        order by m.created_at desc, m.id desc limit ${limit}
      )
      select coalesce(json_agg(json_build_object('id', id, 'text', text) order by created_at desc, id desc), '[]') as result from bare`),

  /** Embeddings of answers as pgvector writes them; those of answers that are gone meanwhile are not kept. */
  embedAnswers: (ownerId: string, model: string, rows: Kept[]) =>
    database.json(sql`
      insert into meanings (message_id, owner_id, model, embedding)
      select m.id, m.owner_id, ${model}, v.vector::halfvec
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v (id uuid, vector text)
      join messages m on m.id = v.id and m.owner_id = ${ownerId}::uuid
      on conflict (message_id) do update set model = excluded.model, embedding = excluded.embedding
      returning to_json(1) as result`),

  /** A person's answers that are near in meaning to what is looked for, the nearest first. */
  searchMeanings: async ({ ownerId, terms, vector, model, most }: SoughtMeaning): Promise<FoundMeanings> => {
    try {
      return await database.json<FoundMeanings>(sql`
        with recent as materialized (${answers(ownerId)}),
        near as materialized (
          select k.message_id as id, (k.embedding <=> ${vector}::halfvec) as distance
          from meanings k join recent on recent.id = k.message_id
          where k.owner_id = ${ownerId}::uuid and k.model = ${model} and k.embedding is not null and ${vector}::text is not null
        ),
        best as (
          select m.*, c.title, near.distance
          from near join messages m on m.id = near.id and m.owner_id = ${ownerId}::uuid join conversations c on c.id = m.conversation_id
          where near.distance < ${farthest} order by near.distance, m.id limit ${most}
        )
        select json_build_object(
          'embedded', exists (
            select from meanings where owner_id = ${ownerId}::uuid and model = ${model} and embedding is not null),
          'stale', exists (
            select from recent where not exists (select from meanings k where k.message_id = recent.id and k.model = ${model})),
          'hits', coalesce((select json_agg(json_build_object(
            'type', 'message', 'conversationId', b.conversation_id, 'messageId', b.id, 'questionId', b.parent_id, 'title', b.title,
            'role', b.role, 'piece', ${piece(sql`b.text`, terms)}, 'createdAt', ${iso(sql`b.created_at`)}
          ) order by b.distance, b.id) from best b), '[]')) as result`)
    } catch (error) {
      if (!isNoSuchTable(error)) throw error
      return { hits: [], embedded: false, stale: false }
    }
  },
})
