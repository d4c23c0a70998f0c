import type { Board } from '@macro-ai/shared'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { sourcesOf } from '../src/adapters/providers/index.ts'
import { refreshReadings } from '../src/board/readings.ts'
import { depsOf } from '../src/deps.ts'
import { readSettings } from '../src/settings.ts'
import { call, ok, owner, type Person } from './support/api.ts'
import { noFaults } from './support/platform.ts'
import { providersAnswering, usageKeys, type Heard } from './support/providers.ts'

let boss: Person
beforeAll(async () => {
  boss = await owner()
})
const meter = () => env.METER.get(env.METER.idFromName('meter'))
const forget = async () => {
  for (const prefix of ['provider:', 'asked'])
    for (const key of Object.keys(await meter().notes(prefix))) await meter().unclaim(key)
}
beforeEach(async () => {
  await noFaults()
  await forget()
})
afterEach(forget)

const sources = sourcesOf(readSettings({ ...env, ...usageKeys }))
/** Asks every provider, with its keys set, and gives what they were asked. */
const refresh = async (away?: string): Promise<Heard[]> => {
  const heard: Heard[] = []
  const asked = vi.spyOn(globalThis, 'fetch').mockImplementation(providersAnswering(heard, away))
  try {
    await refreshReadings({ ...depsOf(env), sources })
  } finally {
    asked.mockRestore()
  }
  return heard
}
const boardOf = () => ok<Board>(call('get', '/admin/limits', { token: boss.token }))
const saidOf = ({ items }: Board) =>
  Object.fromEntries(items.flatMap(({ id, provider }) => (provider ? [[id, provider.used]] : [])))

describe('with keys set, the board', () => {
  test('says what each provider has counted, and by how much our own count differs', async () => {
    await refresh()
    const board = await boardOf()
    expect(saidOf(board)).toEqual({
      'workers.requests': 42_000,
      'objects.requests': 9_000,
      'objects.gbSeconds': 100,
      'objects.rowsRead': 70_000,
      'objects.rowsWritten': 8_000,
      'r2.classA': 150,
      'r2.classB': 700,
      'r2.bytes': 5_001_000,
      'neon.cuHours': 10,
      'neon.egressBytes': 300_000_000,
      'neon.bytes': 60_000_000,
      'upstash.commands': 21_000,
      'upstash.bytes': 700_000,
      'vercel.invocations': 1_500,
      'vercel.bytes': 1_500_000_000,
      'model.micros': 160_000,
      'aws.micros': 250_000,
    })
    for (const { provider, used } of board.items)
      if (provider) expect(used - provider.difference).toBeGreaterThanOrEqual(0)
    expect(board.items.find(({ id }) => id === 'aws.micros')).toMatchObject({
      used: 250_000,
      share: 0.25,
      past: 'bills',
    })
  })

  test('asks each with its own key, at most once a quarter of an hour', async () => {
    const heard = await refresh()
    const to = (host: string) => heard.find(({ url }) => new URL(url).host === host)
    expect(heard).toHaveLength(7)
    expect(to('api.cloudflare.com')?.authorization).toBe('Bearer cf')
    expect(to('console.neon.tech')).toMatchObject({
      url: expect.stringMatching(/\/projects\/p$/) as string,
      authorization: 'Bearer n',
    })
    expect(to('api.upstash.com')?.authorization).toBe(`Basic ${btoa('a@b.test:u')}`)
    expect(to('api.openai.com')?.url).toContain('project_ids=proj')
    expect(to('budgets.amazonaws.com')).toMatchObject({
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/budgets\/aws4_request, SignedHeaders=/,
      ) as string,
      body: '{"AccountId":"123456789012"}',
    })
    expect(await refresh()).toEqual([])
  })

  test('keeps what the others say when one of them is away', async () => {
    await refresh('console.neon.tech')
    const said = saidOf(await boardOf())
    expect(said['workers.requests']).toBe(42_000)
    expect(said['neon.cuHours']).toBeUndefined()
  })
})

test('without keys nobody is asked', async () => {
  expect(depsOf(env).sources).toEqual([])
})
