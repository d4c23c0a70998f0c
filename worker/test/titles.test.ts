import { beforeEach, describe, expect, test } from 'vitest'
import type { UserPatch } from '@macro-ai/shared'
import { call, newPerson, ok, owner, type Person } from './support/api.ts'
import { chargeOf, checkBooks, ledgerOf } from './support/books.ts'
import { counters, fault, forgetCalls, modelCalls, noFaults, resetCounters } from './support/platform.ts'
import { answerOf, newTurn, open, post, say, stop } from './support/turns.ts'

const long =
  'Please explain to me how the tides of the sea are made by moon and sun, and why there are two of them a day'

beforeEach(async () => {
  await noFaults()
  await forgetCalls()
})

const titleOf = async (person: Person, conversationId: string) =>
  (await open(person, conversationId)).conversation.title

describe('a conversation', () => {
  test('that begins with a long message is named by the model once, in the same two trips to the database', async () => {
    const person = await newPerson()
    await say(person)
    await forgetCalls()
    await resetCounters()
    const turn = newTurn({ text: long })
    const { events, start, end } = await say(person, turn)
    const { database } = await counters()
    const titles = events.flatMap((event) => (event.type === 'title' ? [event.data.title] : []))
    expect([database, titles.length, (await modelCalls()).length]).toEqual([2, 1, 2])
    expect(titles[0]?.length).toBeLessThan(long.length)
    expect(await titleOf(person, turn.conversationId)).toBe(titles[0])
    expect(await chargeOf(turn.turnId)).toBe(end.usage.costMicros)
    expect((await answerOf(person, turn)).usage).toEqual(end.usage)

    await say(person, newTurn({ conversationId: turn.conversationId, parentId: start.messageId, text: long }))
    expect(await modelCalls()).toHaveLength(3)
    await checkBooks()
  })

  test('that begins with a short message is named by it, and the model is not asked', async () => {
    const person = await newPerson()
    const { start } = await say(person, newTurn({ text: 'Say exactly: hello' }))
    expect(await titleOf(person, start.conversationId)).toBe('Say exactly: hello')
    expect(await modelCalls()).toHaveLength(1)
  })

  test('that a person named while the answer was written keeps that name', async () => {
    const person = await newPerson()
    const turn = newTurn({ text: `${long}. Write 2000 tokens`, model: 'demo-large' })
    const answer = await post(person, turn)
    const body = { title: 'Mine' }
    await ok(call('patch', `/conversations/${turn.conversationId}`, { token: person.token, body }))
    await ok(stop(person, turn.turnId), 204)
    await answer.body?.cancel()
    expect(await titleOf(person, turn.conversationId)).toBe('Mine')
  })

  test('keeps its first words where the model gives no title, and the answer is none the worse', async () => {
    const person = await newPerson()
    await fault({ target: 'model', kind: '500', match: 'Write a title' })
    const turn = newTurn({ text: long })
    const { events, end } = await say(person, turn)
    expect([end.status, events.some(({ type }) => type === 'title')]).toEqual(['complete', false])
    expect(await titleOf(person, turn.conversationId)).toBe(
      'Please explain to me how the tides of the sea are made by…',
    )
    await chargeOf(turn.turnId)
  })

  test('does not keep its answer waiting for a title that does not come', async () => {
    const person = await newPerson()
    await fault({ target: 'model', kind: 'hang', match: 'Write a title' })
    const { end, start } = await say(person, newTurn({ text: long }))
    expect(end.status).toBe('complete')
    // The title may have been billed all the same.
    expect(await chargeOf(start.turnId)).toBe(end.usage.costMicros)
    await checkBooks()
  })
})

test('who has little left gets answers, and no titles', async () => {
  const boss = await owner()
  const setCaps = (person: Person, body: UserPatch) =>
    ok(call('patch', `/admin/users/${person.id}`, { token: boss.token, body }))
  const person = await newPerson()
  const { start } = await say(person, newTurn({ text: long }))
  await setCaps(person, { dailyCapMicros: (await chargeOf(start.turnId)) + 5 * start.reservedMicros })
  await forgetCalls()
  const next = await say(person, newTurn({ text: long }))
  expect(next.end.status).toBe('complete')
  expect(next.start.reservedMicros).toBeLessThan(start.reservedMicros)
  expect([await modelCalls(), await ledgerOf(next.start.turnId)].map(({ length }) => length)).toEqual([1, 2])
})
