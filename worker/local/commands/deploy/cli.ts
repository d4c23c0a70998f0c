import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Given } from '../names.ts'
import { root } from '../places.ts'
import { Trouble } from '../trouble.ts'

export type Ran = { code: number; stdout: string; stderr: string }
type Options = { cwd?: string; environment?: NodeJS.Dict<string>; input?: string }

/** Runs a program of this machine, found on PATH, and gives what it printed. */
export const runProgram = async (name: string, args: string[], options: Options = {}): Promise<Ran> => {
  const child = spawn(name, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.environment },
    stdio: 'pipe',
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  child.stdin.end(options.input)
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    return { code: code ?? 1, stdout, stderr }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new Trouble(`${name} is not installed on this machine.`)
    throw error
  }
}

/** The same, and a failure is trouble that says what the program said. */
export const succeed = async (name: string, args: string[], options: Options = {}): Promise<string> => {
  const { code, stdout, stderr } = await runProgram(name, args, options)
  if (code === 0) return stdout
  throw new Trouble(`${name} ${args.slice(0, 2).join(' ')} failed:\n${(stderr + stdout).trim()}`)
}

/** What wrangler signs in with; without it, it uses its own `wrangler login`. */
export const credentials = ({ CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID }: Given) => ({
  ...(CLOUDFLARE_API_TOKEN && { CLOUDFLARE_API_TOKEN }),
  ...(CLOUDFLARE_ACCOUNT_ID && { CLOUDFLARE_ACCOUNT_ID }),
})

/** What wrangler notes down, a JSON line each, of what it has sent. */
export type Sent = { type: string; version_id?: string; targets?: string[] }

/** Wrangler with nothing of this machine's `pnpm dev` about it. */
export const wranglerCli = (environment: NodeJS.Dict<string>) => {
  const quiet = { WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true', CI: 'true', CLOUDFLARE_ENV: undefined }
  const all = { ...quiet, ...environment }
  return {
    run: (args: string[], input?: string) =>
      runProgram('wrangler', args, { environment: all, ...(input !== undefined && { input }) }),
    succeed: (args: string[], input?: string) =>
      succeed('wrangler', args, { environment: all, ...(input !== undefined && { input }) }),
    /** Runs what uploads a version, and reads which. */
    send: async (args: string[]): Promise<Ran & { sent: Sent[] }> => {
      const folder = await mkdtemp(join(tmpdir(), 'macro-ai-'))
      const notes = join(folder, 'output')
      try {
        const ran = await runProgram('wrangler', args, { environment: { ...all, WRANGLER_OUTPUT_FILE_PATH: notes } })
        const lines = (await readFile(notes, 'utf8').catch(() => '')).split('\n').filter(Boolean)
        return { ...ran, sent: lines.map((line) => JSON.parse(line) as Sent) }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}
export type WranglerCli = ReturnType<typeof wranglerCli>
