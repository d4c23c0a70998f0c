import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../../db/migrate.ts'
import { startChild } from './commands/child.ts'
import { databaseOf, type Given } from './commands/names.ts'
import { inMemory, platformEntry } from './commands/places.ts'
import { keptSecrets } from './commands/secrets.ts'
import { composeSettings, type Settings } from './commands/settings.ts'

export type Throwaway = {
  /** What the app needs to use it, whatever this machine's environment and .env say. */
  settings: Omit<Settings, 'warnings'>
  folder: string
  stop: () => Promise<void>
}

type Options = {
  api: number
  site: number
  MODEL_PACE?: string
  /** Settings of the suite's own, such as a real database's address. */
  given?: Given
}

/** Busy cores pass the usual quarter of a second now and then, and what is done without the cache counts as trips. */
const CACHE_MS = '1500'

/**
 * An empty, migrated platform for a test suite: a process of its own on a free port that keeps all in memory, and a
 * folder that goes when it stops.
 */
export const startThrowaway = async ({ api, site, MODEL_PACE, given = {} }: Options): Promise<Throwaway> => {
  const folder = await mkdtemp(join(tmpdir(), 'macro-ai-'))
  const listening = Promise.withResolvers<string>()
  const { LOCAL_POSTGRES_URL, LOCAL_REDIS_URL } = given
  const child = startChild(
    {
      name: 'platform',
      script: platformEntry,
      environment: { LOCAL_POSTGRES_URL, LOCAL_REDIS_URL, MODEL_PACE, PLATFORM_PORT: '0', PLATFORM_DATA: inMemory },
    },
    randomUUID(),
    (line, wrong) => {
      const [, url] = /platform on (http:\S+)/.exec(line) ?? []
      if (url) listening.resolve(url)
      if (wrong) console.error(line)
    },
  )
  const stop = async () => {
    await child.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const url = await Promise.race([listening.promise, child.died])
    const settings = composeSettings(
      { CACHE_MS, ...given },
      { api, site, platform: Number(new URL(url).port) },
      keptSecrets(folder),
    )
    await migrate(databaseOf(settings.worker))
    return { settings, folder, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
