import { freeTiers, type Board, type SpendingReport } from '@macro-ai/shared'
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cell, csvOf } from '../src/board/csv.ts'
import { stageOf } from '../src/board/stage.ts'
import { openTally, type Report } from '../src/metering/tally.ts'
import { readSettings } from '../src/settings.ts'
import { call, newPerson, ok, owner, problem, type Person } from './support/api.ts'
import { addFile } from './support/files.ts'
import { fault, noFaults, sql } from './support/platform.ts'
import { workerWith } from './support/settings.ts'
import { say } from './support/turns.ts'

let boss: Person
beforeAll(async () => {
  boss = await owner()
})
beforeEach(noFaults)

const meter = () => env.METER.get(env.METER.idFromName('meter'))
const boardOf = (person = boss) => ok<Board>(call('get', '/admin/limits', { token: person.token }))
const limit = (board: Board, id: string) => {
  const found = board.items.find((one) => one.id === id)
  if (!found) throw new Error(`The board has no ${id}`)
  return found
}

describe('the board', () => {
  test('has every free tier, with what happens past it, where the figure is from, and how old it is', async () => {
    const { items, nextCursor } = await boardOf()
    expect(items.map(({ id }) => id).sort()).toEqual(freeTiers.map(({ id }) => id).sort())
    for (const { then, source, asOf, past } of items) {
      expect([then !== '', source !== '', /^\d{4}-\d\d-\d\d$/.test(asOf)]).toEqual([true, true, true])
      expect(past === 'bills').toBe(then.startsWith('Billed'))
    }
    expect(nextCursor).toBeNull()
  })

  test('counts what a turn uses: requests, the database awake, commands, money, and who signed up', async () => {
    const before = await boardOf()
    const person = await newPerson()
    const { end } = await say(person)
    await ok(call('get', '/me', { token: person.token }))
    const after = await boardOf()
    const more = (id: string) => limit(after, id).used - limit(before, id).used
    expect(more('workers.requests')).toBeGreaterThan(4)
    expect(more('upstash.commands')).toBeGreaterThan(0)
    expect(more('objects.requests')).toBeGreaterThan(0)
    expect(more('objects.gbSeconds')).toBeGreaterThan(0)
    expect(more('cognito.emails')).toBeGreaterThanOrEqual(1)
    expect(more('cognito.users')).toBe(1)
    expect(more('model.micros')).toBe(end.usage.costMicros)
    expect(limit(after, 'neon.cuHours').used).toBeGreaterThan(0)
    expect(limit(after, 'neon.bytes').used).toBeGreaterThan(1e6)
    expect(limit(after, 'neon.egressBytes').used).toBeGreaterThan(0)
    for (const { share, forecastShare, forecastHighShare } of after.items) {
      expect(forecastShare).toBeGreaterThanOrEqual(share)
      expect(forecastHighShare).toBeGreaterThanOrEqual(forecastShare)
    }
  })

  test('counts a visit where the site itself says so, and at nobody else’s word', async () => {
    const visits = async (proof: string) => {
      const before = limit(await boardOf(), 'vercel.invocations').used
      await ok(call('get', '/status', { headers: { 'x-site-secret': proof } }))
      return limit(await boardOf(), 'vercel.invocations').used - before
    }
    expect(await visits('not the secret at all')).toBe(0)
    expect(await visits(env.SITE_SECRET)).toBeGreaterThan(0)
  })

  test('shows which share of the database’s answers took over a second, and how many isolates started', async () => {
    const measured = async () => (await boardOf()).stage.measured
    const before = await measured()
    const seen = { isolates: 70_000, 'database.trips': 100_000, 'database.slow': 90_000 }
    await meter().add({ counts: seen, windows: [] })
    try {
      const { coldStarts, slowQueryShare } = await measured()
      expect(coldStarts).toBeGreaterThanOrEqual(before.coldStarts + 10_000)
      expect(slowQueryShare).toBeGreaterThan(0.8)
    } finally {
      const taken = Object.fromEntries(Object.entries(seen).map(([metric, amount]) => [metric, -amount]))
      await meter().add({ counts: taken, windows: [] })
    }
  })

  test('opens while the database is away, with what it said last', async () => {
    const { items, factsAt } = await boardOf()
    await fault({ target: 'database', kind: 'down' })
    const away = await boardOf()
    expect(away.factsAt).toBe(factsAt)
    expect(limit(away, 'neon.bytes').used).toBe(items.find(({ id }) => id === 'neon.bytes')?.used)
  })

  test('shows what a provider says, and by how much our count is off', async () => {
    const said = Math.ceil(limit(await boardOf(), 'workers.requests').used) + 30_000
    await meter().note('provider:workers.requests', JSON.stringify({ used: said, at: new Date().toISOString() }))
    const { used, share, provider } = limit(await boardOf(), 'workers.requests')
    expect([used, share]).toEqual([said, said / 100_000])
    // But for the requests that were made since.
    expect(provider?.difference).toBeCloseTo(30_000, -3)
    await meter().unclaim('provider:workers.requests')
    expect(limit(await boardOf(), 'workers.requests').provider).toBeNull()
  })

  test('is for the owner alone', async () => {
    const { token } = await newPerson()
    for (const path of ['/admin/limits', '/admin/spending', '/admin/spending.csv'])
      await problem(call('get', path, { token }), 'forbidden')
  })
})

describe('the spending', () => {
  test('adds up to the same total by day, person, model and purpose', async () => {
    const person = await newPerson()
    const { end } = await say(person)
    const report = await ok<SpendingReport>(call('get', '/admin/spending?days=7', { token: boss.token }))
    const sum = (rows: { costMicros: number }[]) => rows.reduce((total, { costMicros }) => total + costMicros, 0)
    expect([report.byDay, report.byUser, report.byModel, report.byPurpose].map(sum)).toEqual(
      Array<number>(4).fill(report.totalMicros),
    )
    expect(report.byUser.find(({ userId }) => userId === person.id)).toMatchObject({
      email: person.email,
      costMicros: end.usage.costMicros,
    })
  })

  test('comes as CSV, in which no cell is a formula', async () => {
    const answer = await call('get', '/admin/spending.csv', { token: boss.token })
    expect(answer.headers.get('content-disposition')).toContain('attachment')
    expect(await answer.text()).toMatch(/^by,what,costMicros,calls,inputTokens,outputTokens\r\nday,\d{4}-/)
    for (const evil of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\r=1']) expect(cell(evil)).toMatch(/^"?'/)
    expect(cell('a "b", c')).toBe('"a ""b"", c"')
    const none = { costMicros: 1, calls: 1, inputTokens: 0, outputTokens: 0 }
    const report = { from: '', to: '', totalMicros: 1, byDay: [], byUser: [], byPurpose: [] }
    expect(csvOf({ ...report, byModel: [{ model: '=cmd()', ...none }] })).toContain("model,'=cmd(),1")
  })

  test.for(['0', '-1', '367', 'x', '1e9'])('of %s days is a bad request', async (days) => {
    await problem(call('get', `/admin/spending?days=${days}`, { token: boss.token }), 'bad_request')
  })
})

describe('counting', () => {
  const isolate = (random: number) => {
    const reports: Report[] = []
    const work: Promise<unknown>[] = []
    const send = async (report: Report) => void reports.push(report)
    const tally = openTally({ now: () => 0, send, later: (one) => work.push(one), random: () => random })
    const request = () => {
      tally.add('workers.requests')
      tally.tick()
    }
    return { reports, work, tally, request }
  }
  const requestsIn = (reports: Report[]) =>
    reports.reduce((sum, { counts }) => sum + (counts['workers.requests'] ?? 0), 0)

  test('makes one report for a hundred requests, and is off by less than that many', () => {
    for (const random of [0, 0.3, 0.999]) {
      const { reports, request } = isolate(random)
      for (let n = 0; n < 1_234; n++) request()
      expect(reports.length).toBeLessThanOrEqual(13)
      expect(Math.abs(requestsIn(reports) - 1_234)).toBeLessThan(100)
    }
  })

  test('is right on average over isolates that live for seven requests', () => {
    let counted = 0
    for (let n = 0; n < 1_000; n++) {
      const { reports, request } = isolate(n / 1_000)
      for (let made = 0; made < 7; made++) request()
      counted += requestsIn(reports)
    }
    expect(counted).toBe(7_000)
  })

  test('counts each isolate that starts, and of the database’s answers those that took over a second', () => {
    const { reports, tally, request } = isolate(0)
    for (const ms of [1_001, 1_000, 1, 60_000]) tally.trip(ms, 0)
    request()
    expect(reports).toMatchObject([{ counts: { isolates: 1 } }])
    // A first report stands for a hundred requests like its own.
    const { counts = {} } = reports[0] ?? {}
    expect((counts['database.slow'] ?? 0) / (counts['database.trips'] ?? 0)).toBe(0.5)
    const second = isolate(0.999)
    for (let n = 0; n < 250; n++) second.request()
    expect(second.reports.map(({ counts }) => counts.isolates ?? 0)).toEqual([1, 0])
  })

  test('keeps what the meter could not be told', async () => {
    const told: Report[] = []
    let away = true
    const send = async (report: Report) => {
      if (away) throw new Error('moved')
      told.push(report)
    }
    const work: Promise<unknown>[] = []
    const tally = openTally({ now: () => 0, send, later: (one) => work.push(one), random: () => 0.999 })
    const hundred = async () => {
      for (let n = 0; n < 100; n++) {
        tally.add('workers.requests')
        tally.tick()
      }
      await Promise.all(work)
    }
    await hundred()
    away = false
    await hundred()
    expect(requestsIn(told)).toBe(200)
  })

  test('keeps what who asked could not be told of', async () => {
    const { tally, request } = isolate(0.999)
    for (let n = 0; n < 7; n++) request()
    tally.trip(5, 100)
    const lost = tally.drain(() => Promise.reject(new Error('moved')))
    await expect(lost).rejects.toThrow('moved')
    request()
    const report = await tally.drain(async (told) => told)
    expect(report).toEqual({
      counts: { isolates: 1, 'workers.requests': 8, 'database.trips': 1, 'neon.egressBytes': 100 },
      windows: [0],
    })
  })
})

describe('R2', () => {
  test('has what is written and read counted by its classes, with nothing lost', async () => {
    const person = await newPerson()
    const [classA, classB] = ['r2.classA', 'r2.classB']
    const before = await boardOf()
    const { id } = await addFile(person, 'notes.txt', 'The moon pulls the sea.')
    for (let n = 0; n < 3; n++) await (await call('get', `/files/${id}`, { token: person.token })).text()
    const after = await boardOf()
    // Other tests leave parts of operations behind, and such sums are not exact.
    const more = (metric: string) => Math.round(limit(after, metric).used - limit(before, metric).used)
    expect(more(classA)).toBeGreaterThanOrEqual(1)
    expect(more(classB)).toBeGreaterThanOrEqual(3)
    expect([classA, classB].map((metric) => limit(after, metric).estimated)).toEqual([false, false])
    const [row] = await sql<{ writes: number; reads: number }>`
      select writes, reads from storage where owner_id = '00000000-0000-0000-0000-000000000000'`
    expect(limit(after, classA).used).toBeGreaterThanOrEqual(row?.writes ?? Infinity)
    expect(limit(after, classB).used).toBeGreaterThanOrEqual(row?.reads ?? Infinity)
  })
})

describe('an owner’s own limits', () => {
  test('take the place of the free tiers, on the board and for what rests', async () => {
    const LIMITS = JSON.stringify({ 'workers.requests': 10_000_000, 'neon.cuHours': null, 'cognito.emails': 10 })
    const worker = workerWith({ LIMITS })
    const { items } = await ok<Board>(worker('get', '/admin/limits', { token: boss.token }))
    expect(items.find(({ id }) => id === 'workers.requests')).toMatchObject({
      ...{ limit: 10_000_000, past: 'bills', then: expect.stringContaining('Billed') as unknown },
    })
    // Less than is free is nobody's plan.
    expect(items.find(({ id }) => id === 'cognito.emails')).toMatchObject({ limit: 10, past: 'stops' })
    expect(items.filter(({ id }) => id === 'neon.cuHours')).toEqual([])
    expect(() => readSettings({ ...env, LIMITS: '{"neon.hours": 1}' })).toThrow('LIMITS')
  })

  test('of Neon are none of another database, but for those that its owner names', () => {
    const { LIMITS } = readSettings({ ...env, DATABASE_DRIVER: 'hyperdrive', LIMITS: '{"neon.bytes": 2e9}' })
    expect(LIMITS).toEqual({ 'neon.bytes': 2e9, 'neon.cuHours': null, 'neon.egressBytes': null })
  })
})

describe('the advisor', () => {
  const small = {
    ...{ users: 4, requestsADay: 60, databaseBytes: 3e7, cacheBytes: 1e5 },
    ...{ cacheHitShare: 0.95, slowQueryShare: 0, coldStarts: 20 },
  }
  test.for([
    [{}, 0],
    [{ users: 50, requestsADay: 500 }, 0],
    [{ users: 51 }, 1],
    [{ requestsADay: 501 }, 1],
    [{ databaseBytes: 401e6 }, 1],
    [{ cacheBytes: 201e6 }, 1],
    [{ cacheHitShare: 0.69 }, 1],
    [{ slowQueryShare: 0.2 }, 1],
    [{ coldStarts: 1_001 }, 1],
    [{ users: 201 }, 2],
    [{ requestsADay: 2_001 }, 2],
    [{ users: 1_001 }, 3],
  ] as const)('%o is stage %i', ([change, stage]) => {
    const advice = stageOf({ ...small, ...change }, [])
    expect(advice.stage).toBe(stage)
    expect(advice.why).toHaveLength(stage > 0 ? 1 : 0)
    expect(advice.reasons.map(({ sign }) => sign)).toEqual(stage > 0 ? Object.keys(change) : [])
    expect(advice.change.length > 0).toBe(stage > 0)
    expect(advice.poundsAMonth).toEqual(
      [
        { from: 0, to: 1 },
        { from: 30, to: 50 },
        { from: 80, to: 120 },
        { from: 300, to: 800 },
      ][stage],
    )
  })

  test('looks at the fullest tier that a plan can widen, not at budgets', async () => {
    await meter().note('provider:aws.micros', JSON.stringify({ used: 990_000, at: new Date().toISOString() }))
    const { items, stage } = await boardOf()
    await meter().unclaim('provider:aws.micros')
    // And so new accounts are let in again.
    expect((await boardOf()).reductions).toEqual([])
    expect(items.find(({ id }) => id === 'aws.micros')?.share).toBe(0.99)
    expect(stage.why.join()).not.toMatch(/AWS|Model/)
  })
})
