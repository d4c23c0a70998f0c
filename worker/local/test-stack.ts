import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { answers } from './commands/answers.ts'
import { copyBundle } from './commands/bundles.ts'
import { startChild, type Child } from './commands/child.ts'
import { writeDevVars } from './commands/dev-vars.ts'
import type { Given } from './commands/names.ts'
import { freePort } from './commands/ports.ts'
import { apiProgram, bundleArgs, previewProgram } from './commands/programs.ts'
import type { Settings } from './commands/settings.ts'
import { startThrowaway } from './throwaway.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    platformUrl: string
    apiUrl: string
    siteUrl: string
    /** Whether the database has pgvector: documents are off without it. */
    hasKnowledge: boolean
    /** Whether the database breaks on command: a real server does not. */
    breaksDatabase: boolean
  }
}

/** All of the app: a platform, the Worker in `wrangler dev` and the site, both as built. */
export const startBuilt = async (given: Given = {}) => {
  const [api, site] = [await freePort(), await freePort()]
  const {
    settings,
    folder,
    stop: stopPlatform,
    // Links in alerts lead to the API.
  } = await startThrowaway({ api, site, given: { API_URL: `http://127.0.0.1:${api}`, ...given } })
  const children: Child[] = []
  const stop = async () => {
    await Promise.all(children.map((child) => child.stop()))
    await stopPlatform()
  }
  try {
    const variables = join(folder, 'variables')
    writeDevVars(settings.worker, variables)
    // The bundle that would be deployed: what is tested is what was built, also while the source is being edited.
    const built = bundleArgs(await copyBundle(join(folder, 'bundle')), variables)
    const programs = [apiProgram(settings, folder, built), previewProgram(settings)]
    const run = randomUUID()
    for (const program of programs)
      children.push(startChild(program, run, (line, wrong) => wrong && console.error(line)))
    const { urls } = settings
    const ready = Promise.all([answers(`${urls.api}/health`), answers(urls.site)])
    await Promise.race([ready, ...children.map(({ died }) => died)])
    return { urls, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Tells the suite where the app is. */
export const provideStack = (
  project: TestProject,
  urls: Settings['urls'],
  { hasKnowledge, breaksDatabase }: { hasKnowledge: boolean; breaksDatabase: boolean },
) => {
  project.provide('platformUrl', urls.platform)
  project.provide('apiUrl', urls.api)
  project.provide('siteUrl', urls.site)
  project.provide('hasKnowledge', hasKnowledge)
  project.provide('breaksDatabase', breaksDatabase)
}

/** For the browser suite. */
export default async (project: TestProject) => {
  const { urls, stop } = await startBuilt({
    ALERT_EMAIL_FROM: 'alerts@macro.local',
    ALERT_EMAIL_TO: 'owner@macro.local',
  })
  provideStack(project, urls, { hasKnowledge: true, breaksDatabase: true })
  return stop
}
