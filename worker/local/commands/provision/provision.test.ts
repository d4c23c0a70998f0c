import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readGiven } from '../env-file.ts'
import type { Given } from '../names.ts'
import { append, planOf, provision } from '../provision.ts'
import type { Bases } from '../providers/api.ts'
import { wranglerEntry } from '../places.ts'
import { steps, toolsMissing } from './steps.ts'

const person: Given = {
  NEON_API_KEY: 'neon-key',
  UPSTASH_EMAIL: 'me@example.org',
  UPSTASH_API_KEY: 'upstash-key',
  AWS_REGION: 'eu-west-2',
  ALERT_EMAIL: 'me@example.org',
  OPENAI_API_KEY: 'sk-key',
  VERCEL_TOKEN: 'vercel-key',
  CLOUDFLARE_ACCOUNT_ID: 'account',
  WORKERS_SUBDOMAIN: 'me',
}

/** Accounts with nothing in them, as the providers' published APIs show them: Neon v2, Upstash v2, Vercel. */
const openAccounts = async () => {
  const made: string[] = []
  const neon = { projects: [] as object[], branches: [] as { id: string; name: string; parent_id?: string }[] }
  const redis: Record<string, string>[] = []
  const vercel: Record<string, string>[] = []
  let failing: string | undefined
  let told: Record<string, string> = {}
  const app = new Hono()
    .use(async (c, next) => {
      if (c.req.method !== 'GET') made.push(`${c.req.method} ${c.req.path}`)
      if (failing && c.req.path.startsWith(failing)) return c.json({ message: 'try later' }, 503)
      const key = { neon: 'Bearer neon-key', upstash: `Basic ${btoa('me@example.org:upstash-key')}` }[
        c.req.path.split('/')[1] ?? ''
      ]
      if (c.req.header('authorization') !== (key ?? 'Bearer vercel-key')) return c.json({ message: 'who?' }, 401)
      return next()
    })
    .get('/neon/projects', (c) => c.json({ projects: neon.projects }))
    .post('/neon/projects', async (c) => {
      const { project } = await c.req.json<{ project: { name: string; region_id: string } }>()
      neon.projects.push({ ...project, id: 'icy-sun-1' })
      neon.branches.push({ id: 'br-1', name: 'production' })
      return c.json({ project: { ...project, id: 'icy-sun-1' } }, 201)
    })
    .get('/neon/projects/icy-sun-1/branches', (c) => c.json({ branches: neon.branches }))
    .post('/neon/projects/icy-sun-1/branches', async (c) => {
      const { branch } = await c.req.json<{ branch: { name: string; parent_id: string } }>()
      neon.branches.push({ ...branch, id: `br-${neon.branches.length + 1}` })
      return c.json({ branch: neon.branches.at(-1) }, 201)
    })
    .get('/neon/projects/icy-sun-1/connection_uri', (c) =>
      c.json({ uri: `postgresql://neondb_owner:pw@${c.req.query('branch_id')}.neon.example/neondb?sslmode=require` }),
    )
    .get('/upstash/redis/databases', (c) => c.json(redis.map(({ rest_token: _, ...shown }) => shown)))
    .get('/upstash/redis/database/db-1', (c) => c.json(redis[0]))
    .post('/upstash/redis/database', async (c) => {
      const asked = await c.req.json<{ database_name: string }>()
      redis.push({ ...asked, database_id: 'db-1', endpoint: 'eu2-icy.upstash.example', rest_token: 'AYt' })
      return c.json(redis[0])
    })
    .get('/v9/projects', (c) => c.json({ projects: vercel }))
    .post('/v11/projects', async (c) => {
      vercel.push({ ...(await c.req.json<{ name: string }>()), id: 'prj_1', accountId: 'team_1' })
      return c.json(vercel[0])
    })
    .patch('/v9/projects/prj_1', (c) => c.json(vercel[0]))
    .get('/v9/projects/prj_1/domains', (c) => c.json({ domains: [{ name: 'macro-ai-two.vercel.app' }] }))
    .post('/v10/projects/prj_1/env', async (c) => {
      const variables = await c.req.json<{ key: string; value: string }[]>()
      told = Object.fromEntries(variables.map(({ key, value }) => [key, value]))
      return c.json({ created: [], failed: [] }, 201)
    })
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    at: { neon: `${url}/neon`, upstash: `${url}/upstash`, vercel: url } satisfies Bases,
    made,
    neon,
    /** What the site was told last. */
    told: () => told,
    fail: (path?: string) => (failing = path),
    close: () => server.close(),
  }
}

const outputs = { CognitoIssuer: 'https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_a', CognitoClientId: 'client' }
const stack = {
  Stacks: [{ Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })) }],
}

let folder: string
let accounts: Awaited<ReturnType<typeof openAccounts>>
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'macro-ai-'))
  accounts = await openAccounts()
  // The two programs, which note what they are asked.
  const program = (name: string, prints: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*" >> ${folder}/asked\nprintf '%s' '${prints}'\n`)
    chmodSync(join(folder, name), 0o755)
  }
  program('aws', JSON.stringify(stack))
  program('wrangler', '')
  vi.stubEnv('PATH', folder + delimiter + process.env['PATH'])
})
afterEach(() => {
  vi.unstubAllEnvs()
  accounts.close()
  rmSync(folder, { recursive: true })
})

const go = (changed: Given = {}) => {
  const file = join(folder, '.env.production')
  const { given } = readGiven(file, { ...person, ...changed })
  const step = <T>(_: string, work: () => Promise<T>) => work()
  return provision(given, steps, { at: accounts.at, progress: { step }, keep: (made) => append(file, made) })
}
const asked = () => readFileSync(join(folder, 'asked'), 'utf8')

test('the plan of an empty account says of every step what it does, and what it waits for and where that is found', () => {
  const plan = planOf({}, steps)
  for (const { name } of steps) expect(plan).toContain(name)
  expect(plan).toContain('needs NEON_API_KEY: console.neon.tech')
  expect(plan).toContain('auto-reload OFF')
  expect(planOf(person, steps)).not.toContain('needs')
  expect(accounts.made).toEqual([])
})

test('wrangler that is not signed in is told before anything is made, and takes the token of the settings', async () => {
  const wrangler = (line: string) => writeFileSync(join(folder, 'wrangler'), `#!/bin/sh\n${line}\n`)
  // The real one, as somebody who never signed in has it: it ends well.
  for (const name of ['HOME', 'XDG_CONFIG_HOME']) vi.stubEnv(name, folder)
  wrangler(`exec "${process.execPath}" "${wranglerEntry}" "$@"`)
  expect(await toolsMissing({ CLOUDFLARE_ACCOUNT_ID: 'account' })).toEqual([
    expect.stringContaining('Run `pnpm wrangler login`') as string,
  ])
  wrangler('test "$CLOUDFLARE_API_TOKEN" = cf-token')
  expect(await toolsMissing({})).toHaveLength(1)
  expect(await toolsMissing({ CLOUDFLARE_API_TOKEN: 'cf-token' })).toEqual([])
})

test('from nothing everything is made, kept in a file of one’s own, and the settings are those of what was made', async () => {
  const all = await go()
  expect(all).toMatchObject({
    NEON_PROJECT_ID: 'icy-sun-1',
    NEON_DATABASE_URL: 'postgresql://neondb_owner:pw@br-1.neon.example/neondb?sslmode=require',
    UPSTASH_REDIS_REST_URL: 'https://eu2-icy.upstash.example',
    COGNITO_ISSUER: outputs.CognitoIssuer,
    COGNITO_CLIENT_ID: 'client',
    API_URL: 'https://macro-ai.me.workers.dev',
    SITE_URL: 'https://macro-ai-two.vercel.app',
    ALLOWED_ORIGINS: 'https://macro-ai-two.vercel.app',
  })
  expect(accounts.neon.branches[1]).toMatchObject({ name: 'preview', parent_id: 'br-1' })
  expect(asked()).toContain('aws cloudformation deploy --stack-name macro-ai --region eu-west-2')
  expect(asked()).toContain('wrangler r2 bucket create macro-ai-backups')
  expect(asked()).toContain('lifecycle add macro-ai-backups thirty-nights nightly/ --expire-days 30')
  expect(asked()).toContain('lifecycle add macro-ai-preview-files a-week files/ --expire-days 7')
  const file = join(folder, '.env.production')
  expect(readGiven(file, { ...person })).toEqual({ given: all, warnings: [] })
  expect(statSync(file).mode & 0o077).toBe(0)
  expect(planOf(all, steps)).toContain('✓ Database: done')
})

test('a second run makes nothing twice', async () => {
  const first = await go()
  accounts.made.length = 0
  expect(await go()).toEqual(first)
  expect(accounts.made).toEqual([])
})

test('moved to another Cloudflare account, the Worker has its address there, and the site is told', async () => {
  const { SITE_SECRET } = await go()
  const file = join(folder, '.env.production')
  const stays = readFileSync(file, 'utf8').replaceAll(/^(?:API_URL|SITE_URL|ALLOWED_ORIGINS)=.*\n/gm, '')
  writeFileSync(file, stays)
  accounts.made.length = 0
  const all = await go({ CLOUDFLARE_ACCOUNT_ID: 'another', WORKERS_SUBDOMAIN: 'next' })
  expect(all).toMatchObject({ API_URL: 'https://macro-ai.next.workers.dev', SITE_SECRET })
  expect(accounts.made.filter((call) => call.startsWith('POST'))).toEqual(['POST /v10/projects/prj_1/env'])
  expect(accounts.told()).toMatchObject({ API_URL: all.API_URL, PUBLIC_API_URL: all.API_URL })
})

test('a run that a provider ended goes on where it was, with the same secrets and one project', async () => {
  accounts.fail('/v11')
  await expect(go()).rejects.toThrow('Vercel refused POST /v11/projects: 503')
  const before = readGiven(join(folder, '.env.production'), {}).given
  accounts.fail()
  expect(await go()).toMatchObject(before)
  expect(accounts.neon.projects).toHaveLength(1)
})

test('what was made and not kept, because the machine died, is found again', async () => {
  await go()
  rmSync(join(folder, '.env.production'))
  accounts.made.length = 0
  expect(await go()).toMatchObject({ NEON_PROJECT_ID: 'icy-sun-1', UPSTASH_REDIS_REST_TOKEN: 'AYt' })
  expect(accounts.made).toEqual(['POST /v10/projects/prj_1/env'])
})
