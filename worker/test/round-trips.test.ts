import { newId, type ConversationPage } from '@macro-ai/shared'
import { beforeEach, describe, expect, test } from 'vitest'
import { call, newPerson, ok, type Person } from './support/api.ts'
import { chargeOf } from './support/books.ts'
import { counters, fault, noFaults, redis, resetCounters } from './support/platform.ts'
import { eventually, newTurn, open, post, say, stop } from './support/turns.ts'

beforeEach(noFaults)

/** Requests to each service, and commands to the cache. */
const trips = async () => {
  const { database, identity, model, cache, detail } = await counters()
  return { database, identity, model, cache, commands: detail.cache.commands ?? 0 }
}

/** Measures until it was not disturbed: on a busy machine even the cache is late, and the database is asked instead. */
const unhurried = eventually

const openApp = async ({ token }: Person) => {
  await ok(call('get', '/me', { token }))
  await ok(call('get', '/conversations', { token }))
}

describe('a turn', () => {
  test('makes one request to the database before the model is called', async () => {
    const person = await newPerson()
    await say(person)
    await unhurried(async () => {
      await fault({ target: 'model', kind: 'no-first-byte', times: 1 })
      await resetCounters()
      const turn = newTurn()
      const answer = await post(person, turn)
      await eventually(async () => expect((await trips()).model).toBe(1))
      const { database } = await trips()
      await ok(stop(person, turn.turnId), 204)
      await answer.body?.cancel()
      expect(database).toBe(1)
    })
  })

  test('makes two in all, one call to the model and at most two commands to the cache, at any length', async () => {
    const person = await newPerson()
    let { start } = await say(person)
    const { conversationId } = start
    for (let length = 0; length < 6; length++)
      await unhurried(async () => {
        await resetCounters()
        ;({ start } = await say(person, newTurn({ conversationId, parentId: start.messageId })))
        await eventually(async () => expect((await trips()).commands).toBeGreaterThan(0))
        const { database, identity, model, cache, commands } = await trips()
        expect({ database, identity, model }).toEqual({ database: 2, identity: 0, model: 1 })
        expect(commands).toBeLessThanOrEqual(2)
        // A request to Cloudflare's free plan may make 50 of its own; the Chat object is one of ours.
        expect(database + identity + model + cache + 1).toBeLessThanOrEqual(8)
      })
  })

  test('is the same, and costs the same, without the cache', async () => {
    const person = await newPerson()
    await fault({ target: 'cache', kind: 'down' })
    const turn = newTurn()
    expect((await say(person, turn)).end.status).toBe('complete')
    expect(await chargeOf(turn.turnId)).toBeGreaterThan(0)
  })
})

describe('opening the app', () => {
  test('with a warm cache wakes no database, makes two commands, and shows what was changed last', async () => {
    const person = await newPerson()
    const { token } = person
    const { start } = await say(person)
    await openApp(person)
    await ok(call('patch', `/conversations/${start.conversationId}`, { token, body: { title: 'Tides' } }))
    await ok(call('patch', '/me', { token, body: { name: 'Ada L.' } }))
    await unhurried(async () => {
      await resetCounters()
      expect(await ok(call('get', '/me', { token }))).toMatchObject({ name: 'Ada L.' })
      expect(await ok(call('get', '/conversations', { token }))).toMatchObject({ items: [{ title: 'Tides' }] })
      const { database, cache } = await trips()
      expect({ database, cache }).toEqual({ database: 0, cache: 2 })
    })
  })

  test('right after a turn shows it, from the cache', async () => {
    const person = await newPerson()
    await openApp(person)
    await unhurried(async () => {
      const { start, end } = await say(person)
      await resetCounters()
      const { items } = await ok<ConversationPage>(call('get', '/conversations', { token: person.token }))
      expect(items[0]).toMatchObject({ id: start.conversationId, costMicros: end.usage.costMicros })
      expect((await trips()).database).toBe(0)
    })
  })

  test('reads a list that is too large for the cache from the database, and never one from before', async () => {
    const person = await newPerson()
    const { token } = person
    await say(person)
    await openApp(person)
    const at = new Date().toISOString()
    const conversation = (id: string, title: string) => ({
      ...{ type: 'conversation', id, title, pinned: false, archived: false, model: null, leafId: null },
      ...{ instructions: 'x'.repeat(8_000), createdAt: at },
    })
    const message = (conversationId: string) => ({
      ...{ type: 'message', id: newId(), conversationId, parentId: null, role: 'user', text: 'Hello' },
      ...{ status: 'complete', model: null, sources: [], createdAt: at },
    })
    const lines: object[] = [{ type: 'macro-ai-export', version: 1, exportedAt: at }]
    for (let each = 0; each < 40; each++) {
      const id = newId()
      lines.push(conversation(id, `Number ${each}`), message(id))
    }
    const body = lines.map((line) => JSON.stringify(line)).join('\n')
    await ok(call('post', '/me/import', { token, body, headers: { 'content-type': 'application/x-ndjson' } }))
    const list = () => ok<ConversationPage>(call('get', '/conversations', { token }))
    expect((await list()).items).toHaveLength(41)
    const kept = (await redis<string | null>('GET', `page:1:${person.id}`)) ?? ''
    expect(kept.length).toBeLessThan(100)
    const { id } = (await list()).items[0] ?? { id: '' }
    await ok(call('patch', `/conversations/${id}`, { token, body: { title: 'Called anew' } }))
    expect((await list()).items[0]?.title).toBe('Called anew')
  })

  test.for(['down', 'hang', '429', '500', 'malformed'] as const)(
    'shows what was changed last, though the cache missed it once: %s',
    async (kind) => {
      const person = await newPerson()
      const { token } = person
      const { start } = await say(person)
      await openApp(person)
      await fault({ target: 'cache', kind, times: 1, match: `page:1:${person.id}` })
      await ok(call('patch', `/conversations/${start.conversationId}`, { token, body: { title: 'Told again' } }))
      await fault({ target: 'cache', kind, times: 1, match: 'Ada again' })
      await ok(call('patch', '/me', { token, body: { name: 'Ada again' } }))
      await eventually(async () => {
        expect(await ok(call('get', '/conversations', { token }))).toMatchObject({ items: [{ title: 'Told again' }] })
        expect(await ok(call('get', '/me', { token }))).toMatchObject({ name: 'Ada again' })
      })
    },
  )

  test.for(['down', 'hang', '429', '500', 'malformed', 'cut', 'slow'] as const)(
    'works with the cache %s',
    async (kind) => {
      const person = await newPerson()
      const { start } = await say(person)
      await openApp(person)
      await fault({ target: 'cache', kind })
      await openApp(person)
      await ok(
        call('patch', `/conversations/${start.conversationId}`, { token: person.token, body: { title: 'Missed' } }),
      )
      expect((await open(person, start.conversationId)).conversation.title).toBe('Missed')
    },
  )
})
