import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unstable_readConfig as readConfig } from 'wrangler'
import { root } from './places.ts'

const environments = ['production', 'preview', 'local'] as const
type Environment = (typeof environments)[number]

/** As much of wrangler's own type as is looked at: that one needs packages we do not have. */
type Config = {
  name: string
  durable_objects: { bindings: { name: string; class_name: string }[] }
  migrations: unknown[]
  ratelimits: { name: string; namespace_id: string }[]
  r2_buckets: { binding: string }[]
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
