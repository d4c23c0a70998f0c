import { join } from 'node:path'
import { migrate } from '../../../db/migrate.ts'
import { buildSite, buildWorker, deployOutput } from './bundles.ts'
import { credentials, wranglerCli } from './deploy/cli.ts'
import { liveVersion, promote, rollBack, upload } from './deploy/release.ts'
import { smoke } from './deploy/smoke.ts'
import { readGiven } from './env-file.ts'
import { databaseOf, type Given } from './names.ts'
import { root } from './places.ts'
import { createProgress, type Progress } from './progress.ts'
import { deploySite, promoteSite } from './providers/vercel.ts'
import { Trouble } from './trouble.ts'

/**
 * Brings the database and the Worker up to date. The new version is tried where nobody meets it, then where everybody
 * does, and whatever is wrong gives the old one back. The old code goes on working with the new schema meanwhile.
 */
export const run = async (): Promise<number> => {
  const { given } = readGiven(join(root, '.env.production'), process.env)
  const progress = createProgress()
  try {
    await deploy(given, progress)
    return 0
  } finally {
    progress.end()
  }
}

/** The pages, where Vercel is to be given them from here: tried at an address of their own before anybody meets them. */
const deploySiteToo = async (given: Given, api: string, step: Progress['step']): Promise<void> => {
  const { VERCEL_TOKEN: token, VERCEL_ORG_ID: org, VERCEL_PROJECT_ID: project } = given
  if (!token || !org || !project) return
  await step('build the site', () => buildSite({ PUBLIC_API_URL: api, VERCEL: '1' }))
  const account = { token, org, project }
  const url = await step('upload the site', () => deploySite({ ...account, args: ['--prod', '--skip-domain'] }))
  await step('smoke test of the site', async () => {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(30_000) })
    if (status !== 200)
      throw new Trouble(`${url} answers ${status}: the site before it stays. The Worker is the new one.`)
  })
  await step('switch the site over', () => promoteSite({ ...account, url }))
}

export const deploy = async (given: Given, { step, print }: Progress): Promise<void> => {
  const { NEON_DATABASE_URL, API_URL, SITE_URL, HEALTH_KEY } = given
  if (!NEON_DATABASE_URL)
    throw new Trouble('NEON_DATABASE_URL is not set: put it into .env.production. `pnpm provision` does that for you.')
  const wrangler = wranglerCli(credentials(given))
  await step('build', () => buildWorker(deployOutput))
  const live = await step('what is live', () => liveVersion(wrangler))
  if (live && !API_URL)
    throw new Trouble('API_URL is not set: say where the API answers, to try the new version there.')
  await step('database schema', () => migrate(databaseOf(given)))
  const sent = await step('upload', () => upload(wrangler, live, given))
  const api = API_URL ?? sent.address
  if (!api) throw new Trouble('The Worker is deployed, but wrangler does not say where. Set API_URL and deploy again.')

  const tried = { api, site: SITE_URL, version: sent.version, healthKey: HEALTH_KEY }
  try {
    if (!sent.isLive) {
      await step('smoke test of what nobody meets yet', () => smoke({ ...tried, override: true }))
      await step('switch over', () => promote(wrangler, sent.version))
    }
    await step('smoke test', () => smoke(tried))
  } catch (error) {
    const why = (error as Error).message
    if (!live) throw new Trouble(`${why}\nThis was the first version, so there is none to go back to.`)
    await step('roll back', () => rollBack(wrangler, live, `smoke test of ${sent.version} failed`)).catch(
      (failure: unknown) => {
        throw new Trouble(`${why}\nAND IT IS STILL LIVE, because rolling back failed: ${String(failure)}`)
      },
    )
    throw new Trouble(
      `${why}\nVersion ${live} answers again. The database keeps its new schema, which that one can use.`,
    )
  }
  await deploySiteToo(given, api, step)
  print(`\n  ${sent.version} answers at ${api}\n`)
}
