import { freeTiers, type Board, type Me, type ProblemBody, type Reduction } from '@macro-ai/shared'
import { env, exports } from 'cloudflare:workers'
import fc from 'fast-check'
import OpenAI, { APIError } from 'openai'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nextOf } from '../src/board/calendar.ts'
import { gates, reductionsOf, type Level } from '../src/relief/gates.ts'
import { openRelief } from '../src/relief/relief.ts'
import { call, newPerson, ok, owner, password, problem, type Person } from './support/api.ts'
import { upload } from './support/files.ts'
import { counters, forgetCalls, modelCalls, noFaults, resetCounters, sql } from './support/platform.ts'
import { workerAndChatsWith } from './support/settings.ts'
import { newTurn, post, say, streamOf } from './support/turns.ts'
import { newKey } from './support/walk.ts'

let boss: Person
let person: Person
beforeAll(async () => {
  await noFaults()
  boss = await owner()
  person = await newPerson()
})
beforeEach(noFaults)

const meter = () => env.METER.get(env.METER.idFromName('meter'))
const look = () => ok<Board>(call('get', '/admin/limits', { token: boss.token }))
/** A provider says how far its limit is used, and an isolate hears of it. */
const use = async (id: string, share: number) => {
  const limit = (await look()).items.find((one) => one.id === id)?.limit ?? 0
  await meter().note(`provider:${id}`, JSON.stringify({ used: limit * share, at: new Date().toISOString() }))
  return look()
}
const setBack = async () => {
  for (const key of Object.keys(await meter().notes('provider:'))) await meter().unclaim(key)
  await look()
}
afterEach(setBack)

const shutIn = (reductions: Reduction[]) => reductions.map(({ gate }) => gate)
const runningOf = async () => (await ok<Me>(call('get', '/me', { token: person.token }))).running

describe('what rests, by how far limits are used', () => {
  const now = Date.UTC(2026, 10, 26, 12)
  const levelsWith = fc.array(fc.double({ min: 0, max: 1.5, noNaN: true }), {
    minLength: freeTiers.length,
    maxLength: freeTiers.length,
  })
  const levelsOf = (shares: number[]): Level[] => freeTiers.map((tier, at) => ({ tier, share: shares[at] ?? 0 }))
  const restsAt = (shares: number[], degrade = true) => reductionsOf(levelsOf(shares), { degrade, now })

  test('never grows less when more is used, and names one limit for each gate', () => {
    fc.assert(
      fc.property(levelsWith, levelsWith, (shares, more) => {
        const rests = restsAt(shares)
        const moreRests = shutIn(restsAt(shares.map((share, at) => share + (more[at] ?? 0))))
        for (const gate of shutIn(rests)) expect(moreRests).toContain(gate)
        expect(new Set(shutIn(rests)).size).toBe(rests.length)
        for (const { gate, resetsAt } of rests)
          for (const tier of levelsOf(shares)) {
            const alone = reductionsOf([tier], { degrade: true, now }).find((one) => one.gate === gate)
            if (alone) expect(resetsAt === null || (alone.resetsAt !== null && alone.resetsAt <= resetsAt)).toBe(true)
          }
      }),
    )
  })

  test('shuts other programs before documents, documents before new accounts, and those before turns', () => {
    const order = ['api', 'documents', 'sign-up', 'turns'] as const
    for (const tier of freeTiers.filter(({ id }) => id.startsWith('neon') || id === 'workers.requests')) {
      const first = order.map((gate) => {
        const shares = Array.from({ length: 101 }, (_, percent) => percent / 100)
        return shares.find((share) =>
          shutIn(reductionsOf([{ tier, share }], { degrade: true, now })).includes(gate),
        ) as number
      })
      expect(first).toEqual([...first].sort((a, b) => a - b))
      expect(new Set(first).size).toBe(order.length)
      // What is left is for reading.
      expect(first.at(-1)).toBeLessThan(1)
    }
  })

  test('goes on by itself in a new period, and only storage waits for room', () => {
    fc.assert(
      fc.property(levelsWith, (shares) => {
        let at = now
        const relief = openRelief({ now: () => at })
        relief.learn(restsAt(shares))
        const [today, month] = [nextOf('day', now), nextOf('month', now)]
        at = today
        expect(relief.inForce().every(({ period }) => period !== 'day')).toBe(true)
        at = month
        expect(relief.inForce().every(({ period }) => period === 'total')).toBe(true)
      }),
    )
  })

  test('keeps what bills before its line, also for an owner who wants no degrading', () => {
    const all = freeTiers.map(() => 0.95)
    for (const { resource } of restsAt(all, false))
      expect(freeTiers.find(({ id }) => id === resource)?.past).toBe('bills')
    expect(shutIn(restsAt(all, false))).toEqual(expect.arrayContaining(['files', 'sign-up']))
    expect(shutIn(restsAt(all))).toEqual(gates.filter((gate) => gate !== 'turns'))
  })
})

/** A refusal says which limit it was, and when it is over. */
const refused = async (answer: Promise<Response>, gate: string): Promise<ProblemBody> => {
  const got = await answer
  const body = await problem(got.clone(), 'reduced')
  expect([got.status, body.reduction?.gate]).toEqual([503, gate])
  const midnight = new Date(nextOf('day', Date.now())).toISOString()
  expect([body.resetsAt, body.reduction?.resetsAt]).toEqual([midnight, midnight])
  expect(Number(got.headers.get('retry-after'))).toBeGreaterThan(0)
  return body
}

const addText = () => upload(person, 'notes.txt', 'The moon pulls the sea.')
const document = (id: string) =>
  call('post', '/documents', { token: person.token, body: { id, title: 'Tides', chunks: [{ text: 'The moon.' }] } })
const join = (email: string) => call('post', '/auth/sign-up', { body: { email, password, name: 'Ada' } })
const emailOf = () => `${crypto.randomUUID()}@example.org`

describe('near the end of the day’s requests', () => {
  test('other programs rest first, in OpenAI’s words, and nothing is held, asked or spent', async () => {
    const { key } = await newKey(person)
    const client = new OpenAI({
      apiKey: key,
      baseURL: 'https://api.test/v1',
      fetch: (url, init) => exports.default.fetch(new Request(url, init)),
    })
    const ask = () => client.chat.completions.create({ model: 'demo', messages: [{ role: 'user', content: 'Hello' }] })
    await ask()
    const rows = async () => (await sql`select count(*) as n from ledger`)[0]
    const before = await rows()
    await use('workers.requests', 0.82)
    await Promise.all([forgetCalls(), resetCounters()])
    const error = await ask().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ status: 429, code: 'insufficient_quota', type: 'insufficient_quota' })
    expect((error as APIError).headers?.get('x-should-retry')).toBe('false')
    expect((error as APIError).message).toContain('82 % of a limit of this instance is used')
    // Not sent again by the client, and nothing was woken for it.
    expect(await counters()).toMatchObject({ database: 0, model: 0 })
    expect([await modelCalls(), await rows()]).toEqual([[], before])
    await client.models.list()

    // All else goes on.
    expect((await addText()).status).toBe(201)
    await say(person)
    expect(shutIn((await runningOf()).reductions)).toEqual(['api'])
    await setBack()
    await ask()
    expect((await runningOf()).reductions).toEqual([])
  })

  test('then files and documents, then new accounts, then turns; reading goes on to the end', async () => {
    const { start } = await say(person)
    const [turn, id, email] = [newTurn(), crypto.randomUUID(), emailOf()]
    await use('workers.requests', 0.91)
    await refused(addText(), 'files')
    await refused(document(id), 'documents')
    await refused(call('post', '/me/import', { token: person.token, body: '[]' }), 'documents')
    await ok(join(emailOf()), 202)
    await say(person)

    await use('workers.requests', 0.96)
    await refused(join(email), 'sign-up')
    await say(person)

    expect(shutIn((await use('workers.requests', 0.99)).reductions)).toEqual([
      'api',
      'documents',
      'files',
      'sign-up',
      'turns',
    ])
    await refused(post(person, turn), 'turns')
    await problem(call('get', `/documents/${id}`, { token: person.token }), 'not_found')
    await problem(call('get', `/conversations/${turn.conversationId}`, { token: person.token }), 'not_found')
    await ok(call('get', `/conversations/${start.conversationId}`, { token: person.token }))
    await ok(call('get', '/search?q=all', { token: person.token }))

    await setBack()
    // The same again, as the page sends it once it is time.
    await streamOf(post(person, turn))
    await ok(join(email), 202)
  })

  test('a turn that has begun is attached to all the same', async () => {
    const turn = newTurn()
    const told = await streamOf(post(person, turn))
    await use('objects.rowsWritten', 1.2)
    expect(await streamOf(post(person, turn))).toBe(told)
  })

  test('isolates learn it with the report that they send anyway', async () => {
    const day = new Date().toISOString().slice(0, 10)
    const used = (counts: Awaited<ReturnType<ReturnType<typeof meter>['read']>>) =>
      counts.find((one) => one.day === day && one.metric === 'workers.requests')?.amount ?? 0
    const missing = 85_000 - used(await meter().read({ counts: {}, windows: [] }, day))
    const told = await meter().add({ counts: { 'workers.requests': missing }, windows: [] })
    expect(told.reductions).toMatchObject([{ gate: 'api', resource: 'workers.requests', period: 'day' }])
    const back = await meter().add({ counts: { 'workers.requests': -missing }, windows: [] })
    expect(back.reductions).toEqual([])
  })
})

describe('each limit shuts only what uses it', () => {
  test('with the cache’s commands nearly used up nothing is looked up there, and everything is answered', async () => {
    await use('upstash.commands', 0.95)
    await resetCounters()
    const { name } = await ok<Me>(call('get', '/me', { token: person.token }))
    expect(name).toBe('Ada')
    expect((await counters()).detail.cache.operations).not.toHaveProperty('MGET')
    await setBack()
    await resetCounters()
    await ok(call('get', '/me', { token: person.token }))
    expect((await counters()).detail.cache.operations).toHaveProperty('MGET')
  })

  test.for([
    ['r2.classA', 0.9, ['files']],
    ['r2.classB', 0.95, ['files']],
    ['cognito.emails', 0.8, ['sign-up']],
    ['aws.micros', 0.85, ['sign-up']],
    ['neon.cuHours', 0.85, ['api']],
  ] as const)('%s at %d', async ([id, share, shut]) => {
    expect(shutIn((await use(id, share)).reductions)).toEqual(shut)
  })

  test('a budget that the provider says is spent turns to the free model, and to nothing where there is none', async () => {
    await use('model.micros', 1)
    const free = { FALLBACK_MODEL: 'demo-free' }
    expect(shutIn((await runningOf()).reductions)).toEqual(['api', 'turns'])
    await problem(post(person, newTurn()), 'reduced')
    const worker = workerAndChatsWith(free)
    await ok(worker('get', '/admin/limits', { token: boss.token }))
    const told = await streamOf(worker('post', '/turns', { token: person.token, body: newTurn() }))
    expect(told).toContain('"model":"demo-free"')
  })
})
