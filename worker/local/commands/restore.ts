import { migrate } from '../../../db/migrate.ts'
import { backupSettings, connected } from './backup/connection.ts'
import { readBackup } from './backup/file.ts'
import { restore } from './backup/restore.ts'
import { databaseOf } from './names.ts'
import { Trouble } from './trouble.ts'

/** Fills a new, empty database from a file of `pnpm backup`. */
export const run = async (args: string[]): Promise<number> => {
  const [file] = args.filter((arg) => arg !== '--')
  if (!file) throw new Trouble('Usage: pnpm restore FILE     NEON_DATABASE_URL names a new, empty database')
  const { databaseUrl, key, given } = backupSettings()
  await migrate(databaseOf(given))
  const counts = await connected(databaseUrl, (client) => restore(client, readBackup(file, key)))
  const rows = Object.values(counts).reduce((sum, count) => sum + count, 0)
  console.log(`Restored ${rows} rows of ${Object.keys(counts).length} tables.`)
  return 0
}
