import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freeTiers } from '@macro-ai/shared'
import { Miniflare } from 'miniflare'
import { buildWorker, workerBundle } from '../worker/local/commands/bundles.ts'
import { startThrowaway } from '../worker/local/throwaway.ts'
import { startNode } from './child.ts'
import { workerds } from './cpu.ts'

export type Stage = Awaited<ReturnType<typeof openStage>>

/** What everything in the bench stands on, each a process of its own: the stand-ins, the model, and what we deploy. */
export const openStage = async () => {
  const [{ settings, stop: stopPlatform }, upstream] = await Promise.all([
    startThrowaway({ api: 8787, site: 5173 }),
    startNode(join(import.meta.dirname, 'upstream.ts'), /^upstream (\d+)/),
    buildWorker(),
  ])
  const modelUrl = `http://127.0.0.1:${upstream.said[1]}/v1`
  return {
    platformUrl: settings.urls.platform,
    modelUrl,
    variables: {
      ...settings.worker,
      OPENAI_BASE_URL: modelUrl,
      API_REQUESTS_PER_MINUTE: '1000000',
      // More is asked here in an hour than the free tiers give away in a day: nothing may rest.
      LIMITS: JSON.stringify(Object.fromEntries(freeTiers.map(({ id }) => [id, null]))),
      TURN_CAP_MICROS: '1000000',
      USER_DAY_CAP_MICROS: '1000000000',
      USER_MONTH_CAP_MICROS: '1000000000',
      INSTANCE_MONTH_CAP_MICROS: '1000000000',
    } as Record<string, string>,
    stop: async () => {
      await Promise.all([stopPlatform(), upstream.stop()])
    },
  }
}

type WorkerScript = {
  script: string
  /** Class names, by binding. */
  durableObjects?: Record<string, string>
  vars: Record<string, string>
  /** With it the Durable Objects get an isolate of their own, so that each side can be profiled. */
  inspectorPort?: number
  /** Where Durable Objects keep their storage; in a folder that goes with the Worker when absent. */
  storage?: string
}

export type Instance = { url: URL; pid: number; stop: () => Promise<void> }

const limit = (namespace: string) => ({
  type: 'rate-limit' as const,
  namespace,
  simple: { limit: 1_000_000, period: 60 as const },
})

const workersOf = ({ script, durableObjects = {}, vars, inspectorPort }: WorkerScript) => {
  const objects = Object.entries(durableObjects)
  const home = inspectorPort === undefined ? 'worker' : 'objects'
  const worker = (name: string) => ({
    config: {
      name,
      compatibilityDate: '2026-11-01',
      manifest: {
        mainModule: 'index.js',
        modulesRoot: '/',
        modules: { 'index.js': { type: 'esm' as const, contents: script } },
      },
      exports:
        name === home
          ? Object.fromEntries(
              objects.map(([, type]) => [type, { type: 'durable-object' as const, storage: 'sqlite' as const }]),
            )
          : {},
      env: {
        ...Object.fromEntries(
          objects.map(([binding, exportName]) => [
            binding,
            { type: 'durable-object' as const, worker: home, exportName },
          ]),
        ),
        LIMIT_ADDRESS: limit('1'),
        LIMIT_USER: limit('2'),
        ...Object.fromEntries(Object.entries(vars).map(([key, value]) => [key, { type: 'text' as const, value }])),
      },
    },
  })
  return home === 'worker' ? [worker('worker')] : [worker('worker'), worker(home)]
}

/** Starts a Worker in Miniflare and finds the one new workerd process that it made. */
export const startWorker = async (wanted: WorkerScript): Promise<Instance> => {
  const { inspectorPort, storage } = wanted
  const before = new Set(workerds())
  const miniflare = new Miniflare({
    ...(inspectorPort !== undefined && { inspectorPort }),
    ...(storage !== undefined && { resourcePersistencePath: storage }),
    // The Worker's own lines, one a request, would bury the table.
    handleStructuredLogs: ({ message }) => {
      if (!message.includes('"event":"')) console.error(message)
    },
    workers: workersOf(wanted),
  })
  const url = await miniflare.ready
  const pid = workerds().find((each) => !before.has(each))
  if (pid === undefined) throw new Error('workerd did not start')
  return { url, pid, stop: () => miniflare.dispose() }
}

/** Our Worker as it is deployed. */
export const startOurs = (variables: Record<string, string>, more: { inspectorPort?: number; storage?: string } = {}) =>
  startWorker({
    script: readFileSync(workerBundle, 'utf8'),
    durableObjects: { CHAT: 'Chat', METER: 'Meter', TILL: 'Till' },
    vars: variables,
    ...more,
  })

export const startBaseline = (name: string, modelUrl: string) =>
  startWorker({
    script: readFileSync(join(import.meta.dirname, 'baselines', `${name}.js`), 'utf8'),
    durableObjects: { RELAY: 'Relay' },
    vars: { MODEL_URL: `${modelUrl}/chat/completions` },
  })
