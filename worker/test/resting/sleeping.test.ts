import { newId, type ConversationPage, type NewTurn } from '@macro-ai/shared'
import { abortAllDurableObjects, runDurableObjectAlarm } from 'cloudflare:test'
import { beforeEach, describe, expect, test } from 'vitest'
import { pageSlot } from '../../src/conversations/pages.ts'
import { call, newPerson, ok, problem, type Person } from '../support/api.ts'
import { chargeOf, checkBooks, ledgerOf, reservationsOf } from '../support/books.ts'
import { addFile } from '../support/files.ts'
import {
  databaseTrips,
  fault,
  forgetCalls,
  modelCalls,
  noFaults,
  redis,
  resetCounters,
  settle,
  sql,
  statements,
  tables,
  till,
} from '../support/platform.ts'
import {
  answerOf,
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
} from '../support/turns.ts'
import { newAssistant } from '../support/walk.ts'

beforeEach(async () => {
  await noFaults()
  await settle()
  await forgetCalls()
})

/** Somebody whose conversation the till knows: the turn before went to the database, and that sleeps again. */
const settled = async (text = 'Say exactly: one') => {
  const person = await newPerson()
  const first = newTurn({ text })
  const { start } = await say(person, first)
  await ok(call('get', '/me', { token: person.token }))
  await resetCounters()
  return { person, conversationId: first.conversationId, leafId: start.messageId }
}
type Settled = Awaited<ReturnType<typeof settled>>
const next = ({ conversationId, leafId }: Settled, change: Partial<NewTurn> = {}) =>
  newTurn({ conversationId, parentId: leafId, text: 'Say exactly: two', ...change })

const textsOf = async (person: Person, conversationId: string) =>
  (await open(person, conversationId)).messages.map(({ text }) => text)
const rowsOf = (turn: NewTurn) => tables`select status, text from messages where turn_id = ${turn.turnId}::uuid`

test('a turn has as much held for it at the till as in the database, for all that its model is sent', async () => {
  const { person, ...first } = await settled()
  const { start: second } = await say(person, newTurn({ text: 'Say exactly: one' }))
  const begun = [first, { conversationId: second.conversationId, leafId: second.messageId }]
  const instructions = 'i'.repeat(4_000)
  for (const { conversationId } of begun)
    await ok(call('patch', `/conversations/${conversationId}`, { token: person.token, body: { instructions } }))
  const turns: NewTurn[] = []
  for (const [at, { conversationId, leafId: parentId }] of begun.entries()) {
    const { start } = await say(person, newTurn({ conversationId, parentId, text: 'x'.repeat(8_000) }))
    await till().bank()
    await resetCounters()
    // The other was made so long ago that the till does not begin it.
    const turnId = newId(Date.now() - at * 20 * 60_000)
    const turn = newTurn({ turnId, conversationId, parentId: start.messageId, text: 'Say exactly: on' })
    await say(person, turn)
    expect((await databaseTrips()) > 0).toBe(at === 1)
    turns.push(turn)
  }
  await till().bank()
  const held = await Promise.all(
    turns.map(async ({ turnId }) => {
      const [row] = await tables<{ micros: number }>`
        select amount_micros::int as micros from ledger where reservation_id = ${turnId}::uuid and kind = 'reserve'`
      return row?.micros
    }),
  )
  expect(held[0]).toBe(held[1])
  // demo at its dearest: 125 micro-dollars for 1,000 tokens, and a token for each byte.
  expect(held[0]).toBeGreaterThan(12_000 / 8)
  const fresh = newTurn()
  await say(person, fresh)
  await till().bank()
  const rows =
    await tables`select depth from messages where conversation_id = ${fresh.conversationId}::uuid order by depth`
  expect(rows).toEqual([{ depth: 0 }, { depth: 1 }])
})

test('a turn that goes on, and a new conversation, wake no database, and both are there for whoever asks', async () => {
  const at = await settled()
  const { person, conversationId } = at
  const second = await say(person, next(at))
  await say(person, next(at, { parentId: second.start.messageId, text: 'Say exactly: three' }))
  const other = await say(person, newTurn({ text: 'Say exactly: other' }))
  // Whoever hears the end does not wait for the cache.
  const items = await eventually(async () => {
    const { items } = await ok<ConversationPage>(call('get', '/conversations', { token: person.token }))
    expect(items.map(({ title, costMicros }) => ({ title, cost: costMicros > 0 }))).toEqual([
      { title: 'Say exactly: other', cost: true },
      { title: 'Say exactly: one', cost: true },
    ])
    return items
  })
  expect(await databaseTrips()).toBe(0)
  const prompts = (await modelCalls()).map(({ messages }) => messages.slice(1).map(({ content }) => content))
  expect(prompts[2]).toEqual(['Say exactly: one', 'one', 'Say exactly: two', 'two', 'Say exactly: three'])

  const all = ['Say exactly: one', 'one', 'Say exactly: two', 'two', 'Say exactly: three', 'three']
  expect(await textsOf(person, conversationId)).toEqual(all)
  expect(await textsOf(person, other.start.conversationId)).toEqual(['Say exactly: other', 'other'])
  const listed = await ok<ConversationPage>(call('get', '/conversations', { token: person.token }))
  expect(listed.items).toEqual(items.map((item) => ({ ...item })))
  expect(await reservationsOf(person.id)).toEqual([])
  await checkBooks()
})

test('what waits goes in when the time is up, though nobody asks, in one trip a person', async () => {
  const at = await settled()
  const [second, other] = [next(at), newTurn()]
  const { end } = await say(at.person, second)
  await say(at.person, other)
  expect(await databaseTrips()).toBe(0)
  expect(await rowsOf(second)).toEqual([])
  await resetCounters()
  expect(await runDurableObjectAlarm(till())).toBe(true)
  expect(await databaseTrips()).toBe(1)
  expect(await rowsOf(second)).toEqual([{ status: 'complete', text: 'two' }])
  expect(await rowsOf(other)).toHaveLength(1)
  expect(await chargeOf(second.turnId)).toBe(end.usage.costMicros)
  await checkBooks()
})

test('going in leaves the list in the cache as it then is, for no more than its one trip: whoever comes next wakes nothing', async () => {
  const at = await settled()
  await say(at.person, next(at))
  const { start } = await say(at.person, newTurn({ text: 'Say exactly: other' }))
  const slot = pageSlot(at.person.id).key
  await redis('DEL', slot)
  await resetCounters()
  expect(await runDurableObjectAlarm(till())).toBe(true)
  await eventually(async () => expect(await redis('GET', slot)).not.toBeNull())
  const { items } = await ok<ConversationPage>(call('get', '/conversations', { token: at.person.token }))
  expect(items.map(({ id }) => id)).toEqual([start.conversationId, at.conversationId])
  expect(await databaseTrips()).toBe(1)
})

test.for([
  ['look', ({ person, conversationId }: Settled) => call('get', `/conversations/${conversationId}`, person)],
  // By its id it may be in the database already.
  ['speak', ({ person }: Settled) => post(person, newTurn({ turnId: newId(Date.now() - 3_600_000) }))],
] as const)('a database that hangs is waited for once, by all who %s while it does', async ([, ask]) => {
  const at = await settled()
  await say(at.person, next(at))
  await resetCounters()
  await fault({ target: 'database', kind: 'hang' })
  const asked = Array.from({ length: 6 }, () => ask(at))
  for (const answer of await Promise.all(asked)) await problem(answer, 'unavailable')
  // One more may be the till's own alarm.
  expect(await databaseTrips()).toBeLessThanOrEqual(2)
  await noFaults()
  expect(await textsOf(at.person, at.conversationId)).toHaveLength(4)
})

test('an answer that is being written is shown to whoever opens its conversation, and ends well', async () => {
  const at = await settled()
  const turn = next(at, { text: 'Write 2000 tokens about tides' })
  await readUntil(await post(at.person, turn), (text) => text.includes('event: delta'))
  expect(await databaseTrips()).toBe(0)
  expect(await answerOf(at.person, turn)).toMatchObject({ status: 'streaming' })
  await ok(stop(at.person, turn.turnId), 204)
  const stopped = await answerOf(at.person, turn)
  expect(stopped).toMatchObject({ status: 'stopped' })
  expect(await chargeOf(turn.turnId)).toBe(stopped.usage?.costMicros)
  expect(await reservationsOf(at.person.id)).toEqual([])
})

test('edits, other answers and what needs the database go there, and find what waits', async () => {
  const at = await settled()
  const second = await say(at.person, next(at))
  const again = await say(
    at.person,
    newTurn({ conversationId: at.conversationId, text: '', regenerate: second.start.messageId }),
  )
  const after = await say(at.person, next(at, { parentId: again.start.messageId, text: 'Say exactly: three' }))
  const prompt = (await modelCalls())
    .at(-1)
    ?.messages.slice(1)
    .map(({ content }) => content)
  expect(prompt).toEqual(['Say exactly: one', 'one', 'Say exactly: two', 'two', 'Say exactly: three'])
  const { messages } = await open(at.person, at.conversationId)
  expect(messages.map(({ siblings }) => siblings.count)).toEqual([1, 1, 1, 2, 1, 1])
  const depths = await tables`select depth from messages where turn_id = ${after.start.turnId}::uuid`
  expect(depths).toEqual([{ depth: 5 }])
  expect(messages.at(-1)?.id).toBe(after.start.messageId)
  const edit = await say(at.person, next(at, { parentId: null, text: 'Say exactly: anew' }))
  expect((await open(at.person, at.conversationId)).messages.map(({ id }) => id)).toEqual([
    edit.start.userMessageId,
    edit.start.messageId,
  ])
})

test('a turn with files or an assistant begins in the database, which has them, and so do those after it', async () => {
  const { person } = await settled()
  const { token } = person
  const { id: file } = await addFile(person, 'note.txt', 'The tide is green')
  const assistant = newAssistant({ instructions: 'Speak as a pirate.' })
  await ok(call('post', '/assistants', { token, body: assistant }), 201)
  await say(person)
  const prompt = async () => JSON.stringify((await modelCalls()).at(-1)?.messages)

  const { start } = await say(person, newTurn({ attachments: [file] }))
  expect(await prompt()).toContain('The tide is green')
  let { messageId: parentId } = start
  for (let turns = 0; turns < 2; turns++) {
    parentId = (await say(person, newTurn({ conversationId: start.conversationId, parentId }))).start.messageId
    expect(await prompt()).toContain('The tide is green')
  }
  await say(person, newTurn({ assistantId: assistant.id }))
  expect(await prompt()).toContain('Speak as a pirate.')
  await problem(post(person, newTurn({ text: '', regenerate: newId() })), 'not_found')
})

test('ids that are not of now may be anybody’s: the database is asked', async () => {
  const { person } = await settled()
  const hour = 3_600_000
  for (const made of [Date.now() - hour, Date.now() + hour])
    for (const ids of [{ turnId: newId(made) }, { conversationId: newId(made) }]) {
      await resetCounters()
      await say(person, newTurn(ids))
      expect(await databaseTrips()).toBeGreaterThan(0)
    }
  await resetCounters()
  await say(person)
  expect(await databaseTrips()).toBe(0)
})

test('a turn whose beginning was lost on its way back is in what follows it once', async () => {
  const person = await newPerson()
  const turn = newTurn({ text: 'Say exactly: one' })
  await fault({ target: 'database', kind: 'lost-reply', times: 1, match: statements.begin })
  await problem(post(person, turn), 'unavailable')
  const { start } = await say(person, turn)
  await till().bank()
  const { conversationId } = turn
  await say(person, newTurn({ conversationId, parentId: start.messageId, text: 'Say exactly: two' }))
  const prompts = (await modelCalls()).map(({ messages }) => messages.slice(1).map(({ content }) => content))
  expect(prompts).toEqual([['Say exactly: one'], ['Say exactly: one', 'one', 'Say exactly: two']])
})

describe('while the database is away', () => {
  test('conversations go on out of what was lent, and nothing of it is lost', async () => {
    const at = await settled()
    await fault({ target: 'database', kind: 'down' })
    const second = next(at)
    const { start, end } = await say(at.person, second)
    expect(end.status).toBe('complete')
    const third = next(at, { parentId: start.messageId, text: 'Say exactly: three' })
    expect((await say(at.person, third)).text).toBe('three')
    await problem(call('get', `/conversations/${at.conversationId}`, { token: at.person.token }), 'unavailable')
    await noFaults()
    expect(await textsOf(at.person, at.conversationId)).toHaveLength(6)
    await checkBooks()
  })

  test.for(['down', 'hang', '500', 'lost-reply', 'cut', 'malformed'] as const)(
    'just when what waits is to go in (%s), it goes in once all the same',
    async (kind) => {
      const at = await settled()
      const turn = next(at)
      const { end } = await say(at.person, turn)
      await fault({ target: 'database', kind, times: 1 })
      await runDurableObjectAlarm(till())
      // Till it is known what became of the lease, nothing is begun out of it.
      await noFaults()
      const third = await say(at.person, next(at, { parentId: (await answerOf(at.person, turn)).id }))
      expect(third.end.status).toBe('complete')
      expect(await ledgerOf(turn.turnId)).toHaveLength(2)
      expect(await chargeOf(turn.turnId)).toBe(end.usage.costMicros)
      expect(await textsOf(at.person, at.conversationId)).toHaveLength(6)
      await checkBooks()
    },
  )
})

describe('when everything dies', () => {
  test('after a turn that waits, it is still there', async () => {
    const at = await settled()
    const turn = next(at)
    await say(at.person, turn)
    await abortAllDurableObjects()
    expect((await answerOf(at.person, turn)).text).toBe('two')
    await checkBooks()
  })

  test('in the middle of one that waits, the part up to the last checkpoint is there, and paid for', async () => {
    const at = await settled()
    const turn = longTurn({ conversationId: at.conversationId, parentId: at.leafId })
    let seconds = 0
    await readUntil(await post(at.person, turn), (text) => {
      seconds = text.length
      return seconds > 4_000
    })
    await abortAllDurableObjects()
    const shown = await answerOf(at.person, turn)
    expect(shown.status).toBe('interrupted')
    const { events, end } = told(await streamOf(resume(at.person, turn.turnId)))
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1))
    expect(end.status).toBe('interrupted')
    await eventually(async () => expect(await reservationsOf(at.person.id)).toEqual([]))
    expect(await chargeOf(turn.turnId)).toBeGreaterThan(0)
    await checkBooks()
  })

  test('the same turn sent again gets the same answer, one call and one charge', async () => {
    const at = await settled()
    const turn = next(at)
    const first = await say(at.person, turn)
    await abortAllDurableObjects()
    const second = await say(at.person, turn)
    expect(second.raw).toBe(first.raw)
    expect(await modelCalls()).toHaveLength(2)
    expect(await sql`select 1 from messages where turn_id = ${turn.turnId}::uuid`).toHaveLength(1)
  })
})
