import { createAdaptorServer } from '@hono/node-server'
import { neon, neonConfig } from '@neondatabase/serverless'
import { Hono } from 'hono'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startPlatform, type Platform } from '../../platform.ts'
import { putUp, takeDown } from './preview.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

let folder: string
let platform: Platform
let url: string
/** Of the same server, by another name: another origin. */
let site: string
let server: Server
const branches = [{ id: 'br-0', name: 'preview' }]
let deployments = ['dpl_1', 'dpl_2']
const asked: string[] = []

/** What the stub of wrangler was given for the Worker. */
const secrets = () => JSON.parse(readFileSync(join(folder, 'secrets'), 'utf8')) as Record<string, string>
const programs = () => readFileSync(join(folder, 'asked'), 'utf8')

/** Neon's and Vercel's APIs as they publish them, and a Worker that answers by the settings it was deployed with. */
const accounts = new Hono()
  .use(async (c, next) => {
    if (['POST', 'DELETE'].includes(c.req.method)) asked.push(`${c.req.method} ${c.req.path}`)
    await next()
  })
  .get('/neon/projects/p/branches', (c) => c.json({ branches }))
  .post('/neon/projects/p/branches', async (c) => {
    const { branch } = await c.req.json<{ branch: { name: string; parent_id: string } }>()
    branches.push({ ...branch, id: 'br-1' })
    return c.json({ branch: branches.at(-1) }, 201)
  })
  .delete('/neon/projects/p/branches/br-1', (c) => {
    branches.pop()
    return c.json({})
  })
  .get('/neon/projects/p/connection_uri', (c) =>
    c.json({ uri: `postgresql://owner:pw@${c.req.query('branch_id')}.neon.example/neondb` }),
  )
  .get('/v6/deployments', (c) =>
    c.json({ deployments: c.req.query('meta-preview') === 'pr-12' ? deployments.map((uid) => ({ uid })) : [] }),
  )
  .delete('/v13/deployments/:uid', (c) => {
    deployments = deployments.filter((uid) => uid !== c.req.param('uid'))
    return c.json({})
  })
  .get('/', (c) => c.text('the site'))
  .get('/health', (c) => c.json({ status: 'ok' }))
  .get('/me', (c) => c.json({}, 401))
  .get('/openapi.json', (c) => c.json({}))
  .options('/turns', (c) => {
    const origin = c.req.header('origin') ?? ''
    return c.body(null, 204, secrets()['ALLOWED_ORIGINS'] === origin ? { 'access-control-allow-origin': origin } : {})
  })

const given = () => ({
  NEON_API_KEY: 'neon-key',
  NEON_PROJECT_ID: 'p',
  NEON_FETCH_ENDPOINT: platform.database.endpoint,
  VERCEL_TOKEN: 'vercel-key',
  VERCEL_ORG_ID: 'team',
  VERCEL_PROJECT_ID: 'prj',
  WORKERS_SUBDOMAIN: 'me',
  COGNITO_ISSUER: 'https://cognito.example/pool',
  COGNITO_CLIENT_ID: 'client',
  OPENAI_API_KEY: 'sk-key',
})
const progress = {
  step: <T>(_: string, work: () => Promise<T>) => work(),
  print: () => undefined,
  end: () => undefined,
}
const built: (string | undefined)[] = []
const means = () => ({
  at: { neon: `${url}/neon`, upstash: url, vercel: url },
  // Building for real would overwrite the site that the browser's tests are looking at.
  build: async ({ PUBLIC_API_URL }: NodeJS.Dict<string>) => void built.push(PUBLIC_API_URL),
  apiOf: () => url,
})

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'macro-ai-preview-'))
  platform = await startPlatform({ port: 0, dataDir: null, demo: false })
  server = createAdaptorServer({ fetch: accounts.fetch, overrideGlobalObjects: false }) as Server
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  site = url.replace('127.0.0.1', 'localhost')
  const program = (name: string, more: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*" >> ${folder}/asked\n${more}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  program(
    'wrangler',
    `for one; do case $one in --secrets-file=*) cp "\${one#--secrets-file=}" ${folder}/secrets;; esac; done`,
  )
  program('npx', `echo ${site}/`)
  vi.stubEnv('PATH', folder + delimiter + process.env['PATH'])
})
afterAll(async () => {
  vi.unstubAllEnvs()
  server?.close()
  await platform?.stop()
  rmSync(folder, { recursive: true })
})

test('a pull request gets a database, a Worker and a site of its own, wired to each other alone', async () => {
  const comment = await putUp('pr-12', given(), progress, means())
  expect(branches[1]).toMatchObject({ name: 'pr-12', parent_id: 'br-0' })
  neonConfig.fetchEndpoint = platform.database.endpoint
  expect(await neon(platform.database.url)`select count(*)::int as count from users`).toEqual([{ count: 0 }])
  expect(secrets()).toMatchObject({
    ALLOWED_ORIGINS: site,
    NEON_DATABASE_URL: 'postgresql://owner:pw@br-1.neon.example/neondb',
  })
  expect(programs()).toContain('wrangler deploy --env=preview --name=macro-ai-pr-12 --minify')
  expect(programs()).toContain('--meta preview=pr-12')
  expect(built).toEqual([url])
  expect(comment).toContain(`[the app](${site})`)
})

test('a push to it brings the same up to date', async () => {
  asked.length = 0
  await putUp('pr-12', given(), progress, means())
  expect(asked).toEqual([])
  expect(branches).toHaveLength(2)
})

test('closed, all of it goes, and a second time there is nothing to do', async () => {
  await takeDown('pr-12', given(), progress, means())
  expect(branches).toHaveLength(1)
  expect(deployments).toEqual([])
  expect(programs()).toContain('wrangler delete macro-ai-pr-12 --env=preview --force')
  asked.length = 0
  await takeDown('pr-12', given(), progress, means())
  expect(asked).toEqual([])
})
