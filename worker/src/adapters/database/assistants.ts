import { mostAssistants, type Assistant, type AssistantPatch, type NewAssistant } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import type { Database } from './client.ts'
import { addWithin } from './lists.ts'

/** A row of assistants `a` as the contract's Assistant. */
const assistantJson = sql`json_build_object('id', a.id, 'name', a.name, 'description', a.description,
  'instructions', a.instructions, 'model', a.model, 'starters', a.starters)`

export const assistantStore = (database: Database) => ({
  listAssistants: async (userId: string): Promise<Assistant[]> =>
    (await database.json<Assistant[] | null>(sql`
      select json_agg(${assistantJson} order by lower(a.name), a.id) as result from assistants a where a.owner_id = ${userId}::uuid`)) ??
    [],

  /**
   * Adds one, unless its id is taken: then it gives what is there, if that is the person's own. Nothing where it is
   * somebody else's, or they have as many as they may.
   */
  addAssistant: async (userId: string, { starters, ...assistant }: NewAssistant) => {
    const [kept] = await addWithin<[Assistant | undefined]>(
      database,
      userId,
      sql`
      with added as (
        insert into assistants (id, owner_id, name, description, instructions, model, starters)
        select ${assistant.id}::uuid, ${userId}::uuid, ${assistant.name}, ${assistant.description}, ${assistant.instructions},
          ${assistant.model}, ${JSON.stringify(starters)}::jsonb
        where (select count(*) from assistants where owner_id = ${userId}::uuid) < ${mostAssistants}
        on conflict (id) do nothing returning *
      )
      select ${assistantJson} as result from (
        select * from added union all select * from assistants where id = ${assistant.id}::uuid and owner_id = ${userId}::uuid
      ) a`,
    )
    return kept
  },

  changeAssistant: (userId: string, id: string, patch: AssistantPatch) =>
    database.json<Assistant | undefined>(sql`
      update assistants a set
        name = ${patch.name ?? sql`a.name`},
        description = ${patch.description ?? sql`a.description`},
        instructions = ${patch.instructions ?? sql`a.instructions`},
        model = ${patch.model === undefined ? sql`a.model` : sql`${patch.model}`},
        starters = ${patch.starters ? sql`${JSON.stringify(patch.starters)}::jsonb` : sql`a.starters`}
      where a.id = ${id}::uuid and a.owner_id = ${userId}::uuid returning ${assistantJson} as result`),

  /**
   * Its conversations stay, and go on without it. Gives the revision of their list from then on; nothing when there is no
   * such assistant.
   */
  removeAssistant: (userId: string, id: string) =>
    database.json<number | undefined>(sql`
      with gone as (delete from assistants where id = ${id}::uuid and owner_id = ${userId}::uuid returning owner_id)
      update users set revision = revision + 1 where id in (select owner_id from gone) returning to_json(revision) as result`),
})
