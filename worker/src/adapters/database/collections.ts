import { maxCollections, type Collection, type CollectionPatch } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import type { Database } from './client.ts'
import { addWithin, iso } from './lists.ts'

const collectionJson = sql`json_build_object(
  'id', c.id, 'name', c.name, 'createdAt', ${iso(sql`c.created_at`)},
  'documentIds', coalesce((select json_agg(i.document_id order by i.document_id) from collected i where i.collection_id = c.id), '[]'),
  'attachedTo', coalesce((select json_agg(a.target_id order by a.target_id) from attached a where a.collection_id = c.id), '[]'))`

const found = (ownerId: string, id: string) => sql`
  select ${collectionJson} as result from collections c where c.id = ${id}::uuid and c.owner_id = ${ownerId}::uuid`

const given = (ids: string[]) => sql`(select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`

/** Everything in a statement that needs the collection to be this person's. */
const theirs = (ownerId: string, id: string) =>
  sql`exists (select from collections where id = ${id}::uuid and owner_id = ${ownerId}::uuid)`

export const collectionStore = (database: Database) => ({
  listCollections: async (ownerId: string): Promise<Collection[]> =>
    (await database.json<Collection[] | null>(sql`
      select json_agg(${collectionJson} order by lower(c.name), c.id) as result from collections c where c.owner_id = ${ownerId}::uuid`)) ??
    [],

  /** The new collection, or the one that is here by that id; nothing when it is somebody else's or called differently, or one too many. */
  addCollection: async (ownerId: string, id: string, name: string): Promise<Collection | undefined> => {
    const [, collection] = await addWithin<[unknown, Collection | undefined]>(
      database,
      ownerId,
      sql`
        insert into collections (id, owner_id, name) select ${id}::uuid, ${ownerId}::uuid, ${name}
        where (select count(*) from collections where owner_id = ${ownerId}::uuid) < ${maxCollections}
        on conflict (id) do nothing returning to_json(1) as result`,
      sql`select result from (${found(ownerId, id)}) one where result ->> 'name' = ${name}`,
    )
    return collection
  },

  /** All of it or nothing: nothing as well when one of the documents is missing, or somebody else's. */
  changeCollection: async (ownerId: string, id: string, patch: CollectionPatch): Promise<Collection | undefined> => {
    const allTheirs = sql`${theirs(ownerId, id)} and not exists (
      select from ${given(patch.documentIds ?? [])} as wanted (value)
      where value not in (select d.id from documents d where d.owner_id = ${ownerId}::uuid))`
    const statements = [
      patch.name !== undefined &&
        sql`update collections set name = ${patch.name} where id = ${id}::uuid and owner_id = ${ownerId}::uuid and ${allTheirs}
          returning to_json(1) as result`,
      patch.documentIds !== undefined &&
        sql`
          with gone as (
            delete from collected where collection_id = ${id}::uuid and owner_id = ${ownerId}::uuid
              and document_id not in ${given(patch.documentIds)} and ${allTheirs}
          )
          insert into collected (collection_id, document_id, owner_id)
          select ${id}::uuid, d.id, d.owner_id from documents d
          where d.owner_id = ${ownerId}::uuid and d.id in ${given(patch.documentIds)} and ${allTheirs}
          on conflict do nothing returning to_json(1) as result`,
      patch.attachedTo !== undefined &&
        sql`
          with gone as (
            delete from attached where collection_id = ${id}::uuid and owner_id = ${ownerId}::uuid
              and target_id not in ${given(patch.attachedTo)} and ${allTheirs}
          )
          insert into attached (target_id, collection_id, owner_id)
          select target.value, ${id}::uuid, ${ownerId}::uuid from ${given(patch.attachedTo)} as target (value)
          where ${allTheirs}
          on conflict do nothing returning to_json(1) as result`,
    ].filter((statement) => statement !== false)
    const changed = sql`select result from (${found(ownerId, id)}) one where ${allTheirs}`
    const results = await database.batch<(Collection | undefined)[]>(...statements, changed)
    return results.at(-1)
  },

  deleteCollection: (ownerId: string, id: string) =>
    database.json<string | undefined>(sql`
      delete from collections where id = ${id}::uuid and owner_id = ${ownerId}::uuid returning to_json(id) as result`),
})
