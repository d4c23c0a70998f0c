import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workerNames, type Given } from '../names.ts'
import { Trouble } from '../trouble.ts'
import type { WranglerCli } from './cli.ts'

/** A version that was sent to Cloudflare. */
export type Upload = {
  version: string
  /** Where it answers, as far as wrangler tells: it does for what is deployed at once. */
  address: string | undefined
  /** False while it answers nobody but who asks for it by name. */
  isLive: boolean
}

const production = '--env='
const never = /has no deployments|does not exist|\[code: 10007\]/
/** Cloudflare takes a new class of Durable Object only in a whole deployment. */
const needsWhole = /\[code: 10211\]|Durable Object (class lifecycle change|migration)/i

/** The version that answers everybody now; undefined before the first deployment. */
export const liveVersion = async (wrangler: WranglerCli): Promise<string | undefined> => {
  const { code, stdout, stderr } = await wrangler.run(['deployments', 'status', production, '--json'])
  if (code !== 0) {
    if (never.test(stderr + stdout)) return undefined
    throw new Trouble(`Cloudflare does not tell what is deployed:\n${(stderr + stdout).trim()}`)
  }
  const { versions } = JSON.parse(stdout) as { versions: { version_id: string; percentage: number }[] }
  return versions.toSorted((one, other) => other.percentage - one.percentage)[0]?.version_id
}

/** Sends the version beside the live one, where nobody meets it yet. Where that cannot be, it is live at once. */
export const upload = async (wrangler: WranglerCli, live: string | undefined, given: Given): Promise<Upload> => {
  if (live === undefined) return deployFirst(wrangler, given)
  const ran = await wrangler.send(['versions', 'upload', production, '--minify'])
  const said = (ran.stderr + ran.stdout).trim()
  if (ran.code !== 0) {
    if (needsWhole.test(said)) return deployWhole(wrangler)
    throw new Trouble(`The Worker was not uploaded:\n${said}`)
  }
  const version = ran.sent.find(({ type }) => type === 'version-upload')?.version_id
  if (!version) throw new Trouble(`Wrangler does not say which version it uploaded:\n${said}`)
  await wrangler.succeed(['versions', 'deploy', production, `${version}@0%`, `${live}@100%`, '--yes'])
  return { version, address: undefined, isLive: false }
}

/** There is no Worker yet to have settings: they come with it. Later ones are set with `pnpm wrangler secret put`. */
const deployFirst = async (wrangler: WranglerCli, given: Given): Promise<Upload> => {
  const folder = await mkdtemp(join(tmpdir(), 'macro-ai-'))
  try {
    const file = join(folder, 'secrets.json')
    const settings = Object.fromEntries(workerNames.flatMap((name) => (given[name] ? [[name, given[name]]] : [])))
    await writeFile(file, JSON.stringify(settings), { mode: 0o600 })
    return await deployWhole(wrangler, [`--secrets-file=${file}`])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const deployWhole = async (wrangler: WranglerCli, more: string[] = []): Promise<Upload> => {
  const ran = await wrangler.send(['deploy', production, '--minify', ...more])
  const sent = ran.sent.find(({ type }) => type === 'deploy')
  if (ran.code !== 0 || !sent?.version_id)
    throw new Trouble(`The Worker was not deployed:\n${(ran.stderr + ran.stdout).trim()}`)
  return { version: sent.version_id, address: sent.targets?.[0], isLive: true }
}

/** Lets the version answer everybody, and its cron triggers come into force. */
export const promote = async (wrangler: WranglerCli, version: string): Promise<void> => {
  await wrangler.succeed(['versions', 'deploy', production, `${version}@100%`, '--yes'])
  await wrangler.succeed(['triggers', 'deploy', production])
}

/** Gives all requests back to the version that answered before. */
export const rollBack = async (wrangler: WranglerCli, version: string, why: string): Promise<void> => {
  await wrangler.succeed(['rollback', version, production, '--message', why.slice(0, 100), '--yes'])
}
