import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../../../../db/migrate.ts'
import { buildSite } from '../bundles.ts'
import { credentials, wranglerCli } from '../deploy/cli.ts'
import { smoke } from '../deploy/smoke.ts'
import type { Given, Name } from '../names.ts'
import type { Progress } from '../progress.ts'
import { bases } from '../providers/api.ts'
import { neonApi } from '../providers/neon.ts'
import { deploySite, vercelApi } from '../providers/vercel.ts'
import { Trouble } from '../trouble.ts'

/** The branch that every preview starts from: made before there was any data, so that no preview holds anybody's. */
export const baseBranch = 'preview'

const needed = [
  'NEON_API_KEY',
  'NEON_PROJECT_ID',
  'VERCEL_TOKEN',
  'VERCEL_ORG_ID',
  'VERCEL_PROJECT_ID',
  'WORKERS_SUBDOMAIN',
  'COGNITO_ISSUER',
  'COGNITO_CLIENT_ID',
  'OPENAI_API_KEY',
] as const satisfies Name[]

const complete = (given: Given) => {
  const missing = needed.filter((name) => !given[name])
  if (missing.length > 0) throw new Trouble(`Not set, and a preview needs them: ${missing.join(', ')}.`)
  return given as Given & Record<(typeof needed)[number], string>
}

/** Where and with what it works: the real providers, unless it is tried. */
const real = {
  at: bases,
  build: (environment: NodeJS.Dict<string>): Promise<unknown> => buildSite(environment),
  apiOf: (worker: string, subdomain: string) => `https://${worker}.${subdomain}.workers.dev`,
}
export type Means = typeof real

/** Puts up what `name` stands for, or brings it up to date, and gives its links as Markdown. */
export const putUp = async (name: string, all: Given, { step }: Progress, means: Means = real): Promise<string> => {
  const given = complete(all)
  const { at } = means
  const worker = `macro-ai-${name}`
  const api = means.apiOf(worker, given.WORKERS_SUBDOMAIN)
  const databaseUrl = await step('database branch', () =>
    neonApi(at.neon, given.NEON_API_KEY).makeBranch(given.NEON_PROJECT_ID, name, baseBranch),
  )
  await step('database schema', () => migrate({ databaseUrl, fetchEndpoint: given.NEON_FETCH_ENDPOINT }))
  const siteSecret = secret()
  const site = await step('site', async () => {
    // Its pages may talk to this one API: the address is built in.
    await means.build({ PUBLIC_API_URL: api, VERCEL: '1' })
    const variables = { API_URL: api, PUBLIC_API_URL: api, SITE_SECRET: siteSecret, SESSION_KEYS: secret() }
    return deploySite({
      token: given.VERCEL_TOKEN,
      org: given.VERCEL_ORG_ID,
      project: given.VERCEL_PROJECT_ID,
      args: [
        '--meta',
        `preview=${name}`,
        ...Object.entries(variables).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
      ],
    })
  })
  await step('Worker', () =>
    deployWorker(worker, given, {
      NEON_DATABASE_URL: databaseUrl,
      // A cache of production's would be written by two versions of the app; without any the app goes on.
      UPSTASH_REDIS_REST_URL: given.UPSTASH_REDIS_REST_URL ?? 'https://cache.invalid',
      UPSTASH_REDIS_REST_TOKEN: given.UPSTASH_REDIS_REST_TOKEN ?? 'none',
      COGNITO_ISSUER: given.COGNITO_ISSUER,
      COGNITO_CLIENT_ID: given.COGNITO_CLIENT_ID,
      OPENAI_API_KEY: given.OPENAI_API_KEY,
      ALLOWED_ORIGINS: site,
      SITE_SECRET: siteSecret,
    }),
  )
  await step('smoke test', () => smoke({ api, site }))
  return `**Preview of this pull request**: [the app](${site}) · [its API](${api}/docs)\n\nIts database is empty and its own. All of it goes when this is closed.\n`
}

const deployWorker = async (name: string, given: Given, secrets: Record<string, string>) => {
  const folder = await mkdtemp(join(tmpdir(), 'macro-ai-preview-'))
  try {
    const file = join(folder, 'secrets.json')
    await writeFile(file, JSON.stringify(secrets), { mode: 0o600 })
    const args = ['deploy', '--env=preview', `--name=${name}`, '--minify', `--secrets-file=${file}`]
    await wranglerCli(credentials(given)).succeed(args)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Removes all of it; what is gone already is no trouble, and one failure does not keep the rest. */
export const takeDown = async (name: string, all: Given, { step }: Progress, { at }: Means = real): Promise<string> => {
  const given = complete(all)
  const removed = await Promise.allSettled([
    step('Worker', () => removeWorker(`macro-ai-${name}`, given)),
    step('site', () => vercelApi(at.vercel, given.VERCEL_TOKEN).removeDeployments(given.VERCEL_PROJECT_ID, name)),
    step('database branch', () => neonApi(at.neon, given.NEON_API_KEY).removeBranch(given.NEON_PROJECT_ID, name)),
  ])
  const failures = removed.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
  if (failures.length > 0) throw new Trouble(`Not all of the preview is gone:\n${failures.join('\n')}`)
  return 'The preview is gone.\n'
}

const removeWorker = async (name: string, given: Given) => {
  const { code, stdout, stderr } = await wranglerCli(credentials(given)).run([
    'delete',
    name,
    '--env=preview',
    '--force',
  ])
  const said = stderr + stdout
  if (code !== 0 && !/does not exist|\[code: 10007\]/.test(said)) throw new Trouble(`wrangler delete failed:\n${said}`)
}

const secret = () => randomBytes(32).toString('base64url')
