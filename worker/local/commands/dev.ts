import { readdirSync, rmSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { migrate } from '../../../db/migrate.ts'
import { answers } from './answers.ts'
import { startChild, type Child, type Program } from './child.ts'
import { writeDevVars } from './dev-vars.ts'
import { whenLauncherEnds } from './launcher.ts'
import { leaseName, takeLease } from './lease.ts'
import { databaseOf } from './names.ts'
import { dataFolder } from './places.ts'
import { claimPorts } from './ports.ts'
import { endRun } from './processes.ts'
import { apiProgram, platformProgram, siteProgram } from './programs.ts'
import { createProgress, type Progress } from './progress.ts'
import { loadSettings, type Settings } from './settings.ts'
import { summary } from './summary.ts'
import { diskFull, Trouble } from './trouble.ts'

const usage = 'Usage: pnpm dev [--fresh]     --fresh deletes the data of the local app first'
/** A new database takes 40 MB, and grows. */
const megabytesNeeded = 150
/** With less than this left, an error is put down to it. */
const megabytesLast = 5

type Start = (program: Program) => Child

/** Starts the whole app on this machine and keeps it running until it is told to stop, or until a part of it dies. */
export const run = async (args: string[]): Promise<number> => {
  const { fresh, help } = readArgs(args)
  if (help) {
    console.log(usage)
    return 0
  }
  const lease = await takeLease(dataFolder)
  const progress = createProgress()
  const children: Child[] = []
  let stopping = false
  const start: Start = (program) => {
    if (stopping) throw new Trouble('Stopping')
    const child = startChild(program, lease.run, (line, wrong) => wrong && progress.print(`${program.name} │ ${line}`))
    children.push(child)
    return child
  }
  try {
    if (lease.leftovers > 0)
      progress.print(`  ✓ ended ${lease.leftovers} processes that an earlier pnpm dev left behind`)
    await Promise.race([stopAsked(), serve(start, progress, fresh)])
    progress.print('\n  Stopping …')
    return 0
  } catch (error) {
    // A full disk shows itself in many ways, few of them readable.
    if ((await freeMegabytes()) < megabytesLast) throw new Trouble(diskFull, { cause: error })
    throw error
  } finally {
    stopping = true
    progress.end()
    // The platform began first and ends last: what the others still write must find it.
    const [platform, ...others] = children
    await Promise.all(others.map((child) => child.stop()))
    await platform?.stop()
    await endRun(lease.run)
    lease.giveBack()
  }
}

const readArgs = (args: string[]) => {
  try {
    const options = { fresh: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } } as const
    return parseArgs({ args: args.filter((arg) => arg !== '--'), options }).values
  } catch (error) {
    throw new Trouble(`${(error as Error).message}\n${usage}`)
  }
}

/** Resolves at Ctrl-C, at a polite kill, or when the terminal or the launcher is gone. */
const stopAsked = () =>
  new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
    process.stdout.on('error', () => resolve())
    whenLauncherEnds(resolve)
  })

/** Never returns: it ends with what a part said when it died. */
const serve = async (start: Start, progress: Progress, fresh: boolean): Promise<never> => {
  let settings = loadSettings()
  for (const warning of settings.warnings) progress.print(`  ! ${warning}`)
  const { api, site, platform } = settings.ports
  await claimPorts({ api, site, ...(settings.needsPlatform && { platform }) })
  if (fresh) {
    await progress.step('delete the data', async () => clear())
    settings = loadSettings()
  }
  await checkSpace()
  writeDevVars(settings.worker)

  const running: Promise<never>[] = []
  const started = async (program: Program, ...urls: string[]) => {
    running.push(start(program).died)
    for (const url of urls) await Promise.race([answers(url), ...running])
  }
  const { urls } = settings
  // The API at the same time, which asks the platform for nothing before somebody uses it. Once the site answers too,
  // everything is ready: so it waits for the schema.
  const platformUp = settings.needsPlatform
    ? progress.step('embedded platform', () => started(platformProgram(settings), urls.platform))
    : Promise.resolve()
  const schema = platformUp.then(() => progress.step('database schema', () => upToDate(settings)))
  const startSite = () => started(siteProgram(settings), urls.site, `${urls.site}/chat`)
  const [{ knowledge }] = await Promise.all([
    schema,
    progress.step('API', () => started(apiProgram(settings, dataFolder), `${urls.api}/health`)),
    schema.then(() => progress.step('site', startSite)),
  ])
  progress.end()
  progress.print(summary(settings, performance.now(), knowledge))
  return Promise.race(running)
}

const clear = () => {
  for (const name of readdirSync(dataFolder))
    if (name !== leaseName) rmSync(join(dataFolder, name), { recursive: true, force: true })
}

const checkSpace = async () => {
  const free = await freeMegabytes()
  if (free < megabytesNeeded)
    throw new Trouble(`${diskFull} ${dataFolder} has ${free} MB left and ${megabytesNeeded} MB are needed.`)
}

const freeMegabytes = async () => {
  const { bavail, bsize } = await statfs(dataFolder)
  return Math.floor((bavail * bsize) / 1e6)
}

const upToDate = async ({ worker, parts }: Settings) => {
  try {
    return await migrate(databaseOf(worker))
  } catch (error) {
    throw new Trouble(
      `The database (${parts.database.is}) could not be brought up to date: ${(error as Error).message}`,
    )
  }
}
