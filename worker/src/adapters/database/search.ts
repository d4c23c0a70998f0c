import type { MessageHit } from '@macro-ai/shared'
import type { Term } from '@macro-ai/shared/terms'
import { sql, type SQL } from 'drizzle-orm'
import type { Piece } from '../../search/extract.ts'
import type { Database } from './client.ts'
import { iso } from './lists.ts'

export type Found<Hit> = Omit<Hit, 'extract'> & { piece: Piece }

const pieceLength = { before: 60, all: 240 }

/** All of the terms, as a tsquery. */
export const asked = (terms: Term[]): SQL =>
  sql`(${sql.join(
    terms.map(({ kind, text }) => {
      if (kind === 'run') return sql`phraseto_tsquery('simple', searchable(${text}))`
      return kind === 'word' ? sql`plainto_tsquery('simple', ${text})` : sql`to_tsquery('simple', ${`'${text}':*`})`
    }),
    sql` && `,
  )})`

/** The piece of a text around the longest of the terms, which is likely the one that tells most; else its beginning. */
export const piece = (text: SQL, terms: Term[]): SQL => {
  const [longest] = terms.toSorted((a, b) => b.text.length - a.text.length)
  const pattern = longest && (longest.kind === 'run' ? longest.text : `(?<![[:alnum:]])${longest.text}`)
  return sql`(
    select json_build_object('text', substr(${text}, first, ${pieceLength.all}), 'before', first > 1,
      'after', length(${text}) >= first + ${pieceLength.all})
    from (select greatest(1, regexp_instr(${text}, ${pattern}, 1, 1, 0, 'i') - ${pieceLength.before}) as first) place)`
}

export type SoughtMessages = { ownerId: string; terms: Term[]; most: number; conversationId?: string }

export const searchStore = (database: Database) => ({
  /**
   * A person's messages with all of the terms, newest first; before them one of each conversation whose title has them:
   * the newest that has them too, else its end. Of one conversation only what was said there.
   */
  searchMessages: async ({ ownerId, terms, most, conversationId }: SoughtMessages): Promise<Found<MessageHit>[]> => {
    const mine = sql`(${`'${ownerId}'`}::tsquery && ${asked(terms)})`
    const there = conversationId ? sql`conversation_id = ${conversationId}::uuid` : sql`true`
    const hits = await database.json<Found<MessageHit>[] | null>(sql`
      with named as (
        select id, leaf_id from conversations
        where owner_id = ${ownerId}::uuid and search_words(owner_id, title) @@ ${mine} and ${conversationId === undefined}
      ),
      said as (
        select id, conversation_id, created_at from messages
        where owner_id = ${ownerId}::uuid and search_words(owner_id, text) @@ ${mine} and ${there}
      ),
      newest as (
        select distinct on (conversation_id) conversation_id, id from said order by conversation_id, created_at desc, id desc
      ),
      shown as (
        select coalesce(newest.id, named.leaf_id) as id, true as is_named
        from named left join newest on newest.conversation_id = named.id
        union all select id, false from said
      ),
      best as materialized (
        select m.*, c.title, found.is_named
        from (select id, bool_or(is_named) as is_named from shown group by id) found
        join messages m on m.id = found.id and m.owner_id = ${ownerId}::uuid
        join conversations c on c.id = m.conversation_id and c.deleted_at is null
        -- PostgreSQL may know fewer letters than we do. Without any word left, all of the owner's would be found.
        where numnode(${asked(terms)}) > 0
        order by found.is_named desc, m.created_at desc, m.id desc limit ${most}
      )
      select json_agg(json_build_object(
        'type', 'message', 'conversationId', b.conversation_id, 'messageId', b.id, 'title', b.title, 'role', b.role,
        'piece', ${piece(sql`composed.text`, terms)}, 'createdAt', ${iso(sql`b.created_at`)}
      ) order by b.is_named desc, b.created_at desc, b.id desc) as result
      -- Of the best alone, and once each.
      from best b, lateral (select normalize(b.text, NFC) as text offset 0) composed`)
    return hits ?? []
  },
})
