import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bucket, mostBytesANight, nightsKept } from './backup/bucket.ts'
import { backupSettings, connected } from './backup/connection.ts'
import { dump } from './backup/dump.ts'
import { writeBackup } from './backup/file.ts'
import { credentials, wranglerCli } from './deploy/cli.ts'
import { Trouble } from './trouble.ts'

/** Saves the whole database, encrypted, to a file or, with `--r2`, to the bucket that keeps thirty nights. */
export const run = async (args: string[]): Promise<number> => {
  const { values, positionals } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    allowPositionals: true,
    options: { r2: { type: 'boolean', default: false } },
  })
  const settings = backupSettings()
  const at = new Date()
  const save = async (file: string) => {
    await connected(settings.databaseUrl, (client) => writeBackup(file, dump(client, at), settings.key))
    return (await stat(file)).size
  }
  if (!values.r2) {
    const file = resolve(positionals[0] ?? `macro-ai-${at.toISOString().slice(0, 10)}.backup`)
    console.log(`${file}: ${await save(file)} bytes, encrypted with BACKUP_KEY.`)
    return 0
  }
  const folder = await mkdtemp(join(tmpdir(), 'macro-ai-backup-'))
  try {
    const file = join(folder, 'backup')
    const bytes = await save(file)
    const most = mostBytesANight(settings.given)
    if (bytes > most)
      throw new Trouble(
        `The backup has ${bytes} bytes: ${nightsKept} of more than ${most} would pass R2's free 10 GB, beside the files.`,
      )
    const name = `${bucket}/nightly/${at.toISOString().slice(0, 10)}.backup`
    await wranglerCli(credentials(settings.given)).succeed(['r2', 'object', 'put', name, `--file=${file}`, '--remote'])
    console.log(`${name}: ${bytes} bytes.`)
    return 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
