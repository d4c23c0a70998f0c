import type { ConversationPage } from '@macro-ai/shared'
import { beforeEach, expect, test } from 'vitest'
import { call, newPerson, ok } from '../support/api.ts'
import { counters, forgetCalls, modelCalls, noFaults, resetCounters, sql } from '../support/platform.ts'
import { newTurn, open, say } from '../support/turns.ts'

beforeEach(async () => {
  await noFaults()
  await forgetCalls()
})

test('the second turn of a conversation, and a new conversation, wake no database; whoever asks for them finds them', async () => {
  const person = await newPerson()
  const first = newTurn({ text: 'Say exactly: one' })
  const { start } = await say(person, first)
  await ok(call('get', '/me', { token: person.token }))
  await resetCounters()
  const second = newTurn({ conversationId: first.conversationId, parentId: start.messageId, text: 'Say exactly: two' })
  const told = await say(person, second)
  expect(told.text).toBe('two')
  const third = newTurn({
    conversationId: first.conversationId,
    parentId: told.start.messageId,
    text: 'Say exactly: three',
  })
  await say(person, third)
  const other = await say(person, newTurn({ text: 'Say exactly: other' }))
  const listed = await ok<ConversationPage>(call('get', '/conversations', { token: person.token }))
  expect(listed.items.map(({ title, costMicros }) => ({ title, cost: costMicros > 0 }))).toEqual([
    { title: 'Say exactly: other', cost: true },
    { title: 'Say exactly: one', cost: true },
  ])
  const counted = await counters()
  expect({ database: counted.database, model: counted.model }).toEqual({ database: 0, model: 3 })
  expect(
    (await modelCalls())
      .at(2)
      ?.messages.slice(1)
      .map(({ content }) => content),
  ).toEqual(['Say exactly: one', 'one', 'Say exactly: two', 'two', 'Say exactly: three'])
  const opened = await open(person, first.conversationId)
  expect(opened.messages.map(({ text }) => text)).toEqual([
    'Say exactly: one',
    'one',
    'Say exactly: two',
    'two',
    'Say exactly: three',
    'three',
  ])
  expect((await open(person, other.start.conversationId)).messages.map(({ text }) => text)).toEqual([
    'Say exactly: other',
    'other',
  ])
  expect(
    await sql`select purpose, count(*)::int from reservations where user_id = ${person.id}::uuid group by 1`,
  ).toEqual([{ purpose: 'lease', count: 1 }])
})
