import type { TestProject } from 'vitest/node'
import { migrate } from '../../db/migrate.ts'
import { startPlatform } from './platform.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    platformUrl: string
  }
}

/** An empty, migrated platform in memory for the Worker's suite; its model answers without delay. */
export default async (project: TestProject) => {
  const platform = await startPlatform({ port: 0, dataDir: null, modelPace: 'instant' })
  await migrate({ databaseUrl: platform.database.url, fetchEndpoint: platform.database.endpoint })
  project.provide('platformUrl', platform.url)
  return platform.stop
}
