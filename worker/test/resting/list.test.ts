import { newId, type ConversationPage } from '@macro-ai/shared'
import { runInDurableObject } from 'cloudflare:test'
import { beforeEach, expect, test, vi } from 'vitest'
import type { FinishTurn } from '../../src/adapters/database/finish.ts'
import { pageSlot } from '../../src/conversations/pages.ts'
import { call, newPerson, ok, problem, type Person } from '../support/api.ts'
import { checkBooks } from '../support/books.ts'
import { databaseTrips, fault, noFaults, redis, resetCounters, settle, till } from '../support/platform.ts'
import { eventually, newTurn, open, post, readUntil, say, stop } from '../support/turns.ts'

beforeEach(async () => {
  await noFaults()
  await settle()
})

type Brought = { from: number; everyMs?: number; pinned?: number[] }
/** Conversations of before, each older than the one before it. */
const bring = async ({ token }: Person, count: number, { from, everyMs = 60_000, pinned = [] }: Brought) => {
  const lines: object[] = [
    { type: 'macro-ai-export', version: 1, exportedAt: new Date().toISOString() },
    ...Array.from({ length: count }, (_, place) => {
      const at = new Date(from - place * everyMs).toISOString()
      const id = newId()
      return [
        {
          ...{ type: 'conversation', id, title: `Number ${place}`, pinned: pinned.includes(place), archived: false },
          ...{ model: null, leafId: null, instructions: '', createdAt: at },
        },
        {
          ...{ type: 'message', id: newId(), conversationId: id, parentId: null, role: 'user', text: 'Hello' },
          ...{ status: 'complete', model: null, sources: [], createdAt: at },
        },
      ]
    }).flat(),
  ]
  const body = lines.map((line) => JSON.stringify(line)).join('\n')
  await ok(call('post', '/me/import', { token, body, headers: { 'content-type': 'application/x-ndjson' } }))
}
const list = ({ token }: Person, query = '') => ok<ConversationPage>(call('get', `/conversations${query}`, { token }))
/** The same as the database has it, whatever the cache has kept. */
const listStored = async (person: Person) => {
  await redis('DEL', pageSlot(person.id).key)
  return list(person)
}
/** How long until the till looks by itself whether anything waits. */
const nextLookMs = () =>
  runInDurableObject(till(), async (_, { storage }) => ((await storage.getAlarm()) ?? 0) - Date.now())
/** How many turns of somebody, or of everybody, the database has not got, or not the end of. */
const waiting = (person?: Person) =>
  runInDurableObject(
    till(),
    (_, { storage }) =>
      [...storage.sql.exec('select 1 from turns where coalesce(user_id = ?, true)', person?.id ?? null)].length,
  )

test('the list that is shown while the database sleeps is the one that it tells when it wakes: pinned first, fifty of it', async () => {
  const person = await newPerson()
  await bring(person, 48, { from: Date.now() - 3_600_000, pinned: [0, 30] })
  const first = await say(person)
  const { conversationId } = first.start
  await ok(call('get', '/me', { token: person.token }))

  const shown: ConversationPage[] = []
  let { messageId: parentId } = first.start
  let spent = first.end.usage.costMicros
  // It goes on, then the fiftieth conversation comes, and one for which there is no place.
  for (const isNew of [false, true, true, false]) {
    await resetCounters()
    const turn = isNew ? newTurn() : newTurn({ conversationId, parentId })
    const { start, end } = await say(person, turn)
    const { costMicros } = end.usage
    if (!isNew) [parentId, spent] = [start.messageId, spent + costMicros]
    // Whoever hears the end does not wait for the cache.
    await eventually(async () => {
      const { items } = await list(person)
      const item = items.find(({ id }) => id === start.conversationId)
      expect(item?.costMicros).toBe(isNew ? costMicros : spent)
    })
    const page = await list(person)
    expect(await databaseTrips()).toBe(0)
    await till().bank()
    expect(await listStored(person)).toEqual(page)
    shown.push(page)
  }
  expect(shown.map(({ items, nextCursor }) => [items.length, nextCursor !== null])).toEqual([
    [49, false],
    [50, false],
    [50, true],
    [50, true],
  ])
  const last = shown.at(-1)
  expect(last?.items.slice(0, 3).map(({ pinned, id }) => [pinned, id === conversationId])).toEqual([
    [true, false],
    [true, false],
    [false, true],
  ])
  const rest = await list(person, `?cursor=${last?.nextCursor}`)
  expect(rest.items.map(({ title }) => title)).toEqual(['Number 47'])
})

test('a pinned conversation that goes on while the database sleeps comes before all others, a new one does not', async () => {
  const person = await newPerson()
  const [pinned, other] = [await say(person), await say(person)]
  const { conversationId } = pinned.start
  await ok(call('patch', `/conversations/${conversationId}`, { token: person.token, body: { pinned: true } }))
  const second = await say(person, newTurn({ conversationId, parentId: pinned.start.messageId }))
  await resetCounters()
  const third = await say(person, newTurn({ conversationId, parentId: second.start.messageId }))
  const made = await say(person)
  const others = [made, other].map(({ start }) => start.conversationId)
  await eventually(async () => {
    const { items } = await list(person)
    expect(items.map(({ id }) => id)).toEqual([conversationId, ...others])
    expect(items[0]).toMatchObject({ pinned: true, leafId: third.start.messageId })
  })
  expect(await databaseTrips()).toBe(0)
})

test('a conversation that is too old for the list goes on without the database, and the list is right all the same', async () => {
  const person = await newPerson()
  const first = await say(person)
  const { conversationId } = first.start
  await bring(person, 50, { from: Date.now() + 86_400_000 })
  const second = await say(person, newTurn({ conversationId, parentId: first.start.messageId }))
  const shown = await list(person)
  expect(shown.items.map(({ title }) => title)).toEqual(Array.from({ length: 50 }, (_, place) => `Number ${place}`))
  await resetCounters()
  const third = await say(person, newTurn({ conversationId, parentId: second.start.messageId }))
  await say(person, newTurn({ conversationId, parentId: third.start.messageId }))
  expect(await databaseTrips()).toBe(0)
  expect(await list(person)).toEqual(shown)
  expect((await open(person, conversationId)).messages).toHaveLength(8)
})

test('one that comes back to the list by going on while the database sleeps comes as what it is, not as what was said last', async () => {
  const person = await newPerson()
  const { start } = await say(person, newTurn({ text: 'Say exactly: the first thing' }))
  const { conversationId } = start
  await bring(person, 50, { from: Date.now() + 120_000, everyMs: 1_000 })
  const second = await say(person, newTurn({ conversationId, parentId: start.messageId }))
  expect((await list(person)).items.some(({ id }) => id === conversationId)).toBe(false)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 180_000 })
  try {
    await resetCounters()
    await say(person, newTurn({ conversationId, parentId: second.start.messageId }))
    expect(await databaseTrips()).toBe(0)
    const [top] = (await list(person)).items
    expect(top).toEqual((await listStored(person)).items[0])
    expect(top).toMatchObject({ id: conversationId, title: 'Say exactly: the first thing' })
  } finally {
    vi.useRealTimers()
  }
})

test('fifty turns wait and no more, and a conversation that they pushed off the list comes back to it as it is', async () => {
  const person = await newPerson()
  const first = await say(person, newTurn({ text: 'Say exactly: pushed off' }))
  const { conversationId } = first.start
  // What others left to put in is in, and what is known of this person holds: from here on nothing needs the database,
  // nor will it be looked at again by itself, as it is a moment after something came while others were put in.
  await eventually(async () => {
    await till().bank()
    expect(await waiting()).toBe(0)
  })
  await eventually(async () => {
    await resetCounters()
    await say(person)
    expect(await databaseTrips()).toBe(0)
    expect(await nextLookMs()).toBeGreaterThan(30_000)
  })
  const begin = (count: number) => Promise.all(Array.from({ length: count }, () => say(person)))
  // More at once could be more than what is lent.
  for (let left = 49 - (await waiting()); left > 0; left -= 3) await begin(Math.min(3, left))
  expect(await databaseTrips()).toBe(0)
  await begin(1)
  await eventually(async () => expect(await waiting(person)).toBe(0))
  // Those after this person have gone in too.
  await till().bank()
  await resetCounters()

  let { messageId: leafId } = first.start
  let { costMicros } = first.end.usage
  for (const text of ['Say exactly: on', 'Say exactly: and on']) {
    const { start, end } = await say(person, newTurn({ conversationId, parentId: leafId, text }))
    leafId = start.messageId
    costMicros += end.usage.costMicros
  }
  expect(await databaseTrips()).toBe(0)
  const title = 'Say exactly: pushed off'
  const items = await eventually(async () => {
    const { items } = await list(person)
    expect(items[0]).toMatchObject({ id: conversationId, title, leafId, costMicros })
    return items
  })
  expect(items).toHaveLength(50)
  const { conversation, messages } = await open(person, conversationId)
  expect(items[0]).toEqual(conversation)
  expect(messages.map(({ text }) => text).slice(-3)).toEqual(['on', 'Say exactly: and on', 'and on'])
  await checkBooks()
})

test('what one person changes wakes the database for nobody else', async () => {
  const [person, other] = [await newPerson(), await newPerson()]
  for (const one of [person, other]) await say(one)
  await ok(call('patch', '/me', { token: other.token, body: { instructions: 'Answer in rhyme.' } }))
  await resetCounters()
  await say(person)
  expect(await databaseTrips()).toBe(0)
})

test('what others have running takes nothing of what is lent to somebody', async () => {
  const [busy, person] = [await newPerson(), await newPerson()]
  for (const one of [busy, person]) await say(one)
  await fault({ target: 'model', kind: 'no-first-byte', match: 'x'.repeat(100) })
  const running = Array.from({ length: 4 }, () => newTurn({ text: 'x'.repeat(30_000) }))
  await resetCounters()
  for (const turn of running) await readUntil(await post(busy, turn), (text) => text.includes('event: start'))
  expect((await say(person)).end.status).toBe('complete')
  expect(await databaseTrips()).toBe(0)
  for (const { turnId } of running) await ok(stop(busy, turnId), 204)
  await checkBooks()
})

test('a turn that needs the database while that is away is told so, and answered when it is back', async () => {
  const person = await newPerson()
  const { start } = await say(person)
  await say(person, newTurn({ conversationId: start.conversationId, parentId: start.messageId }))
  const edit = newTurn({ conversationId: start.conversationId, text: 'Say exactly: anew' })
  await fault({ target: 'database', kind: 'down' })
  const refused = await post(person, edit)
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
  await problem(refused, 'unavailable')
  await noFaults()
  expect((await say(person, edit)).text).toBe('anew')
  await checkBooks()
})

test('the model that a conversation began with while the database sleeps is the one that it goes on with', async () => {
  const person = await newPerson()
  await say(person)
  await list(person)
  await resetCounters()
  const { start } = await say(person, newTurn({ model: 'demo-large' }))
  const { conversationId, messageId: parentId } = start
  const next = await say(person, newTurn({ conversationId, parentId }))
  await eventually(async () =>
    expect((await list(person)).items[0]).toMatchObject({ id: conversationId, model: 'demo-large' }),
  )
  expect([next.start.model, await databaseTrips()]).toEqual(['demo-large', 0])
  const { conversation } = await open(person, conversationId)
  expect(conversation).toMatchObject({ model: 'demo-large', leafId: next.start.messageId })
  await checkBooks()
})

test('the title that a model gave is in the list, though the database sleeps and the conversation goes on', async () => {
  const person = await newPerson()
  await say(person)
  await list(person)
  await resetCounters()
  const text =
    'Please explain to me how the tides of the sea are made by moon and sun, and why there are two of them a day'
  const { events, start } = await say(person, newTurn({ text }))
  const { conversationId, messageId: parentId } = start
  const title = events.find((event) => event.type === 'title')?.data.title
  expect(title).toBeDefined()
  await say(person, newTurn({ conversationId, parentId }))
  await eventually(async () => expect((await list(person)).items[0]).toMatchObject({ id: conversationId, title }))
  expect(await databaseTrips()).toBe(0)
})

test('the end of a turn that is told twice, as when nobody heard that it came, costs once', async () => {
  const person = await newPerson()
  await say(person)
  await list(person)
  await resetCounters()
  const { start, end } = await say(person)
  await runInDurableObject(till(), async (instance, { storage }) => {
    const [row] = storage.sql.exec<{ data: string }>('select data from turns where id = ?', start.turnId)
    const { finish } = JSON.parse(row?.data ?? '') as { finish: FinishTurn }
    await instance.finish({ ...finish, now: new Date(finish.now) })
  })
  const cost = async () => (await list(person)).items[0]?.costMicros
  await eventually(async () => expect(await cost()).toBe(end.usage.costMicros))
  expect(await databaseTrips()).toBe(0)
  await till().bank()
  expect((await listStored(person)).items[0]?.costMicros).toBe(end.usage.costMicros)
  await checkBooks()
})
