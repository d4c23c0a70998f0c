import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../worker/local/commands/ports.ts'
import { workerBundle } from '../../worker/local/commands/bundles.ts'
import { startProcess, type Process } from '../child.ts'
import { cpuMs, median, residentMb } from '../cpu.ts'
import { interleaved, spread, type Part } from '../figures.ts'
import type { Stage } from '../stage.ts'
import { startOriginal } from './routes.ts'

const quoted = (text: string) => JSON.stringify(text)

/** Our bundle, or one that does nothing, in workerd alone: without Miniflare, which production does not have either. */
const configOf = (
  folder: string,
  { port, variables, objects }: Config,
) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main), (name = "limits", worker = .limits),
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "disk", disk = (path = ${quoted(folder)}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const main :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed "index.js")], compatibilityDate = "2026-11-01",
  ${objects ? 'durableObjectNamespaces = [(className = "Chat", uniqueKey = "chat", enableSql = true), (className = "Meter", uniqueKey = "meter", enableSql = true), (className = "Till", uniqueKey = "till", enableSql = true)], durableObjectStorage = (localDisk = "disk"),' : ''}
  bindings = [
    ${objects ? '(name = "CHAT", durableObjectNamespace = "Chat"), (name = "METER", durableObjectNamespace = "Meter"), (name = "TILL", durableObjectNamespace = "Till"),' : ''}
    (name = "LIMIT_ADDRESS", service = "limits"), (name = "LIMIT_USER", service = "limits"),
    ${Object.entries(variables)
      .map(([name, value]) => `(name = ${quoted(name)}, text = ${quoted(value)})`)
      .join(', ')}
  ]
);
const limits :Workerd.Worker = (modules = [(name = "limits.js", esModule = embed "limits.js")], compatibilityDate = "2026-11-01");
`
type Config = { port: number; variables: Record<string, string>; objects: boolean }

const limits = `import { WorkerEntrypoint } from 'cloudflare:workers'
export default class extends WorkerEntrypoint { limit() { return { success: true } } }`
const nothing = 'export default { fetch: () => new Response("ok") }'

const workerd = () => {
  const require = createRequire(createRequire(import.meta.url).resolve('miniflare'))
  const { default: path } = require('workerd') as { default: string }
  return path
}

/** Polls without a pause until the first 200. */
const answers = async (url: string) => {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

type Started = { tookMs: number; cpuMs: number; memoryMb: number }

const untilAnswered = async (
  start: () => Promise<{ process: Pick<Process, 'pid' | 'stop'>; url: string }>,
): Promise<Started> => {
  const started = performance.now()
  const { process, url } = await start()
  try {
    await answers(`${url}/health`)
    const tookMs = performance.now() - started
    return { tookMs, cpuMs: cpuMs(process.pid), memoryMb: residentMb(process.pid) }
  } finally {
    await process.stop()
  }
}

export const start = async (stage: Stage, rounds: number): Promise<Part> => {
  const folder = mkdtempSync(join(tmpdir(), 'macro-ai-bench-'))
  const binary = workerd()
  const inWorkerd = (objects: boolean) => async () => {
    const port = await freePort()
    if (objects) copyFileSync(workerBundle, join(folder, 'index.js'))
    else writeFileSync(join(folder, 'index.js'), nothing)
    writeFileSync(join(folder, 'limits.js'), limits)
    const config = join(folder, 'config.capnp')
    writeFileSync(config, configOf(folder, { port, variables: objects ? stage.variables : {}, objects }))
    const control = ['serve', '--experimental', '--control-fd=1', config]
    return { process: await startProcess(binary, control, /"listen"/), url: `http://127.0.0.1:${port}` }
  }
  try {
    const found = await interleaved(rounds, {
      ours: () => untilAnswered(inWorkerd(true)),
      nothing: () => untilAnswered(inWorkerd(false)),
      original: () =>
        untilAnswered(async () => {
          const { url, ...process } = await startOriginal(stage)
          return { process, url: url.origin }
        }),
    })
    const row = (what: string, samples: Started[]) => [
      what,
      spread(
        samples.map(({ tookMs }) => tookMs),
        0,
      ),
      spread(
        samples.map((sample) => sample.cpuMs),
        0,
      ),
      spread(
        samples.map(({ memoryMb }) => memoryMb),
        0,
      ),
    ]
    const took = (samples: Started[]) => median(samples.map(({ tookMs }) => tookMs))
    // What an empty Worker takes is the runtime's own, which at Cloudflare runs already.
    const isolate = found.ours.map((sample, round) => ({
      tookMs: sample.tookMs - (found.nothing[round]?.tookMs ?? NaN),
      cpuMs: sample.cpuMs - (found.nothing[round]?.cpuMs ?? NaN),
      memoryMb: sample.memoryMb - (found.nothing[round]?.memoryMb ?? NaN),
    }))
    return {
      title: 'From a cold start to the first answer',
      how:
        'From spawning the process to the first 200 of `/health`. At Cloudflare workerd itself runs already and only our ' +
        'script has to start, which is the difference to a Worker that does nothing; on Lambda the whole process starts. ' +
        'Lambda’s own time to find a machine and unpack the code is not in here.',
      head: ['what starts', 'ms', 'CPU, ms', 'memory, MB'],
      rows: [
        row('workerd with ours', found.ours),
        row('workerd with a Worker that does nothing', found.nothing),
        row('ours alone: the difference', isolate),
        row('the original on Node', found.original),
      ],
      bounds: [
        {
          what: 'ours alone / the original',
          value: took(isolate) / took(found.original),
          atMost: 0.05,
          outOfReach: 0.4,
        },
      ],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
