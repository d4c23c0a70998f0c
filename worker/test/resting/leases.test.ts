import { newId, type NewTurn } from '@macro-ai/shared'
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { call, newPerson, ok, owner, password, problem, type Person } from '../support/api.ts'
import { checkBooks } from '../support/books.ts'
import {
  databaseTrips,
  fault,
  forgetCalls,
  keptByChat,
  modelCalls,
  noFaults,
  resetCounters,
  settle,
  tables,
  till,
} from '../support/platform.ts'
import {
  eventually,
  longText,
  longTurn,
  newTurn,
  open,
  post,
  readUntil,
  say,
  stop,
  streamOf,
  told,
} from '../support/turns.ts'
import { newKey } from '../support/walk.ts'

const dayMs = 86_400_000

beforeEach(async () => {
  await noFaults()
  await settle()
  await forgetCalls()
})
afterEach(() => void vi.useRealTimers())

/** From now on it is this moment, for the Worker and its objects alone; no alarm set by this clock goes off by itself. */
const nowIs = (now: number) => vi.useFakeTimers({ toFake: ['Date'], now })
const nextDay = () => Math.floor(Date.now() / dayMs + 1) * dayMs
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

const alarmAt = () => runInDurableObject(till(), (_, { storage }) => storage.getAlarm())
const keptAtTill = () =>
  runInDurableObject(till(), (_, { storage }) =>
    ['people', 'turns', 'claims'].map((name) => JSON.stringify([...storage.sql.exec(`select * from ${name}`)])).join(),
  )
const leasesOf = ({ id }: Person) => tables<{ day: string; micros: number }>`
  select day::text, amount_micros::int as micros from reservations where user_id = ${id}::uuid and purpose = 'lease'`
const rowsOf = ({ turnId }: NewTurn) => tables`select status from messages where turn_id = ${turnId}::uuid`

/** Somebody to whom money is lent, while the database sleeps. */
const lent = async () => {
  const person = await newPerson()
  const { start } = await say(person)
  await resetCounters()
  return { person, start }
}

describe('what is lent', () => {
  test('is for its day: the next one it is lent anew', async () => {
    const { person } = await lent()
    const today = dayOf(Date.now())
    expect(await leasesOf(person)).toMatchObject([{ day: today }])
    const midnight = nextDay()
    nowIs(midnight + 61_000)
    expect(await runDurableObjectAlarm(till())).toBe(true)
    expect(await leasesOf(person)).toMatchObject([{ day: dayOf(midnight) }])
    expect(await alarmAt()).toBe(midnight + dayMs + 60_000)
    vi.useRealTimers()
    await resetCounters()
    await say(person)
    expect(await databaseTrips()).toBeGreaterThan(0)
    await checkBooks()
  })

  test('to somebody who has not come back for a day is given back, and nothing of them is kept', async () => {
    const { person } = await lent()
    nowIs(Date.now() + 2 * dayMs)
    await runDurableObjectAlarm(till())
    expect(await leasesOf(person)).toEqual([])
    expect(await keptAtTill()).not.toContain(person.id)
    vi.useRealTimers()
    expect((await say(person)).end.status).toBe('complete')
    expect(await leasesOf(person)).toHaveLength(1)
    await checkBooks()
  })

  test('to somebody whose cap has no room for it is nothing, and they are answered all the same', async () => {
    const [person, { token }] = [await newPerson(), await owner()]
    // More than one such turn at its worst, less than the smallest lease.
    await ok(call('patch', `/admin/users/${person.id}`, { token, body: { dailyCapMicros: 2_600 } }))
    for (let turns = 0; turns < 3; turns++) expect((await say(person)).end.status).toBe('complete')
    expect(await leasesOf(person)).toEqual([])
    await checkBooks()
  })

  test('is no reason to refuse its person a turn that must begin in the database', async () => {
    const [person, { token }] = [await newPerson(), await owner()]
    const dailyCapMicros = 6_000
    await ok(call('patch', `/admin/users/${person.id}`, { token, body: { dailyCapMicros } }))
    await say(person)
    await till().bank()
    const [lease] = await leasesOf(person)
    // Made so long ago that only the database can know whether it was sent before; an eighth of a micro-dollar a byte.
    const late = newTurn({ turnId: newId(Date.now() - 20 * 60_000), text: 'x'.repeat(12_000) })
    expect(dailyCapMicros - (lease?.micros ?? 0)).toBeLessThan(2_000 + 12_000 / 8)
    expect((await say(person, late)).end.status).toBe('complete')
    await checkBooks()
  })

  test('holds what turns that run at once may cost: none begins on money that another has in hand', async () => {
    const [person, { token }] = [await newPerson(), await owner()]
    await ok(call('patch', `/admin/users/${person.id}`, { token, body: { dailyCapMicros: 6_000 } }))
    await say(person)
    await fault({ target: 'model', kind: 'drip' })
    await resetCounters()
    // About a third of the cap each at worst.
    const turns = [1, 2, 3].map(() => newTurn({ text: longText }))
    const begin = async (turn?: NewTurn) => readUntil(await post(person, turn), (text) => text.includes('event: start'))
    await begin(turns[0])
    expect(await databaseTrips()).toBe(0)
    await begin(turns[1])
    expect(await databaseTrips()).toBeGreaterThan(0)
    await problem(post(person, turns[2]), 'budget_exhausted')
    await checkBooks()
    for (const { turnId } of turns.slice(0, 2)) await ok(stop(person, turnId), 204)
    await checkBooks()
  })

  test('is given back also where nobody knows whether it was lent', async () => {
    const { person } = await lent()
    await say(person)
    await fault({ target: 'database', kind: 'lost-reply', times: 1 })
    await runDurableObjectAlarm(till())
    expect(await leasesOf(person)).toHaveLength(1)
    nowIs(Date.now() + 2 * dayMs)
    await runDurableObjectAlarm(till())
    expect(await leasesOf(person)).toEqual([])
    vi.useRealTimers()
    await checkBooks()
  })

  test('is nobody else’s to take for lost', async () => {
    const [{ person }, other] = [await lent(), await lent()]
    const before = await leasesOf(person)
    await say(other.person)
    await till().bank()
    expect(await leasesOf(person)).toEqual(before)
    // What pays for a call of its own takes in what the dead have left.
    const { key } = await newKey(other.person)
    const body = { model: 'demo-embedding', input: 'tides' }
    await ok(call('post', '/v1/embeddings', { token: key, body }))
    expect(await leasesOf(person)).toEqual(before)
  })

  test('is looked after at the end of its day, though there is somebody who got none', async () => {
    const [{ person }, none, { token }] = [await lent(), await newPerson(), await owner()]
    await ok(call('patch', `/admin/users/${none.id}`, { token, body: { dailyCapMicros: 2_600 } }))
    for (const one of [none, person]) await say(one)
    await runDurableObjectAlarm(till())
    expect([await leasesOf(none), await leasesOf(person)].map(({ length }) => length)).toEqual([0, 1])
    expect(await keptAtTill()).toContain(none.id)
    expect(await alarmAt()).toBe(nextDay() + 60_000)
  })

  test('is not used while nobody knows what became of it', async () => {
    const { person } = await lent()
    await say(person)
    await fault({ target: 'database', kind: 'lost-reply', times: 1 })
    await runDurableObjectAlarm(till())
    await fault({ target: 'database', kind: 'down' })
    const turn = newTurn()
    await problem(post(person, turn), 'unavailable')
    expect(await modelCalls()).toHaveLength(2)
    await noFaults()
    expect((await say(person, turn)).end.status).toBe('complete')
    await checkBooks()
  })
})

describe('what was changed while the database is away', () => {
  test('is not begun without: nothing of what was known before is used', async () => {
    const { person } = await lent()
    await ok(call('patch', '/me', { token: person.token, body: { instructions: 'Answer in rhyme.' } }))
    await fault({ target: 'database', kind: 'down' })
    const turn = newTurn()
    await problem(post(person, turn), 'unavailable')
    expect(await modelCalls()).toHaveLength(1)
    await noFaults()
    expect((await say(person, turn)).end.status).toBe('complete')
    expect(String((await modelCalls()).at(-1)?.messages[0]?.content)).toContain('Answer in rhyme.')
  })

  test('of a conversation is heard there, also after a turn elsewhere', async () => {
    const { person, start } = await lent()
    const { conversationId, messageId: parentId } = start
    const body = { instructions: 'Be brief.' }
    await ok(call('patch', `/conversations/${conversationId}`, { token: person.token, body }))
    await say(person)
    await say(person, newTurn({ conversationId, parentId }))
    expect(String((await modelCalls()).at(-1)?.messages[0]?.content)).toContain('Be brief.')
  })
})

test('a token that was signed out begins nothing, however often it comes', async () => {
  const { person } = await lent()
  await ok(call('post', '/auth/sign-out-everywhere', { token: person.token }), 204)
  for (let tries = 0; tries < 3; tries++) await problem(post(person, newTurn()), 'unauthenticated')
  expect(await modelCalls()).toHaveLength(1)
  await checkBooks()
})

describe('what waits', () => {
  test('goes in when the first of it has waited for its time, not when the last has', async () => {
    const { person } = await lent()
    const at = Date.now()
    nowIs(at)
    await say(person)
    const first = await alarmAt()
    expect(first).toBe(Math.min(at + 1_800_000, nextDay() + 60_000))
    nowIs(at + 60_000)
    await say(person)
    expect(await alarmAt()).toBe(first)
  })

  test('is tried again ever later, five minutes apart at most, and is in when the database is back', async () => {
    const { person } = await lent()
    const turn = newTurn()
    await say(person, turn)
    const later = Date.now() + 600_000
    nowIs(later)
    await fault({ target: 'database', kind: 'down' })
    const waits: number[] = []
    for (let tries = 0; tries < 11; tries++) {
      await runDurableObjectAlarm(till())
      waits.push(((await alarmAt()) ?? 0) - later)
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * 1_000))
    vi.useRealTimers()
    await runDurableObjectAlarm(till())
    expect(((await alarmAt()) ?? 0) - Date.now()).toBeLessThanOrEqual(300_000)
    await noFaults()
    await runDurableObjectAlarm(till())
    expect(await rowsOf(turn)).toEqual([{ status: 'complete' }])
    await checkBooks()
  })

  test('is missing from nothing that is read: who asks when it cannot go in is told to ask again', async () => {
    const { person, start } = await lent()
    const { conversationId, messageId: parentId } = start
    await say(person, newTurn({ conversationId, parentId }))
    await fault({ target: 'database', kind: '500', times: 1 })
    await problem(call('get', `/conversations/${conversationId}`, { token: person.token }), 'unavailable')
    expect((await open(person, conversationId)).messages).toHaveLength(4)
  })

  test('goes in by itself soon after the database was away just then', async () => {
    const { person } = await lent()
    const turn = newTurn()
    await say(person, turn)
    await fault({ target: 'database', kind: '500', times: 1 })
    await runDurableObjectAlarm(till())
    await eventually(async () => expect(await rowsOf(turn)).toEqual([{ status: 'complete' }]))
  })

  test('an end that comes while its beginning goes in follows, once, however many wait for it', async () => {
    const { person } = await lent()
    const turn = newTurn()
    await fault({ target: 'model', kind: 'slow', ms: 600, times: 1 })
    const answer = await post(person, turn)
    await fault({ target: 'database', kind: 'slow', ms: 2_000, times: 1 })
    const goingIn = runDurableObjectAlarm(till())
    await eventually(async () => expect(await databaseTrips()).toBe(1))
    expect(told(await streamOf(answer)).end.status).toBe('complete')
    await Promise.all([goingIn, till().bank(), till().bank(), till().bank()])
    expect(await databaseTrips()).toBeLessThanOrEqual(2)
    expect(await rowsOf(turn)).toEqual([{ status: 'complete' }])
    await checkBooks()
  })

  test('an end that comes while its beginning goes in follows by itself', async () => {
    const { person } = await lent()
    const turn = newTurn()
    await fault({ target: 'model', kind: 'slow', ms: 600, times: 1 })
    const answer = await post(person, turn)
    await fault({ target: 'database', kind: 'slow', ms: 2_000, times: 1 })
    const goingIn = runDurableObjectAlarm(till())
    await eventually(async () => expect(await databaseTrips()).toBe(1))
    await streamOf(answer)
    await goingIn
    await eventually(async () => expect(await rowsOf(turn)).toEqual([{ status: 'complete' }]))
    await checkBooks()
  })

  test('is nothing more once it is in, though its answer is still being written', async () => {
    const { person } = await lent()
    const turn = longTurn()
    await readUntil(await post(person, turn), (text) => text.includes('event: delta'))
    await till().bank()
    expect(await rowsOf(turn)).toEqual([{ status: 'streaming' }])
    await resetCounters()
    await till().bank()
    expect(await databaseTrips()).toBe(0)
    await ok(stop(person, turn.turnId), 204)
  })

  test('of more people than one request may tell of goes in by parts, the rest right after; who leaves comes first', async () => {
    const people: Person[] = []
    while (people.length < 41) people.push(await newPerson())
    const turns = people.map(() => newTurn())
    for (const person of people) await say(person)
    for (const [at, person] of people.entries()) await say(person, turns[at])
    const left = async () => {
      const ids = turns.map(({ turnId }) => turnId)
      const rows = await tables`select 1 from messages where turn_id = any(${ids}::uuid[])`
      return turns.length - rows.length
    }
    expect(await left()).toBe(41)
    const later = Date.now() + 1_000_000
    nowIs(later)
    await resetCounters()
    await runDurableObjectAlarm(till())
    expect([await databaseTrips(), await left()]).toEqual([40, 1])
    expect(await alarmAt()).toBe(later)
    await runDurableObjectAlarm(till())
    expect(await left()).toBe(0)
    // So it is with leases of a day that is over, also where nothing else waits.
    const midnight = Math.floor(later / dayMs + 1) * dayMs
    nowIs(midnight + 61_000)
    await resetCounters()
    await runDurableObjectAlarm(till())
    expect([await databaseTrips(), await alarmAt()]).toEqual([40, midnight + 61_000])
    while ((await alarmAt()) === midnight + 61_000) await runDurableObjectAlarm(till())
    for (const person of people) expect(await leasesOf(person)).toMatchObject([{ day: dayOf(midnight) }])
    await checkBooks()
    vi.useRealTimers()
    // Whose things go before all others', or they would stay behind.
    const leaving = people.toSorted((a, b) => (a.id < b.id ? -1 : 1)).at(-1)
    await ok(call('delete', '/me', { token: leaving?.token, body: { password } }), 204)
    const kept = await keptAtTill()
    expect(kept).not.toContain(leaving?.id)
    for (const person of people) if ((await leasesOf(person)).length > 0) expect(kept).toContain(person.id)
  })

  test('and is refused whatever is tried keeps nothing else out, asks for nothing, and goes with its account', async () => {
    const { person } = await lent()
    const [refused, other] = [newTurn({ text: 'Say exactly: unheard of' }), newTurn({ text: 'Say exactly: other' })]
    await say(person, refused)
    await say(person, other)
    await tables`alter table messages add constraint unheard check (text not like '%unheard of%')`
    try {
      expect((await open(person, other.conversationId)).messages.at(-1)?.text).toBe('other')
    } finally {
      await tables`alter table messages drop constraint unheard`
    }
    await resetCounters()
    await till().bank()
    expect(await databaseTrips()).toBe(0)
    expect(await rowsOf(refused)).toEqual([])
    // Somebody else is short of money.
    await till().callIn()
    expect(await keptAtTill()).toContain('unheard of')
    await checkBooks()
    // A conversation that the database has never heard of, so that it cannot name it when all of them go.
    expect(await keptByChat(person.id, refused.conversationId)).not.toEqual([])

    await ok(call('delete', '/me', { token: person.token, body: { password } }), 204)
    expect(await keptByChat(person.id, refused.conversationId)).toEqual([])
    expect(await keptAtTill()).not.toContain('unheard of')
    expect(await keptAtTill()).not.toContain(person.id)
  })
})

test('a turn that ends far below what was held for it leaves the rest to the ones after it', async () => {
  const { person } = await lent()
  for (let turns = 0; turns < 12; turns++) await say(person, newTurn({ conversationId: newId() }))
  expect(await databaseTrips()).toBe(0)
})
