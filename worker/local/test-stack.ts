import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { migrate } from '../../db/migrate.ts'
import { answers } from './commands/answers.ts'
import { startChild, type Child } from './commands/child.ts'
import { writeDevVars } from './commands/dev-vars.ts'
import { freePort } from './commands/ports.ts'
import { apiProgram, previewProgram } from './commands/programs.ts'
import { keptSecrets } from './commands/secrets.ts'
import { composeSettings } from './commands/settings.ts'
import { startPlatform } from './platform.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    platformUrl: string
    apiUrl: string
    siteUrl: string
  }
}

/** All of the app for the browser suite: the platform in memory, the Worker in `wrangler dev`, the built site. */
export default async (project: TestProject) => {
  const folder = await mkdtemp(join(tmpdir(), 'macro-ai-'))
  const children: Child[] = []
  const closing = [() => rm(folder, { recursive: true, force: true })]
  const stop = async () => {
    await Promise.all(children.map((child) => child.stop()))
    for (const close of closing.reverse()) await close()
  }

  try {
    const platform = await startPlatform({ port: 0, dataDir: null })
    closing.push(platform.stop)
    await migrate({ databaseUrl: platform.database.url, fetchEndpoint: platform.database.endpoint })

    // Settings for nobody: what this machine's environment and .env say must not reach the tests.
    const ports = { api: await freePort(), site: await freePort(), platform: Number(new URL(platform.url).port) }
    const settings = composeSettings({}, ports, keptSecrets(folder))
    const variables = join(folder, 'variables')
    writeDevVars(settings.worker, variables)

    const run = randomUUID()
    const programs = [apiProgram(settings, folder, ['--env-file', variables]), previewProgram(settings)]
    children.push(...programs.map((program) => startChild(program, run, console.log)))
    const died = children.map((child) => child.died)
    const { api, site } = settings.urls
    await Promise.race([Promise.all([answers(`${api}/health`), answers(site)]), ...died])

    project.provide('platformUrl', platform.url)
    project.provide('apiUrl', api)
    project.provide('siteUrl', site)
    return stop
  } catch (error) {
    await stop()
    throw error
  }
}
