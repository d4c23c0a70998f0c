import type { Metric } from '@macro-ai/shared'
import { env, runInDurableObject } from 'cloudflare:test'
import { beforeEach, expect, test, vi } from 'vitest'
import { depsOf } from '../../src/deps.ts'
import { newPerson } from '../support/api.ts'
import { noFaults, settle, till } from '../support/platform.ts'
import { eventually, say } from '../support/turns.ts'

const meter = env.METER.get(env.METER.idFromName('meter'))
const counted = async (wanted: Metric) => {
  const counts = await meter.read({ counts: {}, windows: [] }, new Date().toISOString().slice(0, 10))
  return counts.find(({ metric }) => metric === wanted)?.amount ?? 0
}
/** Has the objects count one of these, and report after so many calls from now on. */
const count = (metric: Metric, reportsAfter: number) =>
  runInDurableObject(till(), async (object) => {
    const { tally, meter } = depsOf((object as unknown as { env: object }).env)
    const random = vi.spyOn(Math, 'random').mockReturnValue((reportsAfter - 1) / 100)
    await tally.drain((report) => meter().add(report))
    random.mockRestore()
    tally.add(metric)
  })

beforeEach(async () => {
  await noFaults()
  await settle()
})

test('a turn moves the count twice where objects live, in its conversation and at the till: what they count is told', async () => {
  const person = await newPerson()
  // Nothing else here counts it.
  const metric = 'r2.classB'
  const before = await counted(metric)
  await count(metric, 2)
  await say(person)
  // Their first report stands for a hundred calls.
  await eventually(async () => expect(await counted(metric)).toBe(before + 50))
})
