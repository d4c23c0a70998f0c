import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Miniflare } from 'miniflare'
import { demoModels } from '../worker/local/commands/demo-models.ts'
import type { Platform } from '../worker/local/platform.ts'
import { cpuMs, median, workerds } from './cpu.ts'

const root = join(import.meta.dirname, '..')
const words = process.env['WORDS'] ?? 'write 1000 tokens'

/** One way to bring an answer from the model to a reader. `ask` resolves when the whole answer has been read. */
export type Relay = {
  name: string
  pid: number
  ask: () => Promise<{ reads: number; longestGapMs: number }>
  stop: () => Promise<void>
}

const readAll = async (response: Response) => {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  let reads = 0
  let longestGapMs = 0
  let last: number | undefined
  for await (const _ of response.body ?? []) {
    const now = performance.now()
    if (last !== undefined) longestGapMs = Math.max(longestGapMs, now - last)
    last = now
    reads++
  }
  return { reads, longestGapMs }
}

type WorkerScript = {
  script: string
  /** Class names, by binding. */
  durableObjects: Record<string, string>
  vars: Record<string, string>
}

/** Starts a Worker in Miniflare and finds the one new workerd process that it made. */
const started = async ({ script, durableObjects, vars }: WorkerScript) => {
  const before = new Set(workerds())
  const simple = { limit: 1_000_000, period: 60 } as const
  const miniflare = new Miniflare({
    workers: [
      {
        config: {
          name: 'bench',
          compatibilityDate: '2026-11-01',
          manifest: {
            mainModule: 'index.js',
            modulesRoot: '/',
            modules: { 'index.js': { type: 'esm', contents: script } },
          },
          exports: Object.fromEntries(
            Object.values(durableObjects).map((name) => [
              name,
              { type: 'durable-object' as const, storage: 'sqlite' as const },
            ]),
          ),
          env: {
            ...Object.fromEntries(
              Object.entries(durableObjects).map(([binding, exportName]) => [
                binding,
                { type: 'durable-object' as const, worker: 'bench', exportName },
              ]),
            ),
            LIMIT_ADDRESS: { type: 'rate-limit', namespace: '1', simple },
            LIMIT_USER: { type: 'rate-limit', namespace: '2', simple },
            ...Object.fromEntries(
              Object.entries(vars).map(([name, value]) => [name, { type: 'text' as const, value }]),
            ),
          },
        },
      },
    ],
  })
  const url = await miniflare.ready
  const pid = workerds().find((each) => !before.has(each))
  if (pid === undefined) throw new Error('workerd did not start')
  return { miniflare, url, pid }
}

export const baseline = async (name: 'pass-through' | 'per-token', platform: Platform): Promise<Relay> => {
  const { miniflare, url, pid } = await started({
    script: readFileSync(join(import.meta.dirname, 'baselines', `${name}.js`), 'utf8'),
    durableObjects: { RELAY: 'Relay' },
    vars: { MODEL_URL: `${platform.model.url}/chat/completions` },
  })
  const body = JSON.stringify({
    model: 'demo',
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: words }],
  })
  const headers = { authorization: 'Bearer bench', 'content-type': 'application/json' }
  return {
    name,
    pid,
    ask: async () => readAll(await fetch(url, { method: 'POST', headers, body })),
    stop: () => miniflare.dispose(),
  }
}

/** Our Worker as it is deployed. */
export const startOurs = async (platform: Platform, vars: Record<string, string> = {}) => {
  const out = join(root, 'dist', 'bench')
  execFileSync(
    join(root, 'node_modules/.bin/wrangler'),
    ['deploy', '--dry-run', '--env', '', '--outdir', out, '--minify'],
    { cwd: root, stdio: 'ignore' },
  )
  const { miniflare, url, pid } = await started({
    script: readFileSync(join(out, 'index.js'), 'utf8'),
    durableObjects: { CHAT: 'Chat', METER: 'Meter', TILL: 'Till' },
    vars: {
      NEON_DATABASE_URL: platform.database.url,
      NEON_FETCH_ENDPOINT: platform.database.endpoint,
      UPSTASH_REDIS_REST_URL: platform.cache.url,
      UPSTASH_REDIS_REST_TOKEN: platform.cache.token,
      COGNITO_ISSUER: platform.identity.issuer,
      COGNITO_ENDPOINT: platform.identity.url,
      COGNITO_CLIENT_ID: platform.identity.clientId,
      OPENAI_BASE_URL: platform.model.url,
      OPENAI_API_KEY: 'bench',
      MODELS: JSON.stringify(demoModels),
      DEFAULT_MODEL: 'demo',
      ALLOWED_ORIGINS: 'http://127.0.0.1:5173',
      USER_DAY_CAP_MICROS: '1000000000',
      USER_MONTH_CAP_MICROS: '1000000000',
      INSTANCE_MONTH_CAP_MICROS: '1000000000',
      ...vars,
    },
  })
  return { url, pid, stop: () => miniflare.dispose() }
}

/** Our Worker with everything a turn does: sign-in check, money, journal, database. */
export const ours = async (platform: Platform): Promise<Relay> => {
  const { url, pid, stop } = await startOurs(platform)
  const signIn = await fetch(new URL('/auth/sign-in', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'demo@macro.local', password: 'Demo-passw0rd' }),
  })
  const { accessToken } = (await signIn.json()) as { accessToken: string }
  const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' }
  return {
    name: 'ours',
    pid,
    ask: async () => {
      const turn = { turnId: crypto.randomUUID(), conversationId: crypto.randomUUID(), parentId: null, text: words }
      return readAll(await fetch(new URL('/turns', url), { method: 'POST', headers, body: JSON.stringify(turn) }))
    },
    stop,
  }
}

export type Measured = {
  name: string
  cpuMs: number
  lowest: number
  highest: number
  reads: number
  longestGapMs: number
}

/** CPU of one answer through each relay: rounds interleaved, so that a busy moment hits all of them alike. */
export const compare = async (
  relays: Relay[],
  { rounds, atOnce }: { rounds: number; atOnce: number },
): Promise<Measured[]> => {
  const samples = relays.map((relay) => ({ relay, cpu: [] as number[], reads: 0, longestGapMs: 0 }))
  for (let round = -1; round < rounds; round++)
    for (const sample of samples) {
      const before = cpuMs(sample.relay.pid)
      const asked = await Promise.all(Array.from({ length: atOnce }, sample.relay.ask))
      if (round < 0) continue // The first round compiles and connects.
      sample.cpu.push((cpuMs(sample.relay.pid) - before) / atOnce)
      sample.reads = asked[0]?.reads ?? 0
      sample.longestGapMs = median(asked.map(({ longestGapMs }) => longestGapMs))
    }
  return samples.map(({ relay, cpu, reads, longestGapMs }) => ({
    name: relay.name,
    cpuMs: median(cpu),
    lowest: Math.min(...cpu),
    highest: Math.max(...cpu),
    reads,
    longestGapMs,
  }))
}
