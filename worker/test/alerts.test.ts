import type { Me } from '@macro-ai/shared'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { webhook } from '../src/adapters/alerts.ts'
import { checkLimits, onClock } from '../src/alerts/alerts.ts'
import type { Message } from '../src/alerts/message.ts'
import { isStopToken, stopToken } from '../src/alerts/signing.ts'
import { depsOf } from '../src/deps.ts'
import { call, newPerson, ok, owner, problem, type Person } from './support/api.ts'
import { counters, noFaults, resetCounters, sql } from './support/platform.ts'
import { eventually, longTurn, newTurn, post, say, stop, streamOf } from './support/turns.ts'

let boss: Person
beforeAll(async () => {
  boss = await owner()
})
beforeEach(noFaults)
afterEach(() =>
  ok(call('patch', '/admin/instance', { token: boss.token, body: { paused: false, monthlyCapMicros: null } })),
)

const meter = () => env.METER.get(env.METER.idFromName('meter'))
const forgetAlerts = async () => {
  for (const key of Object.keys(await meter().notes('alert:'))) await meter().unclaim(key)
}
const secret = 'a secret of the test suite'
const needs = (heard: Message[], fails = false) => ({
  ...depsOf(env),
  settings: { ...depsOf(env).settings, SITE_SECRET: secret, API_URL: 'https://api.test' },
  channels: [
    async (message: Message) => {
      if (fails) throw new Error('away')
      heard.push(message)
    },
  ],
})
/** Puts the month's budget at a share of its cap: what is spent of it, or also what is held for calls not yet over. */
const spend = async (share: number, counts: 'spent' | 'used' = 'spent') => {
  await ok(call('patch', '/admin/instance', { token: boss.token, body: { monthlyCapMicros: null } }))
  await say(await newPerson())
  const [row] = await sql<{ spent: string; used: string }>`
    select spent_micros as spent, spent_micros + reserved_micros as used from budgets where scope = 'instance-month' order by period desc limit 1`
  const monthlyCapMicros = Math.floor(Number(row?.[counts]) / share)
  await ok(call('patch', '/admin/instance', { token: boss.token, body: { monthlyCapMicros } }))
}
const money = (heard: Message[]) =>
  heard.flatMap(({ lines }) => lines).filter((line) => line.startsWith('Model, money'))

describe('the owner', () => {
  test('is warned at 50, 80 and 100 %, once each, and not again', async () => {
    await forgetAlerts()
    const heard: Message[] = []
    for (const [share, told] of [
      [0.55, 1],
      [0.56, 1],
      [0.85, 2],
      [0.9, 2],
    ] as const) {
      await spend(share)
      await checkLimits(needs(heard))
      await checkLimits(needs(heard))
      expect(money(heard).filter((line) => line.includes('used'))).toHaveLength(told)
    }
    expect(heard.filter(({ title }) => title === 'Macro AI: the week')).toHaveLength(1)
  })

  test('is warned of where the day will end, at 50, 80 and 100 %, once each, and not of mere guesswork', async () => {
    await forgetAlerts()
    const heard: Message[] = []
    const today = new Date().toISOString().slice(0, 10)
    const at = (hour: number) => ({ ...needs(heard), now: () => Date.parse(today) + hour * 3_600_000 })
    const counted = async () =>
      (await meter().read({ counts: {}, windows: [] }, today)).find(
        ({ day, metric }) => day === today && metric === 'workers.requests',
      )?.amount ?? 0
    const begun = await counted()
    const use = async (share: number) =>
      meter().add({ counts: { 'workers.requests': share * 100_000 - (await counted()) }, windows: [] })
    const ahead = () =>
      heard.flatMap(({ lines }) => lines).filter((line) => /^Cloudflare Workers, requests: as things go/.test(line))

    // At one in the morning as much again in each hour to come would be nine tenths of the limit: nobody can know.
    await use(0.04)
    await checkLimits(at(1))
    expect(ahead()).toEqual([])
    // At noon half the day is known: twice what was used by then.
    for (const [share, told] of [
      [0.3, 1],
      [0.3, 1],
      [0.42, 2],
      [0.45, 2],
      [0.55, 3],
      [0.6, 3],
    ] as const) {
      await use(share)
      await checkLimits(at(12))
      await checkLimits(at(12))
      expect(ahead()).toHaveLength(told)
    }
    expect(ahead().map((line) => /(\d+) % by the end of the day/.exec(line)?.[1])).toEqual(['60', '84', '110'])
    expect(ahead().at(-1)).toContain(`It runs out on ${today}. Past it: `)
    await use(begun / 100_000)
  })

  test('is told another time what could not be sent', async () => {
    await forgetAlerts()
    await spend(0.85)
    await checkLimits(needs([], true))
    const heard: Message[] = []
    await checkLimits(needs(heard))
    expect(money(heard)).not.toEqual([])
  })

  test('is told another time what a webhook did not take, and by the other way at once', async () => {
    let status = 503
    const real = globalThis.fetch
    const asked = vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
      const isHook = new Request(input, init).url === 'https://hooks.test/x'
      return isHook ? Promise.resolve(new Response('', { status })) : real(input, init)
    })
    const noted = async () => Object.keys(await meter().notes('alert:model.micros')).length > 0
    try {
      await forgetAlerts()
      await spend(0.85)
      const hook = webhook('https://hooks.test/x', 'json')
      await checkLimits({ ...needs([]), channels: [hook] })
      expect(await noted()).toBe(false)
      const heard: Message[] = []
      await checkLimits({ ...needs(heard), channels: [hook, ...needs(heard).channels] })
      expect(money(heard)).not.toEqual([])
      expect(await noted()).toBe(true)
      await forgetAlerts()
      status = 200
      await checkLimits({ ...needs([]), channels: [hook] })
      expect(await noted()).toBe(true)
    } finally {
      asked.mockRestore()
    }
  })

  test('costs the database nothing while nothing happens', async () => {
    await onClock(needs([]))
    await resetCounters()
    await onClock(needs([]))
    expect((await counters()).database).toBe(0)
  })

  test('costs the database one trip a day on the clock, however much happens, and warms no cache', async () => {
    const person = await newPerson()
    await say(person)
    // What was said before may still warn the owner, which asks the database too.
    await eventually(async () => {
      await meter().unclaim('facts')
      const begun = Date.now()
      const trips: number[] = []
      const commands: number[] = []
      for (const hours of [0, 0.25, 0.5, 0.75, 24]) {
        await ok(call('get', '/me', { token: person.token }))
        await resetCounters()
        await onClock({ ...needs([]), now: () => begun + hours * 3_600_000 })
        const { database, cache } = await counters()
        trips.push(database)
        commands.push(cache)
      }
      expect(trips).toEqual([1, 0, 0, 0, 1])
      expect(commands).toEqual([0, 0, 0, 0, 0])
    })
  })
})

describe('a webhook gets', () => {
  const message: Message = { title: 'Macro AI: 80 %', lines: ['One', 'Two'], stopUrl: 'https://api.test/stop/x' }
  const text = 'One\nTwo\n\nStop all spending: https://api.test/stop/x'
  test.for([
    ['json', JSON.stringify({ ...message, text })],
    ['slack', JSON.stringify({ text: `*${message.title}*\n${text}` })],
    ['discord', JSON.stringify({ content: `**${message.title}**\n${text}` })],
    ['ntfy', text],
  ] as const)('%s in the shape that it knows', async ([kind, body]) => {
    const asked = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('ok'))
    try {
      await webhook('https://hooks.test/x', kind)(message)
      expect(asked.mock.calls).toMatchObject([['https://hooks.test/x', { method: 'POST', redirect: 'manual', body }]])
    } finally {
      asked.mockRestore()
    }
  })
})

describe('the link in an alert', () => {
  const linkFor = (now = Date.now()) => stopToken(env.SITE_SECRET, now)

  test('stops everything when it is confirmed, and nothing when it is only opened', async () => {
    const person = await newPerson()
    const link = await linkFor()
    const opened = await call('get', `/stop/${link}`)
    expect(opened.headers.get('content-security-policy')).toContain("form-action 'self'")
    expect(await opened.text()).toContain('<form method="post">')
    await say(person)
    expect((await call('post', `/stop/${link}`)).status).toBe(200)
    await problem(post(person, newTurn()), 'unavailable')
  })

  test('is good for a week, for this alone, and cannot be made up', async () => {
    const now = Date.now()
    const link = await linkFor(now)
    expect(await isStopToken(env.SITE_SECRET, link, now + 6 * 86_400_000)).toBe(true)
    expect(await isStopToken(env.SITE_SECRET, link, now + 8 * 86_400_000)).toBe(false)
    const [expires = '', signature = ''] = link.split('-')
    for (const bad of [
      `${Number(expires) + 1}-${signature}`,
      `${expires}-${'0'.repeat(64)}`,
      await stopToken('another secret', now),
      'x',
      "1'--",
    ])
      for (const method of ['get', 'post']) await problem(call(method, `/stop/${bad}`), 'not_found')
    const { token } = await newPerson()
    await ok(call('get', '/me', { token }))
  })
})

describe('the ladder', () => {
  test('is shown in the usage, and goes up again when there is room', async () => {
    const person = await newPerson()
    await spend(0.75, 'used')
    const step = async () =>
      (await ok<{ ladder: { step: string } }>(call('get', '/usage', { token: person.token }))).ladder.step
    expect(await step()).toBe('cheaper')
    await ok(call('patch', '/admin/instance', { token: boss.token, body: { monthlyCapMicros: null } }))
    expect(await step()).toBe('none')
  })

  test('is told with the answer to a turn, to the Worker and so to everybody', async () => {
    const person = await newPerson()
    const { start } = await say(person)
    // While long answers run all of their worst case counts as used, beside which there is room for a small one.
    const long = [longTurn(), longTurn(), longTurn(), longTurn()]
    const running = await Promise.all(long.map((turn) => post(person, turn)))
    const [row] = await sql<{ used: string }>`
      select spent_micros + reserved_micros as used from budgets where scope = 'instance-month' order by period desc limit 1`
    const monthlyCapMicros = Number(row?.used) + Math.ceil(start.reservedMicros * 1.1)
    await ok(call('patch', '/admin/instance', { token: boss.token, body: { monthlyCapMicros } }))
    const answer = await post(person, newTurn())
    expect([...answer.headers.keys()].filter((name) => /month|remembered/.test(name))).toEqual([])
    await streamOf(answer)
    const { ladder } = (await ok<Me>(call('get', '/me', { token: person.token }))).running
    expect(ladder.step).not.toBe('none')
    expect([ladder.share, ladder.resetsAt]).toEqual([expect.any(Number), expect.stringMatching(/-01T00:00/)])
    await Promise.all(long.map(({ turnId }) => stop(person, turnId)))
    await Promise.all(running.map(streamOf))
  })
})
