import type { ConversationPage, NewTurn } from '@macro-ai/shared'
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { Chat } from '../src/chat/chat.ts'
import { depsOf } from '../src/deps.ts'
import { costMicros } from '../src/spending/price.ts'
import { call, newPerson, ok, problem, type Person } from './support/api.ts'
import { chargeOf, checkBooks, ledgerOf, reservationsOf } from './support/books.ts'
import { fault, forgetCalls, modelCalls, noFaults, sql, statements } from './support/platform.ts'
import { workerWith } from './support/settings.ts'
import {
  answerOf,
  eventsOf,
  eventually,
  longTurn,
  newTurn,
  open,
  post,
  readUntil,
  resume,
  say,
  stop,
  streamOf,
  told,
} from './support/turns.ts'

beforeEach(async () => {
  await noFaults()
  await forgetCalls()
})

/** Every object dies at once, as when its machine does; what it wrote down stays. */
const crash = () => abortAllDurableObjects()

const chatOf = (person: Person, { conversationId }: NewTurn) =>
  env.CHAT.get(env.CHAT.idFromName(`${person.id}/${conversationId}`))

/** How many rows of events a turn has written down so far. */
const checkpoints = (person: Person, turn: NewTurn) =>
  runInDurableObject(
    chatOf(person, turn),
    (_, { storage }) => [...storage.sql.exec('select 1 from frames where turn_id = ?', turn.turnId)].length,
  )

/** What an object has written down of how far a turn is. */
const journalled = (person: Person, turn: NewTurn, what: 'state' | 'record' = 'state') =>
  runInDurableObject(chatOf(person, turn), (_, { storage }) =>
    String(
      Object.values(
        [...storage.sql.exec<Record<string, string>>(`select ${what} from turns where id = ?`, turn.turnId)][0] ?? {},
      ),
    ),
  )

/** Listens to a stream until it ends, well or badly. */
const listen = (answer: Response) => {
  const heard = { text: '' }
  const over = (async () => {
    const decoder = new TextDecoder()
    for await (const bytes of answer.body ?? []) heard.text += decoder.decode(bytes as Uint8Array, { stream: true })
  })().catch(() => undefined)
  return { heard, over }
}

/** The turn is over everywhere: its answer in the table, its money settled once, its events from start to end. */
const expectSettled = async (person: Person, turn: NewTurn, status: string) => {
  const shown = await answerOf(person, turn)
  expect(shown.status).toBe(status)
  const [row] = await sql`select status, text from messages where turn_id = ${turn.turnId}::uuid`
  expect(row).toEqual({ status, text: shown.text })
  expect(await reservationsOf(person.id)).toEqual([])
  const { events, text, end } = told(await streamOf(resume(person, turn.turnId)))
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1))
  expect(events.filter(({ type }) => type === 'end')).toHaveLength(1)
  expect(shown.sources).toEqual([])
  expect(end.status).toBe(status)
  expect(text).toBe(shown.text)
  return { shown, end, charge: await chargeOf(turn.turnId) }
}

describe('an object that dies', () => {
  test('before the reservation leaves nothing behind, and the same turn can be asked again', async () => {
    const person = await newPerson()
    const turn = newTurn()
    await fault({ target: 'database', kind: 'down', match: statements.begin })
    await problem(post(person, turn), 'unavailable')
    await crash()
    await noFaults()
    await problem(call('get', `/conversations/${turn.conversationId}`, { token: person.token }), 'not_found')
    await runDurableObjectAlarm(chatOf(person, turn))
    expect(await ledgerOf(turn.turnId)).toEqual([])
    expect((await say(person, turn)).end.status).toBe('complete')
    expect(await modelCalls()).toHaveLength(1)
  })

  test('between the reservation and the call gives the money back and says so at once', async () => {
    const person = await newPerson()
    const turn = newTurn()
    await fault({ target: 'database', kind: 'lost-reply', times: 1, match: statements.begin })
    await problem(post(person, turn), 'unavailable')
    expect(await reservationsOf(person.id)).toHaveLength(1)
    await crash()
    expect(await answerOf(person, turn)).toMatchObject({ status: 'interrupted', text: '' })
    expect(await reservationsOf(person.id)).toEqual([])
    expect(await chargeOf(turn.turnId)).toBe(0)
    expect(told(await streamOf(post(person, turn))).end.status).toBe('interrupted')
    expect(await modelCalls()).toEqual([])
  })

  test.for([1, 5, 30])(
    'after %i frames keeps the text up to the last checkpoint and charges no less than it',
    async (frames) => {
      const person = await newPerson()
      const turn = longTurn()
      const { heard, over } = listen(await post(person, turn))
      await eventually(async () => expect(eventsOf(heard.text).length).toBeGreaterThanOrEqual(frames))
      if (frames > 1) await eventually(async () => expect(await checkpoints(person, turn)).toBeGreaterThan(1))
      await crash()
      await over
      const before = eventsOf(heard.text)
      expect(before.at(-1)?.type).not.toBe('end')

      const { shown, charge } = await expectSettled(person, turn, 'interrupted')
      if (frames > 1) expect(shown.text).not.toBe('')
      const heardText = before.map((event) => (event.type === 'delta' ? event.data.text : '')).join('')
      expect(heardText.startsWith(shown.text) || shown.text.startsWith(heardText)).toBe(true)
      const [asked] = await modelCalls()
      expect(charge).toBeGreaterThanOrEqual(Math.ceil(Math.min(asked?.sentTokens ?? 0, heardText.length) / 2))

      // Who heard more than was written down is told at least that it is over.
      const rest = eventsOf(await streamOf(resume(person, turn.turnId, before.length)))
      expect(rest.at(-1)).toMatchObject({ type: 'end', data: { status: 'interrupted' } })
      expect(rest[0]?.id).toBe(before.length + 1)
    },
  )

  test('in the middle is finished by its alarm, though nobody asks', async () => {
    const person = await newPerson()
    const turn = longTurn()
    await readUntil(await post(person, turn), (text) => text.includes('event: delta'))
    await crash()
    expect(await runDurableObjectAlarm(chatOf(person, turn))).toBe(true)
    expect(await sql`select status from messages where turn_id = ${turn.turnId}::uuid`).toEqual([
      { status: 'interrupted' },
    ])
    expect(await reservationsOf(person.id)).toEqual([])
    await expectSettled(person, turn, 'interrupted')
  })

  test('while a title was asked for as well is charged what that was to cost, on top of what was written', async () => {
    const person = await newPerson()
    const turn = longTurn({ text: `${'Tides are made by moon and sun. '.repeat(20)}Write 2000 tokens about them` })
    await fault({ target: 'model', kind: 'hang', match: 'Write a title' })
    const [start] = eventsOf(await readUntil(await post(person, turn), (text) => text.includes('event: delta')))
    const { titleMicros } = JSON.parse(await journalled(person, turn, 'record')) as { titleMicros: number }
    expect(titleMicros).toBeGreaterThan(0)
    await crash()
    const { shown, charge } = await expectSettled(person, turn, 'interrupted')
    const model = start?.type === 'start' && depsOf(env).models.get(start.data.model)
    expect(charge).toBe(model && shown.usage && costMicros(model, shown.usage) + titleMicros)
  })

  test('and comes back where its model has no price any more is charged all that was held: nobody knows what it cost', async () => {
    const [person, turn] = [await newPerson(), longTurn()]
    const text = await readUntil(await post(person, turn), (heard) => heard.includes('event: delta'))
    const [start] = eventsOf(text)
    await crash()
    const others = [...depsOf(env).models.values()].filter(({ id }) => id !== turn.model)
    const change: object = { MODELS: JSON.stringify(others) }
    await runInDurableObject(chatOf(person, turn), (_, state) => new Chat(state, { ...env, ...change }).alarm())
    const { charge } = await expectSettled(person, turn, 'interrupted')
    expect(charge).toBe(start?.type === 'start' && start.data.reservedMicros)
    expect(charge).toBeGreaterThan(0)
  })

  test('in the middle can be gone on from, and its question asked again', async () => {
    const person = await newPerson()
    const turn = longTurn()
    await readUntil(await post(person, turn), (text) => text.includes('event: delta'))
    await eventually(async () => expect(await checkpoints(person, turn)).toBeGreaterThan(1))
    await crash()
    const { id: parentId, text } = await answerOf(person, turn)
    const { conversationId } = turn
    await say(person, newTurn({ conversationId, parentId, text: 'Say exactly: and on' }))
    expect((await modelCalls()).at(-1)?.messages.slice(1)).toEqual([
      { role: 'user', content: turn.text },
      { role: 'assistant', content: text },
      { role: 'user', content: 'Say exactly: and on' },
    ])
    await say(person, newTurn({ conversationId, text: '', regenerate: parentId }))
    expect((await open(person, conversationId)).messages.at(-1)?.siblings.count).toBe(2)
  })

  test.for(['hang', 'lost-reply'] as const)(
    'during the final save (%s) loses no byte and settles once',
    async (kind) => {
      const person = await newPerson()
      const turn = newTurn({ text: 'Write 100 words about tides' })
      await fault({ target: 'database', kind, times: 1, match: statements.finish })
      const { over } = listen(await post(person, turn))
      await eventually(async () => expect(await journalled(person, turn)).toBe('ending'))
      if (kind === 'lost-reply') await eventually(async () => expect(await reservationsOf(person.id)).toEqual([]))
      await crash()
      await over
      await noFaults()
      const { shown, charge, end } = await expectSettled(person, turn, 'complete')
      expect(shown.text.split(/\s+/)).toHaveLength(100)
      expect(charge).toBe(end.usage.costMicros)
      expect(await modelCalls()).toHaveLength(1)
    },
  )
})

describe('an object that cannot be reached', () => {
  /** Asks through a connection to the conversations that breaks this often. */
  const through = (breaks: number) => {
    let left = breaks
    return workerWith({
      CHAT: {
        idFromName: (name: string) => env.CHAT.idFromName(name),
        get: (id: DurableObjectId) =>
          left-- > 0 ? { fetch: () => Promise.reject(new Error('Network connection lost.')) } : env.CHAT.get(id),
      },
    })
  }

  test('is asked once more, and the person notices nothing', async () => {
    const [person, turn] = [await newPerson(), newTurn()]
    const answer = await through(1)('post', '/turns', { token: person.token, body: turn })
    expect(told(await streamOf(answer)).end.status).toBe('complete')
    expect(await modelCalls()).toHaveLength(1)
  })

  test('twice is told to the person, who can ask again, and nothing was spent', async () => {
    const [person, turn] = [await newPerson(), newTurn()]
    const { detail } = await problem(through(2)('post', '/turns', { token: person.token, body: turn }), 'unavailable')
    expect(detail).toContain('Try again in a moment')
    expect([await ledgerOf(turn.turnId), await modelCalls()]).toEqual([[], []])
    expect((await say(person, turn)).end.status).toBe('complete')
  })
})

test('who has heard all of an answer, good or broken off, is told nothing more, and why it failed is kept', async () => {
  const person = await newPerson()
  for (const kind of [undefined, 'cut', '500'] as const) {
    await noFaults()
    if (kind) await fault({ target: 'model', kind })
    const turn = newTurn({ text: 'Write 200 words about tides' })
    const { events, end } = await say(person, turn)
    expect(await streamOf(resume(person, turn.turnId, events.length))).toBe('')
    const { status, error } = await answerOf(person, turn)
    expect([status, error ?? undefined]).toEqual([end.status, end.error])
    expect(end.error === undefined).toBe(kind === undefined)
  }
})

test('a turn whose begin was stored but not confirmed goes on when it is sent again, with one call and one charge', async () => {
  const person = await newPerson()
  const turn = newTurn({ text: 'Say exactly: once' })
  await fault({ target: 'database', kind: 'lost-reply', times: 1, match: statements.begin })
  const refused = await post(person, turn)
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
  await problem(refused, 'unavailable')

  const { text } = await say(person, turn)
  expect(text).toBe('once')
  expect((await modelCalls()).map(({ messages }) => messages.slice(1))).toEqual([
    [{ role: 'user', content: turn.text }],
  ])
  expect((await open(person, turn.conversationId)).messages).toHaveLength(2)
  await expectSettled(person, turn, 'complete')
})

describe('while the final save fails', () => {
  test('the answer is told and shown, the money stays held, and the alarm saves it when the database is back', async () => {
    const person = await newPerson()
    const turn = newTurn({ text: 'Write 50 words about tides' })
    await fault({ target: 'database', kind: 'down', match: statements.finish })
    const { end, text } = await say(person, turn)
    expect(end.status).toBe('complete')
    expect(await answerOf(person, turn)).toMatchObject({ status: 'complete', text, usage: end.usage })
    expect(await sql`select status from messages where turn_id = ${turn.turnId}::uuid`).toEqual([
      { status: 'streaming' },
    ])
    expect(await reservationsOf(person.id)).toHaveLength(1)

    // Tried again at ever longer intervals.
    const waits: number[] = []
    for (let tries = 0; tries < 4; tries++) {
      await runDurableObjectAlarm(chatOf(person, turn))
      const asked = Date.now()
      const next = await runInDurableObject(chatOf(person, turn), (_, { storage }) => storage.getAlarm())
      waits.push((next ?? 0) - asked)
    }
    for (const [at, wait] of waits.slice(1).entries()) expect(wait).toBeGreaterThan(1.4 * (waits[at] ?? Infinity))
    expect(await reservationsOf(person.id)).toHaveLength(1)
    await noFaults()
    await runDurableObjectAlarm(chatOf(person, turn))
    expect(await sql`select status, text from messages where turn_id = ${turn.turnId}::uuid`).toEqual([
      { status: 'complete', text },
    ])
    const { charge } = await expectSettled(person, turn, 'complete')
    expect(charge).toBe(end.usage.costMicros)
  })

  test('the next turn of the conversation is refused for a moment and spends nothing', async () => {
    const person = await newPerson()
    const turn = newTurn()
    await fault({ target: 'database', kind: 'down', match: statements.finish })
    const { start } = await say(person, turn)
    const next = newTurn({ conversationId: turn.conversationId, parentId: start.messageId })
    await problem(post(person, next), 'unavailable')
    await noFaults()
    expect((await say(person, next)).end.status).toBe('complete')
    expect(await ledgerOf(next.turnId)).toHaveLength(2)
    await expectSettled(person, turn, 'complete')
  })

  test('with a reply that was lost, saving twice settles once', async () => {
    const person = await newPerson()
    const turn = newTurn()
    await fault({ target: 'database', kind: 'lost-reply', times: 1, match: statements.finish })
    await say(person, turn)
    expect(await runDurableObjectAlarm(chatOf(person, turn))).toBe(true)
    await expectSettled(person, turn, 'complete')
    expect(await runDurableObjectAlarm(chatOf(person, turn))).toBe(false)
  })
})

test('an answer that ends after its conversation was deleted is paid for and brings nothing back', async () => {
  const person = await newPerson()
  const turn = longTurn()
  const { conversationId } = turn
  await readUntil(await post(person, turn), (text) => text.includes('event: delta'))
  await ok(call('delete', `/conversations/${conversationId}`, { token: person.token }), 204)
  await ok(stop(person, turn.turnId), 204)
  await crash()
  await problem(call('get', `/conversations/${conversationId}`, { token: person.token }), 'not_found')
  expect((await ok<ConversationPage>(call('get', '/conversations', { token: person.token }))).items).toEqual([])
  expect(await reservationsOf(person.id)).toEqual([])
  expect(await chargeOf(turn.turnId)).toBeGreaterThan(0)
  await problem(post(person, newTurn({ conversationId })), 'not_found')

  await ok(call('post', `/conversations/${conversationId}/restore`, { token: person.token }))
  expect(await answerOf(person, turn)).toMatchObject({ status: 'stopped' })
})

test('the books agree after all of this', checkBooks)
