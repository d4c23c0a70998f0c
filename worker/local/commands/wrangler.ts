import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeDevVars } from './dev-vars.ts'
import { dataFolder, root, wranglerEntry } from './places.ts'
import { hyperdriveEnvironment, wranglerDevArgs, wranglerEnvironment } from './programs.ts'
import { loadSettings, type Settings } from './settings.ts'

/** The real wrangler with every argument as it came. `dev` gets the settings of `pnpm dev` as well; an argument wins over them. */
export const run = async (args: string[]): Promise<number> => {
  const isDev = args.find((arg) => !arg.startsWith('-')) === 'dev'
  if (!isDev) return wrangler(args, {})
  const settings = loadSettings()
  return wrangler(await forDev(args, settings), { ...wranglerEnvironment, ...hyperdriveEnvironment(settings.worker) })
}

const forDev = async (args: string[], settings: Settings): Promise<string[]> => {
  for (const warning of settings.warnings) console.warn(warning)
  writeDevVars(settings.worker)
  const { platform } = settings.urls
  if (settings.needsPlatform && !(await isUp(platform)))
    console.warn(
      `The embedded platform is not up at ${platform}: start it with \`pnpm platform\` (or use \`pnpm dev\`).\n`,
    )
  return [...args, ...missingFrom(args, wranglerDevArgs(settings, dataFolder))]
}

/** Those of our `--name value` pairs that the command line does not hold already. */
const missingFrom = (args: string[], pairs: string[]) => {
  const given = new Set(args.map((arg) => arg.split('=')[0]))
  return pairs.filter((_, index) => !given.has(pairs[index - (index % 2)] ?? ''))
}

const isUp = (url: string) =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  )

const wrangler = async (args: string[], environment: NodeJS.Dict<string>): Promise<number> => {
  const child = spawn(process.execPath, [wranglerEntry, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  })
  // Ctrl-C reaches wrangler by itself; we only wait for it. A polite kill reaches us alone.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? 1
}
