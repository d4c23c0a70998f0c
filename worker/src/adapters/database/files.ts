import type { FileType, StoredFile } from '@macro-ai/shared'
import { sql } from 'drizzle-orm'
import type { FileKey } from '../../files/key.ts'
import { isNoSuchTable, StatementError, type Database } from './client.ts'
import { iso } from './lists.ts'
import { nobody, time } from './money.ts'

export type NewFile = { id: string; ownerId: string; name: string; type: FileType; bytes: number; sha256: string }
export type StorageCaps = { userBytes: number; instanceBytes: number; userChunks: number; instanceChunks: number }

/** Which bound a row would have passed. */
export type Full = 'user' | 'instance' | 'operations'

const fileJson = sql`json_build_object(
  'id', f.id, 'name', f.name, 'type', f.type, 'bytes', f.bytes, 'createdAt', ${iso(sql`f.created_at`)})`

/** The bound that undid a statement, if one did. */
export const fullOf = (error: unknown): Full | undefined => {
  const { constraint = '' } = error instanceof StatementError && error.state === '23514' ? error : {}
  return (
    ({ files_full_user: 'user', chunks_full_user: 'user', files_operations: 'operations' } as const)[constraint] ??
    (/_full_instance$/.test(constraint) ? 'instance' : undefined)
  )
}

/**
 * Says what one person and all together may keep, and counts operations of R2 in the month they are made in. A cap that
 * was lowered below what is there stops what is new; it removes nothing.
 */
export const storageStatement = (
  userId: string,
  caps: StorageCaps,
  now: Date,
  { writes, reads }: { writes: number; reads: number },
) => sql`
  insert into storage as s (owner_id, cap_bytes, cap_chunks, month, writes, reads)
  select row.owner_id, row.cap_bytes, row.cap_chunks, date_trunc('month', ${time(now)} at time zone 'UTC')::date, row.writes, row.reads
  from (values
    (${nobody}::uuid, ${caps.instanceBytes}::bigint, ${caps.instanceChunks}::int, ${writes}::int, ${reads}::int),
    (${userId}::uuid, ${caps.userBytes}::bigint, ${caps.userChunks}::int, 0, 0)
  ) as row (owner_id, cap_bytes, cap_chunks, writes, reads)
  order by row.owner_id
  on conflict (owner_id) do update set
    cap_bytes = greatest(excluded.cap_bytes, s.bytes), cap_chunks = greatest(excluded.cap_chunks, s.chunks),
    month = excluded.month,
    writes = excluded.writes + case when s.month = excluded.month then s.writes else 0 end,
    reads = excluded.reads + case when s.month = excluded.month then s.reads else 0 end
  returning to_json(1) as result`

export const fileStore = (database: Database) => ({
  /**
   * A place for a file, within every bound. The same content by the same name has one place: `stored` when it is there
   * already.
   */
  beginFile: async (
    file: NewFile,
    caps: StorageCaps,
    now: Date,
  ): Promise<{ id: string; stored: boolean } | { full: Full }> => {
    try {
      const [, place] = await database.batch<[unknown, { id: string; stored: boolean }]>(
        storageStatement(file.ownerId, caps, now, { writes: 1, reads: 0 }),
        sql`
          with known as materialized (
            select id, stored_at from files
            where owner_id = ${file.ownerId}::uuid and sha256 = ${file.sha256} and name = ${file.name} and deleted_at is null
            limit 1
          ),
          again as (update files set created_at = ${time(now)} where id in (select id from known where stored_at is null)),
          added as (
            insert into files (id, owner_id, name, type, bytes, sha256, created_at)
            select ${file.id}::uuid, ${file.ownerId}::uuid, ${file.name}, ${file.type}, ${file.bytes}::int, ${file.sha256}, ${time(now)}
            where not exists (select from known)
            returning id, stored_at
          )
          select json_build_object('id', id, 'stored', stored_at is not null) as result
          from (select * from known union all select * from added) place`,
      )
      return place
    } catch (error) {
      const full = fullOf(error)
      if (!full) throw error
      return { full }
    }
  },

  /** The object is there. Nothing when its row is not any more. */
  fileStored: (ownerId: string, id: string, now: Date) =>
    database.json<StoredFile | undefined>(sql`
      update files f set stored_at = coalesce(f.stored_at, ${time(now)})
      where f.id = ${id}::uuid and f.owner_id = ${ownerId}::uuid and f.deleted_at is null returning ${fileJson} as result`),

  /** Files of a person that are there, in the order asked for; each is counted as read. */
  readFiles: async (
    ownerId: string,
    ids: string[],
    caps: StorageCaps,
    now: Date,
  ): Promise<StoredFile[] | { full: Full }> => {
    try {
      const [, found] = await database.batch<[unknown, StoredFile[] | null]>(
        storageStatement(ownerId, caps, now, { writes: 0, reads: ids.length }),
        sql`
        select json_agg(${fileJson} order by array_position(array(select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb)), f.id::text)) as result
        from files f
        where f.owner_id = ${ownerId}::uuid and f.stored_at is not null and f.deleted_at is null
          and f.id in (select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`,
      )
      return found ?? []
    } catch (error) {
      const full = fullOf(error)
      if (!full) throw error
      return { full }
    }
  },

  /**
   * From now on the file is gone for its owner, with what was read out of it; its object is still to be removed. Both or
   * neither: who asks again finds no file, and could not remove the rest.
   */
  deleteFile: async (ownerId: string, id: string, now: Date): Promise<string | undefined> => {
    const file = sql`
      update files set deleted_at = ${time(now)}
      where id = ${id}::uuid and owner_id = ${ownerId}::uuid and deleted_at is null returning to_json(id) as result`
    const read = sql`delete from documents where file_id = ${id}::uuid and owner_id = ${ownerId}::uuid`
    try {
      const [gone] = await database.batch<[string | undefined, unknown]>(file, read)
      return gone
    } catch (error) {
      if (!isNoSuchTable(error)) throw error
      return database.json<string | undefined>(file)
    }
  },

  /** Removes the rows of deleted files whose objects are gone. */
  forgetFiles: (ids: string[]) =>
    database.json(sql`
      delete from files where deleted_at is not null
        and id in (select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb)) returning to_json(1) as result`),

  /** Files whose upload ended half-way, or whose removal did. From now on nobody can take them up again. */
  leftFiles: async (before: Date, now: Date): Promise<FileKey[]> =>
    (await database.json<FileKey[] | null>(sql`
      with left_over as (
        update files set deleted_at = coalesce(deleted_at, ${time(now)})
        where id in (
          select id from files where (stored_at is null and created_at < ${time(before)}) or deleted_at < ${time(before)}
          order by created_at limit 50 for update skip locked
        )
        returning owner_id, id
      )
      select json_agg(json_build_object('ownerId', owner_id, 'id', id)) as result from left_over`)) ?? [],

  /** Where the sweep of R2 goes on, when it is due: whoever is told so does it. */
  sweepFrom: (before: Date, now: Date) =>
    database.json<string | undefined>(sql`
      update storage set swept_at = ${time(now)}
      where owner_id = ${nobody}::uuid and (swept_at is null or swept_at < ${time(before)}) returning to_json(swept_key) as result`),

  sweptTo: (key: string) =>
    database.json(
      sql`update storage set swept_key = ${key} where owner_id = ${nobody}::uuid returning to_json(1) as result`,
    ),

  /** Those of some objects that no row knows. */
  unknownFiles: async (ids: string[]): Promise<string[]> =>
    (await database.json<string[] | null>(sql`
      select json_agg(value) as result from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb)
      where not exists (select from files where id::text = value)`)) ?? [],
})
