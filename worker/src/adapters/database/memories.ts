import { maxMemories, type Memory } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import type { Database } from './client.ts'
import { addWithin, iso } from './lists.ts'

const memoryJson = sql`json_build_object('id', m.id, 'text', m.text, 'createdAt', ${iso(sql`m.created_at`)})`

export const memoryStore = (database: Database) => ({
  listMemories: async (ownerId: string): Promise<Memory[]> =>
    (await database.json<Memory[] | null>(sql`
      select json_agg(${memoryJson} order by m.created_at desc, m.id desc) as result from memories m where m.owner_id = ${ownerId}::uuid`)) ??
    [],

  /** The new memory, or the very same that is here already; `full` when there are as many as there may be. */
  addMemory: async (
    ownerId: string,
    { id, text }: { id: string; text: string },
  ): Promise<Memory | 'full' | undefined> => {
    const [, memory, count] = await addWithin<[unknown, Memory | undefined, number]>(
      database,
      ownerId,
      sql`
        insert into memories (id, owner_id, text)
        select ${id}::uuid, ${ownerId}::uuid, ${text}
        where (select count(*) from memories where owner_id = ${ownerId}::uuid) < ${maxMemories}
        on conflict (id) do nothing returning to_json(1) as result`,
      sql`
        select ${memoryJson} as result from memories m
        where m.id = ${id}::uuid and m.owner_id = ${ownerId}::uuid and m.text = ${text}`,
      sql`select to_json(count(*)) as result from memories where owner_id = ${ownerId}::uuid`,
    )
    return memory ?? (count >= maxMemories ? 'full' : undefined)
  },

  changeMemory: (ownerId: string, id: string, text: string) =>
    database.json<Memory | undefined>(sql`
      update memories m set text = ${text}, model = null, embedding = null
      where m.id = ${id}::uuid and m.owner_id = ${ownerId}::uuid returning ${memoryJson} as result`),

  deleteMemory: (ownerId: string, id: string) =>
    database.json<string | undefined>(sql`
      delete from memories where id = ${id}::uuid and owner_id = ${ownerId}::uuid returning to_json(id) as result`),
})
