import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { root, siteFolder, viteEntry, wranglerEntry } from './places.ts'
import { wranglerEnvironment } from './programs.ts'
import { Trouble } from './trouble.ts'

/** Of `pnpm build` and the tests; a deploy builds into a folder of its own. */
const workerOutput = join(root, 'dist/worker')
export const deployOutput = join(root, 'dist/deploy')
export const workerBundle = join(workerOutput, 'index.js')
export const siteOutput = join(siteFolder, '.vercel/output')

/** The Worker as `pnpm run deploy` would send it. */
export const buildWorker = (folder = workerOutput) =>
  build('The Worker', wranglerEntry, root, [...['deploy', '--dry-run', '--env=', '--minify'], ...['--outdir', folder]])

/** A built Worker to run from: `wrangler dev` watches its file, and a build beside it must not restart it mid-request. */
export const copyBundle = async (folder: string, from = workerOutput): Promise<string> => {
  await cp(from, folder, { recursive: true })
  return join(folder, 'index.js')
}

/** The site as Vercel would serve it. */
export const buildSite = (environment: NodeJS.Dict<string> = {}) =>
  build('The site', viteEntry, siteFolder, ['build', '--logLevel', 'warn'], environment)

const build = async (what: string, script: string, cwd: string, args: string[], own: NodeJS.Dict<string> = {}) => {
  const env = { ...process.env, ...wranglerEnvironment, CLOUDFLARE_ENV: undefined, NODE_ENV: 'production', ...own }
  try {
    await promisify(execFile)(process.execPath, [script, ...args], { cwd, env, maxBuffer: 64 << 20 })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Trouble(`${what} cannot be built:\n${[stdout, stderr].filter(Boolean).join('\n')}`)
  }
}

/** All JavaScript that a browser loads before the chat page works, compressed. */
export const chatPageBytes = (): number => {
  const folder = join(siteOutput, 'static')
  const page = readFileSync(join(folder, 'chat.html'), 'utf8')
  const scripts = new Set(page.match(/_app\/immutable\/[\w./-]+\.js/g))
  if (scripts.size === 0) throw new Trouble('The built chat page names no script: its size cannot be told.')
  return [...scripts].reduce((sum, script) => sum + gzipBytes(join(folder, script)), 0)
}

export const gzipBytes = (file: string): number => gzipSync(readFileSync(file), { level: 9 }).length
