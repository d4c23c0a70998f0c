import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { noFacts } from '../src/board/facts.ts'
import { call, newPerson, ok } from './support/api.ts'
import { noFaults } from './support/platform.ts'
import { eventually } from './support/turns.ts'

const meter = env.METER.get(env.METER.idFromName('meter'))
const factsAt = async () => (JSON.parse((await meter.notes('facts'))['facts'] ?? '{}') as { at?: string }).at ?? ''

test('while people keep the database awake, what only it knows is an hour old at most, and read no more often', async () => {
  await noFaults()
  const { token } = await newPerson()
  const old = new Date(Date.now() - 2 * 3_600_000).toISOString()
  await meter.note('facts', JSON.stringify({ facts: noFacts, at: old }))
  // Of a hundred requests one reports, a little later; the first may come before anything was asked of the database.
  const askHundred = async () => {
    for (let asked = 0; asked < 100; asked += 10)
      await Promise.all(Array.from({ length: 10 }, () => ok(call('get', '/usage', { token }))))
  }
  await askHundred()
  await askHundred()
  await eventually(async () => expect((await factsAt()) > old).toBe(true))
  const fresh = await factsAt()
  await askHundred()
  expect(await factsAt()).toBe(fresh)
})
