import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../commands/places.ts'

const extensions = { vector }

/** An embedded PostgreSQL with pgvector, on the files in `folder` or, without one, in memory. */
export const openLite = async (folder?: string): Promise<PGlite> => {
  if (folder === undefined) return PGlite.create({ extensions, loadDataDir: await emptyDatabase() })
  // Where it has to be made anyway, it is made in its place at once.
  const loadDataDir = existsSync(join(folder, 'PG_VERSION')) ? undefined : await keptDatabase()
  return PGlite.create({ extensions, dataDir: folder, ...(loadDataDir && { loadDataDir }) })
}

/**
 * An empty database's files, packed: kept beside the packages, since suites open dozens and to make one costs four times
 * what it costs to unpack.
 */
const emptyDatabase = async (): Promise<Blob> => {
  const kept = await keptDatabase()
  if (kept) return kept
  const made = await PGlite.create({ extensions })
  const packed = await made.dumpDataDir('gzip')
  await made.close()
  await keep(packed)
  return packed
}

const keptDatabase = async (): Promise<Blob | undefined> => {
  try {
    return new Blob([await readFile(await cacheFile())])
  } catch {
    return undefined
  }
}

const cacheFile = async () => join(cacheFolder, `empty-database-${await version()}.tar.gz`)

const cacheFolder = join(root, 'node_modules/.cache/macro-ai')

const version = async (): Promise<string> => {
  const text = await readFile(new URL('../package.json', import.meta.resolve('@electric-sql/pglite')), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** Whole or not at all, also when two do it at once; without it the next one makes its own. */
const keep = async (packed: Blob) => {
  try {
    const file = await cacheFile()
    await mkdir(cacheFolder, { recursive: true })
    const part = `${file}.${process.pid}`
    await writeFile(part, packed.stream())
    await rename(part, file)
  } catch {
    // A folder that cannot be written to.
  }
}
