import { createAdaptorServer } from '@hono/node-server'
import { neon, neonConfig } from '@neondatabase/serverless'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { coreFiles, migrateTo } from '../../../../db/test/versions.ts'
import { npx, shellStep } from '../../../infra/steps.ts'
import { startPlatform } from '../../platform.ts'
import { answers } from '../answers.ts'
import { copyBundle, deployOutput } from '../bundles.ts'
import { startChild } from '../child.ts'
import { writeDevVars } from '../dev-vars.ts'
import { freePort } from '../ports.ts'
import { apiProgram, bundleArgs } from '../programs.ts'
import { keptSecrets } from '../secrets.ts'
import { composeSettings } from '../settings.ts'
import { runProgram, type Ran } from './cli.ts'

/** Cloudflare as far as a deploy sees it: versions that answer, one of them everybody, and a `wrangler` on PATH. */
export const startRehearsal = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'macro-ai-rehearsal-'))
  const closing: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close()
  }
  try {
    const platform = await startPlatform({ port: 0, dataDir: null })
    closing.push(platform.stop)
    const listen = async (handle: (request: Request) => Response | Promise<Response>) => {
      const server = createAdaptorServer({ fetch: handle, overrideGlobalObjects: false }) as Server
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      closing.push(async () => {
        server.close()
        server.closeAllConnections()
      })
      return (server.address() as AddressInfo).port
    }

    const site = await listen(() => new Response('the site'))
    const platformPort = Number(new URL(platform.url).port)
    const settingsAt = (api: number) =>
      composeSettings({}, { api, site, platform: platformPort }, keptSecrets(join(folder, 'secrets')))

    const versions = new Map<string, string>()
    const calls: string[][] = []
    /** What wrangler.toml and the dashboard would make of the next version that is sent. */
    let next: NodeJS.Dict<string> = {}
    let live: string | undefined

    /** A version of its own process and Durable Objects: at first the bundle that is tested, then what a deploy built. */
    const start = async (): Promise<string> => {
      const settings = settingsAt(await freePort())
      const own = join(folder, randomUUID())
      const variables = `${own}-variables`
      writeDevVars({ ...settings.worker, HEALTH_KEY: healthKey, ...next }, variables)
      const bundle = await copyBundle(`${own}-bundle`, live === undefined ? undefined : deployOutput)
      const program = apiProgram(settings, own, bundleArgs(bundle, variables))
      const child = startChild(program, randomUUID(), (line, wrong) => wrong && console.error(line))
      closing.push(child.stop)
      const { api } = settings.urls
      await Promise.race([answers(`${api}/health`), child.died])
      const { version } = (await (await fetch(`${api}/health`)).json()) as { version: string }
      const id = version.split('+')[1] ?? ''
      versions.set(id, api)
      return id
    }

    const sent = async (notes: string, line: object): Promise<Ran> => {
      await writeFile(notes, `${JSON.stringify({ version: 1, ...line })}\n`)
      return { code: 0, stdout: '', stderr: '' }
    }
    /** Answers as the real commands do: with wrangler 4.156's output files, JSON and error texts. */
    const wrangler = async ([...args]: string[], notes: string): Promise<Ran> => {
      calls.push(args.filter((arg) => arg !== '--env='))
      const command = args.slice(0, 2).join(' ')
      const done = { code: 0, stdout: '', stderr: '' }
      if (command === 'deployments status')
        return live
          ? { ...done, stdout: JSON.stringify({ versions: [{ version_id: live, percentage: 100 }] }) }
          : { code: 1, stdout: '', stderr: 'The Worker macro-ai has no deployments.' }
      if (command === 'versions upload') return sent(notes, { type: 'version-upload', version_id: await start() })
      if (command === 'deploy --env=') {
        live = await start()
        return sent(notes, { type: 'deploy', version_id: live, targets: [url] })
      }
      const whole = args.find((arg) => arg.endsWith('@100%'))
      if (command === 'versions deploy' && whole) live = whole.split('@')[0]
      if (args[0] === 'rollback') live = args[1]
      return done
    }

    const front = await listen(async (request) => {
      const asked = /macro-ai="(.*)"/.exec(request.headers.get('cloudflare-workers-version-overrides') ?? '')?.[1]
      const { pathname, search } = new URL(request.url)
      if (pathname === '/rehearsal/wrangler') {
        const { args, notes } = (await request.json()) as { args: string[]; notes: string }
        return Response.json(await wrangler(args, notes))
      }
      const target = versions.get(asked ?? live ?? '')
      if (!target) return new Response('There is nothing here yet', { status: 404 })
      const headers = new Headers(request.headers)
      // What is fetched comes unpacked, so it must not come packed.
      headers.set('accept-encoding', 'identity')
      const body = request.body && { body: request.body, duplex: 'half' }
      return fetch(target + pathname + search, { method: request.method, headers, ...body })
    })
    const url = `http://127.0.0.1:${front}`

    const bin = join(folder, 'bin')
    await mkdir(bin)
    await writeFile(join(bin, 'wrangler.mjs'), standIn(`${url}/rehearsal/wrangler`))
    await writeFile(join(bin, 'wrangler'), `#!/bin/sh\nexec "${process.execPath}" "${bin}/wrangler.mjs" "$@"\n`)
    await writeFile(join(bin, 'npx'), npx)
    for (const name of ['wrangler', 'npx']) await chmod(join(bin, name), 0o755)

    neonConfig.fetchEndpoint = platform.database.endpoint
    const sql = neon(platform.database.url)
    await migrateTo(sql, coreFiles.length)

    /** What a workflow runs, as it stands there, with the settings of this instance. */
    const runStep = (file: string, words: string) => {
      const { run, env } = shellStep(file, words, {
        NEON_DATABASE_URL: platform.database.url,
        API_URL: url,
        SITE_URL: `http://127.0.0.1:${site}`,
        HEALTH_KEY: healthKey,
      })
      const here = { PATH: bin + delimiter + process.env['PATH'], NEON_FETCH_ENDPOINT: platform.database.endpoint }
      return runProgram('bash', ['-eo', 'pipefail', '-c', run], { environment: { ...env, ...here } })
    }

    return {
      url,
      sql,
      calls,
      live: () => live,
      /** Sends what there is now straight to everybody, as the version before the one that is deployed. */
      begin: async () => {
        live = await start()
        return live
      },
      deploy: (variables: NodeJS.Dict<string> = {}) => {
        next = variables
        calls.length = 0
        return runStep('deploy.yml', 'run deploy')
      },
      databaseCalls: async () =>
        ((await (await fetch(`${platform.url}/counters`)).json()) as { database: number }).database,
      /** What the schedule asks of what is live. */
      watch: () => runStep('watch.yml', 'smoke'),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
export type Rehearsal = Awaited<ReturnType<typeof startRehearsal>>

const healthKey = 'the key of the rehearsal'

const standIn = (address: string) => `
const body = JSON.stringify({ args: process.argv.slice(2), notes: process.env.WRANGLER_OUTPUT_FILE_PATH })
const { code, stdout, stderr } = await (await fetch(${JSON.stringify(address)}, { method: 'POST', body })).json()
process.stdout.write(stdout)
process.stderr.write(stderr)
process.exitCode = code
`
