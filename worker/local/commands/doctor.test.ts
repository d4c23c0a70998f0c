import { neon } from '@neondatabase/serverless'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startThrowaway, type Throwaway } from '../throwaway.ts'
import { awakeWindows } from '../../src/metering/awake.ts'
import { costReport, firstLimit, useOf, usual } from './cost.ts'
import { examine, worstMonthMicros } from './doctor/examine.ts'
import { knownModels } from '@macro-ai/shared'

let platform: Throwaway
beforeAll(async () => {
  platform = await startThrowaway({ api: 8787, site: 5173 })
})
afterAll(() => platform.stop())

const look = async (change: object = {}, wrangler = '') => {
  const findings = await examine({
    variables: { ...platform.settings.worker, ...change },
    wrangler,
    version: '1.0.0',
    now: Date.parse('2026-12-01'),
  })
  return {
    dangers: findings.filter(({ verdict }) => verdict === 'danger').map(({ what }) => what),
    all: findings,
  }
}

test('a healthy instance is in no danger, and its worst bill is its cap', async () => {
  const { dangers, all } = await look()
  expect(dangers).toEqual([])
  expect(all.find(({ what }) => what === 'migrations')?.detail).toMatch(/^all \d+ are there$/)
  expect(worstMonthMicros(platform.settings.worker)).toBe(50_000_000)
})

const nowhere = 'http://127.0.0.1:9'
const foreign = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_x'
test.for([
  ['has no key for its model', { OPENAI_API_KEY: '' }, ['settings']],
  ['has the wrong kind of cache address', { UPSTASH_REDIS_REST_URL: 'rediss://x:1' }, ['settings']],
  ['may grow to where Cognito bills', { MAX_USERS: '10000' }, ['settings']],
  ['has a model without a price', { DEFAULT_MODEL: 'gpt-9' }, ['settings']],
  ['has a cap that is a slip of the keyboard', { INSTANCE_MONTH_CAP_MICROS: '1000000000000' }, ['monthly cap']],
  ['lets a turn cost more than a day', { TURN_CAP_MICROS: '9000000' }, ['caps']],
  ['has no secret between its parts', { SITE_SECRET: '' }, ['secrets']],
  ['has a database that is away', { NEON_FETCH_ENDPOINT: `${nowhere}/sql` }, ['database']],
  ['has a cache that refuses its token', { UPSTASH_REDIS_REST_TOKEN: 'wrong' }, ['cache']],
  ['has a model provider that is away', { OPENAI_BASE_URL: `${nowhere}/v1` }, ['model']],
  ['asks an app client that is not of its user pool', { COGNITO_CLIENT_ID: 'another' }, ['user pool']],
  ['has a deployment that does not answer', { API_URL: nowhere }, ['deployment']],
] as [string, object, string[]][])('one that %s is in danger', async ([, change, dangers]) => {
  expect((await look(change)).dangers).toEqual(dangers)
})

test('one whose totals are not what its ledger says is in danger', async () => {
  const sql = neon(platform.settings.worker.NEON_DATABASE_URL ?? '')
  await sql`insert into budgets (scope, owner_id, period, cap_micros, spent_micros)
    values ('user-day', '0190a000-0000-7000-8000-000000000001', '2026-01-01', 10, 5)`
  expect((await look()).dangers).toEqual(['books'])
  await sql`delete from budgets where period = '2026-01-01'`
  expect((await look()).dangers).toEqual([])
})

test('one that strangers reach without an invitation, or a page without TLS, is in danger', async () => {
  const { dangers } = await look({ COGNITO_ISSUER: foreign, JOIN: 'open' })
  expect(dangers).toEqual(expect.arrayContaining(['who may join', 'origins', 'sign-in']))
})

test('one whose AWS account has no budget is in danger, and one with a budget is told what it has counted', async () => {
  const keys = { USAGE_AWS_ACCOUNT: '123456789012', USAGE_AWS_KEY_ID: 'AKIDEXAMPLE', USAGE_AWS_SECRET: 'secret' }
  const real = globalThis.fetch
  const lookWith = async (budgets: object[]) => {
    const asked = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation(async (url, init) =>
        url === 'https://budgets.amazonaws.com/' ? Response.json({ Budgets: budgets }) : real(url, init),
      )
    try {
      return await look(keys)
    } finally {
      asked.mockRestore()
    }
  }
  expect((await lookWith([])).dangers).toEqual(['AWS budget'])
  const spent = { ActualSpend: { Amount: '0.25', Unit: 'USD' } }
  const { dangers, all } = await lookWith([{ BudgetType: 'COST', TimeUnit: 'MONTHLY', CalculatedSpend: spent }])
  expect(dangers).toEqual([])
  expect(all.find(({ what }) => what === 'AWS budget')?.detail).toBe('in place, with $0.25 of this month')
})

test('R2 is worth a look when it is on', async () => {
  const r2 = async (wrangler: string) => (await look({}, wrangler)).all.find(({ what }) => what === 'R2')?.verdict
  expect([await r2(''), await r2('[[r2_buckets]]\nbinding = "FILES"')]).toEqual(['ok', 'look'])
})

test('a hundred people with a thousand requests a day cost what the table says, and one limit binds first', () => {
  const [model] = knownModels
  if (!model) throw new Error('There is no model')
  const assumed = { ...usual, users: 100, requests: 1_000 }
  const { tier, share } = firstLimit(useOf(assumed))
  const report = costReport(assumed, model)
  expect(report).toMatch(/^Total: \$\d+\.\d\d a month/m)
  expect(report).toContain(`First limit that binds: ${tier.service}, ${tier.metric}`)
  expect(share).toBeGreaterThan(0)
  const twice = firstLimit(useOf({ ...assumed, requests: 2_000 }))
  expect(twice.share).toBeGreaterThan(share)
})

test('a database that rests between turns is awake for hours less, about as long as the bench measured', () => {
  const hours = (restSeconds: number, requests: number) =>
    useOf({ ...usual, users: 20, requests, restSeconds })['neon.cuHours']
  expect(hours(1_800, 1_000)).toBeLessThan(100)
  expect(hours(0, 1_000)).toBeGreaterThan(100)
  // bench/sleep.ts: 6.1 hours of 24, with turns through the night and nobody opening the app. Here they are in 16 hours.
  const awakeHours = awakeWindows({ turns: 1_000, visits: 0, restSeconds: 1_800 }) / 12
  expect(awakeHours).toBeGreaterThan((6.1 * 16) / 24)
  expect(awakeHours).toBeLessThan(6.1)
  expect(awakeWindows({ turns: 1, visits: 0, restSeconds: 1_800 })).toBeLessThanOrEqual(1)
})
