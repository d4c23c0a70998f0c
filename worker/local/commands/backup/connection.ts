import { join } from 'node:path'
import pg from 'pg'
import { readGiven } from '../env-file.ts'
import { root } from '../places.ts'
import { Trouble } from '../trouble.ts'

/** Which database the command is about, and the key of its backups. */
export const backupSettings = () => {
  const { given } = readGiven(join(root, '.env.production'), process.env)
  const { NEON_DATABASE_URL, BACKUP_KEY } = given
  if (!NEON_DATABASE_URL) throw new Trouble('NEON_DATABASE_URL is not set: name the database.')
  if (!BACKUP_KEY || BACKUP_KEY.length < 16)
    throw new Trouble('BACKUP_KEY is not set, or shorter than 16 characters: backups are kept encrypted with it only.')
  return { databaseUrl: NEON_DATABASE_URL, key: BACKUP_KEY, given }
}

/** A connection of its own: over HTTP no transaction lives long enough to see one moment of the whole database. */
export const connected = async <T>(databaseUrl: string, work: (client: pg.ClientBase) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 30_000 })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
