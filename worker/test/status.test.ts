import { newId, type Part, type Status } from '@macro-ai/shared'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Message } from '../src/alerts/message.ts'
import { noFacts } from '../src/board/facts.ts'
import { depsOf } from '../src/deps.ts'
import { openRelief } from '../src/relief/relief.ts'
import { openLadder } from '../src/spending/ladder.ts'
import { openStatus } from '../src/watch/status.ts'
import { noteFailure } from '../src/watch/troubles.ts'
import { openWatch } from '../src/watch/watch.ts'
import { call, newPerson, ok } from './support/api.ts'
import { counters, fault, noFaults, resetCounters } from './support/platform.ts'
import { eventually } from './support/turns.ts'

const meter = () => env.METER.get(env.METER.idFromName('meter'))
/** As an isolate that has not looked yet. */
const look = () => {
  const now = () => Date.now()
  const ladder = openLadder({ hasFree: false, warn: () => undefined })
  return openStatus({
    ...{ ask: (from) => meter().standing(from), relief: openRelief({ now }), ladder, now },
    capMicros: 1_000_000,
  })()
}
const statusNow = () =>
  look().then(({ parts, ...status }) => ({
    ...status,
    of: (part: Part) => parts.find((one) => one.part === part),
  }))
const all = ['app', 'database', 'cache', 'identity', 'model'] as const

beforeEach(async () => {
  await noFaults()
  for (const part of all) await meter().worked(part)
})

describe('the status', () => {
  test('is told to anybody, of thirty days, without a call to anything outside', async () => {
    await resetCounters()
    const { parts } = await ok<Status>(call('get', '/status'))
    expect(parts.map(({ part }) => part)).toEqual(all)
    for (const { days } of parts) expect(days).toHaveLength(30)
    expect(await counters()).toMatchObject({ database: 0, cache: 0, identity: 0, model: 0 })
  })

  test('is trouble while a part does not answer people, and well again when it does', async () => {
    const person = await newPerson()
    await fault({ target: 'database', kind: 'down' })
    expect((await call('get', '/search?q=tides', { token: person.token })).status).toBe(503)
    await eventually(async () => expect(await statusNow()).toMatchObject({ status: 'trouble' }))
    expect((await statusNow()).of('database')).toMatchObject({ status: 'trouble', since: expect.any(String) as string })

    await noFaults()
    await ok(call('get', '/search?q=tides', { token: person.token }))
    await eventually(async () =>
      expect((await statusNow()).of('database')).toMatchObject({ status: 'ok', since: null }),
    )
    expect((await statusNow()).of('database')?.days.at(-1)?.minutes).toBeGreaterThan(0)
  })

  test('tells what rests, why and until when, to an isolate that has heard nothing, and wakes nothing for it', async () => {
    const facts = { ...noFacts, spentMicros: 910_000 }
    await meter().note('facts', JSON.stringify({ facts, at: new Date().toISOString() }))
    await meter().note('provider:workers.requests', JSON.stringify({ used: 92_000, at: new Date().toISOString() }))
    await resetCounters()
    const { running } = await look()
    expect(running.reductions.map(({ gate, resource }) => [gate, resource])).toEqual(
      ['api', 'documents', 'files'].map((gate) => [gate, 'workers.requests']),
    )
    expect(running.reductions[0]).toMatchObject({ share: 0.92, resetsAt: expect.stringContaining('T00:00') as string })
    expect(running.ladder).toMatchObject({ step: 'plain', share: 0.91, resetsAt: expect.any(String) as string })
    expect(await counters()).toMatchObject({ database: 0, cache: 0, identity: 0, model: 0 })

    for (const key of ['facts', 'provider:workers.requests']) await meter().unclaim(key)
    expect((await look()).running).toMatchObject({ ladder: { step: 'none' }, reductions: [] })
  })

  test('is well again a quarter of an hour after the last failure that anybody met', async () => {
    await meter().failed('model')
    expect((await statusNow()).of('model')?.status).toBe('trouble')
    const record = await meter().troubles(0)
    expect(record.filter(({ part, isOpen }) => part === 'model' && isOpen)).toHaveLength(1)
  })
})

describe('the owner', () => {
  const needs = (heard: Message[], isAway = false) => ({
    ...depsOf(env),
    now: () => Date.now(),
    channels: [
      async (message: Message) => {
        if (isAway) throw new Error('away')
        heard.push(message)
      },
    ],
  })
  const forget = async () => {
    for (const key of Object.keys(await meter().notes('trouble:'))) await meter().unclaim(key)
  }

  test('hears of a trouble that lasts, once, and of the same part once an hour at most', async () => {
    await forget()
    const heard: Message[] = []
    await noteFailure(needs(heard), 'identity')
    expect(heard).toEqual([])
    for (let times = 0; times < 20; times++) await noteFailure(needs(heard), 'identity')
    expect(heard).toMatchObject([{ title: 'Macro AI: identity is in trouble' }])
    await meter().worked('identity')
    for (let times = 0; times < 20; times++) await noteFailure(needs(heard), 'identity')
    expect(heard).toHaveLength(1)
  })

  test('hears of it in the next trouble when the message did not get through', async () => {
    await forget()
    const heard: Message[] = []
    await noteFailure(needs(heard, true), 'app')
    await meter().worked('app')
    await noteFailure(needs(heard), 'app')
    expect(heard).toHaveLength(1)
  })

  test('leaves no note of a trouble of days past', async () => {
    const [past, now] = ['trouble:app:2020-01-01T00', `trouble:app:${new Date().toISOString().slice(0, 13)}`]
    for (const key of [past, now]) await meter().claim(key)
    await meter().unclaim(`day:${new Date().toISOString().slice(0, 10)}`)
    await meter().add({ counts: {}, windows: [] })
    const left = Object.keys(await meter().notes('trouble:app:'))
    expect(left).toContain(now)
    expect(left).not.toContain(past)
  })
})

test('an isolate tells of a part that fails once a minute, and that it works again once', async () => {
  const told: [Part, boolean][] = []
  let now = 0
  const watch = openWatch({
    now: () => now,
    later: (work) => void work,
    tell: async (part, works) => told.push([part, works]),
  })
  watch.worked('cache')
  for (let times = 0; times < 100; times++) watch.failed('cache', new Error(newId()))
  expect(told).toEqual([['cache', false]])
  now = 60_000
  watch.failed('cache', new Error('still'))
  watch.worked('cache')
  watch.worked('cache')
  expect(told.slice(1)).toEqual([
    ['cache', false],
    ['cache', true],
  ])
})
