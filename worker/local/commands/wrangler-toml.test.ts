import { freeTiers } from '@macro-ai/shared'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { unstable_readConfig as readConfig } from 'wrangler'
import { readSettings } from '../../src/settings.ts'
import { runProgram } from './deploy/cli.ts'
import { root, wranglerEntry } from './places.ts'
import { wranglerEnvironment } from './programs.ts'
import { composeSettings } from './settings.ts'

const environments = ['production', 'preview', 'local'] as const
type Environment = (typeof environments)[number]

/** As much of wrangler's own type as is looked at: that one needs packages we do not have. */
type Config = {
  name: string
  durable_objects: { bindings: { name: string; class_name: string }[] }
  migrations: unknown[]
  ratelimits: { name: string; namespace_id: string }[]
  r2_buckets: { binding: string; bucket_name?: string }[]
  send_email: { name: string }[]
  version_metadata: unknown
  triggers: { crons?: string[] }
  observability: unknown
  vars: Record<string, unknown>
}

const configOf = (name: Environment) => {
  const env = name === 'production' ? {} : { env: name }
  return readConfig({ config: join(root, 'wrangler.toml'), ...env }, { hideWarnings: true }) as Config
}

/** What the code finds in its environment, by name and kind: the limits' figures and buckets' names may differ. */
const bindingsOf = (name: Environment) => {
  const config = configOf(name)
  return {
    objects: config.durable_objects.bindings.map((one) => `${one.name} ${one.class_name}`),
    migrations: config.migrations,
    limits: config.ratelimits.map((one) => one.name),
    buckets: config.r2_buckets.map(({ binding }) => binding),
    version: config.version_metadata,
    crons: config.triggers.crons?.length,
  }
}

test('every environment has the same bindings, so that what is tried is what runs', () => {
  const { objects, limits } = bindingsOf('production')
  expect(objects).toContain('CHAT Chat')
  expect(limits).toEqual(['LIMIT_ADDRESS', 'LIMIT_USER'])
  for (const name of environments) {
    const { crons, ...same } = bindingsOf(name)
    const { crons: _, ...production } = bindingsOf('production')
    expect(same, name).toEqual(production)
    expect(crons ?? 0, 'the free plan has five').toBeLessThanOrEqual(5)
  }
})

test('production and previews keep every log line, and no secret stands in the file', () => {
  for (const name of ['production', 'preview'] as const) {
    expect(configOf(name).observability).toMatchObject({ enabled: true, head_sampling_rate: 1 })
    expect(Object.keys(configOf(name).vars).filter((each) => /KEY|SECRET|TOKEN|URL/.test(each))).toEqual([])
  }
})

test('a preview has limits of its own, a small cap, and lets nobody sign up', () => {
  const spaces = (name: Environment) => configOf(name).ratelimits.map((one) => one.namespace_id)
  expect(spaces('preview').filter((space) => spaces('production').includes(space))).toEqual([])
  expect(configOf('preview').vars).toMatchObject({ JOIN: 'closed', INSTANCE_MONTH_CAP_MICROS: '100000' })
  expect(configOf('preview').name).not.toBe(configOf('production').name)
})

test('warnings go out by e-mail where they are sent and where they are tried, and from no preview', () => {
  const mail = (name: Environment) => configOf(name).send_email.map((one) => one.name)
  expect([mail('production'), mail('local'), mail('preview')]).toEqual([['EMAIL'], ['EMAIL'], []])
})

test('the files of previews are in the bucket that provisioning makes, and empties', () => {
  expect(configOf('preview').r2_buckets).toMatchObject([{ bucket_name: 'macro-ai-preview-files' }])
})

const folder = mkdtempSync(join(tmpdir(), 'macro-ai-toml-'))
afterAll(() => rmSync(folder, { recursive: true }))
for (const name of ['worker', 'shared', 'db', 'node_modules', 'package.json', 'tsconfig.base.json'])
  symlinkSync(join(root, name), join(folder, name))

const toml = readFileSync(join(root, 'wrangler.toml'), 'utf8')
const guide = (name: string) => readFileSync(join(root, 'docs/outgrowing', name), 'utf8')
/** The only block of a language that a guide has. */
const block = (text: string, language: string) => {
  const [found = '', ...more] = text.match(new RegExp(`(?<=\`\`\`${language}\\n)[^\`]*`, 'g')) ?? []
  expect(more).toEqual([])
  return found
}
const [buckets = ''] = /^\[\[r2_buckets\]\]\n.*\n.*\n/m.exec(toml) ?? []
const hyperdrive = /^# (\[\[hyperdrive\]\])\n# (.*)\n# (id = ).*$/m

test.each([
  ['Workers Paid', () => `${toml}\n${block(guide('paid-tiers.md'), 'toml')}`, { limits: { cpu_ms: 100 } }, 'env.CHAT'],
  [
    'a database of one’s own',
    () => toml.replace(hyperdrive, '$1\n$2\n$3"0123456789abcdef"'),
    { hyperdrive: [{ binding: 'HYPERDRIVE' }] },
    'env.HYPERDRIVE',
  ],
  ['no files', () => toml.replace(buckets, ''), { r2_buckets: [] }, 'env.CHAT'],
])('what the guide changes for %s, wrangler takes', async (_, changed, means, bound) => {
  const config = join(folder, 'wrangler.toml')
  writeFileSync(config, changed())
  expect(readFileSync(config, 'utf8')).not.toBe(toml)
  expect(readConfig({ config }, { hideWarnings: true })).toMatchObject(means)
  const args = ['deploy', '--dry-run', '--env=', '--minify', '--config', config, '--outdir', join(folder, 'out')]
  const environment = { ...wranglerEnvironment, CLOUDFLARE_ENV: undefined }
  const { code, stdout, stderr } = await runProgram(process.execPath, [wranglerEntry, ...args], { environment })
  expect(code, stderr).toBe(0)
  expect(stdout + stderr).not.toMatch(/WARNING|Unexpected fields/)
  expect(stdout).toContain(bound)
})

test('the limits that the guide gives for Workers Paid are settings that the Worker takes', () => {
  const [, given = ''] = /^ *LIMITS=(.*)$/m.exec(guide('paid-tiers.md')) ?? []
  const ports = { api: 1, site: 2, platform: 3 }
  const { worker } = composeSettings({}, ports, { sessionKeys: 'k'.repeat(32), siteSecret: 's'.repeat(32) })
  const { LIMITS } = readSettings({ ...worker, LIMITS: given })
  expect(LIMITS).toEqual(JSON.parse(given))
  // The board counts these by the day, where the plan counts by the month.
  for (const name of Object.keys(LIMITS)) expect(freeTiers.find(({ id }) => id === name)?.period, name).toBe('day')
})
