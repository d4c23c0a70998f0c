import { newId } from '@macro-ai/shared'
import { beforeEach, describe, expect, test } from 'vitest'
import { call, newPerson, ok, problem, type Person } from './support/api.ts'
import { checkBooks, ledgerOf, reservationsOf } from './support/books.ts'
import { forgetCalls, modelCalls, noFaults, sql } from './support/platform.ts'
import { newTurn, open, post, say, streamOf, told } from './support/turns.ts'

beforeEach(async () => {
  await noFaults()
  await forgetCalls()
})

describe('the tree', () => {
  test('keeps every question and answer: an edit and a new answer are siblings, and branches can be switched', async () => {
    const person = await newPerson()
    const first = newTurn({ text: 'Say exactly: first' })
    const { conversationId } = first
    const { start: one } = await say(person, first)
    const { start: edited } = await say(person, newTurn({ conversationId, text: 'Say exactly: edited' }))
    const { start: again } = await say(person, newTurn({ conversationId, text: '', regenerate: one.messageId }))
    expect(again.userMessageId).toBe(one.userMessageId)

    const { messages, conversation } = await open(person, conversationId)
    expect(conversation.leafId).toBe(again.messageId)
    expect(messages).toMatchObject([
      { text: first.text, siblings: { index: 0, count: 2, ids: [one.userMessageId, edited.userMessageId] } },
      { text: 'first', siblings: { index: 1, count: 2, ids: [one.messageId, again.messageId] } },
    ])
    const [, regenerated] = await modelCalls().then((calls) => calls.slice(-2))
    expect(regenerated?.messages.slice(1)).toEqual([{ role: 'user', content: first.text }])

    await ok(
      call('patch', `/conversations/${conversationId}`, {
        token: person.token,
        body: { leafId: edited.userMessageId },
      }),
    )
    const switched = await open(person, conversationId)
    expect(switched.messages.map(({ text }) => text)).toEqual(['Say exactly: edited', 'edited'])
  })

  test('goes on from any answer, and the model is told that branch alone', async () => {
    const person = await newPerson()
    const first = newTurn({ text: 'Say exactly: first' })
    const { conversationId } = first
    const { start } = await say(person, first)
    await say(person, newTurn({ conversationId, parentId: start.messageId, text: 'Say exactly: left' }))
    await say(person, newTurn({ conversationId, parentId: start.messageId, text: 'Say exactly: right' }))
    expect((await modelCalls()).at(-1)?.messages.slice(1)).toEqual([
      { role: 'user', content: first.text },
      { role: 'assistant', content: 'first' },
      { role: 'user', content: 'Say exactly: right' },
    ])
  })

  test('refuses a parent or an answer that is missing, foreign, of another conversation, or of the wrong kind', async () => {
    const [person, other] = await Promise.all([newPerson(), newPerson()])
    const { start } = await say(person)
    const { start: elsewhere } = await say(person)
    const { start: foreign } = await say(other)
    const { conversationId } = start
    const wrong = [
      { code: 'not_found', turn: newTurn({ conversationId, parentId: newId() }) },
      { code: 'not_found', turn: newTurn({ conversationId, parentId: elsewhere.messageId }) },
      { code: 'not_found', turn: newTurn({ conversationId, parentId: foreign.messageId }) },
      { code: 'invalid', turn: newTurn({ conversationId, parentId: start.userMessageId }) },
      { code: 'not_found', turn: newTurn({ conversationId, text: '', regenerate: newId() }) },
      { code: 'not_found', turn: newTurn({ conversationId, text: '', regenerate: elsewhere.messageId }) },
      { code: 'not_found', turn: newTurn({ conversationId, text: '', regenerate: foreign.messageId }) },
      { code: 'not_found', turn: newTurn({ conversationId, text: '', regenerate: start.userMessageId }) },
      { code: 'not_found', turn: newTurn({ parentId: start.messageId }) },
    ] as const
    await forgetCalls()
    for (const { code, turn } of wrong) {
      await problem(post(person, turn), code)
      expect(await ledgerOf(turn.turnId)).toEqual([])
    }
    expect(await modelCalls()).toEqual([])
    expect(await sql`select id from messages where owner_id = ${person.id}::uuid`).toHaveLength(4)
    expect(await reservationsOf(person.id)).toEqual([])
  })

  test('refuses to show a branch of another conversation', async () => {
    const person = await newPerson()
    const { start } = await say(person)
    const { start: elsewhere } = await say(person)
    const body = { leafId: elsewhere.messageId }
    await problem(call('patch', `/conversations/${start.conversationId}`, { token: person.token, body }), 'not_found')
    expect((await open(person, start.conversationId)).messages).toHaveLength(2)
  })
})

describe('somebody else', () => {
  test('finds nothing under my conversation’s and turn’s ids, and spends nothing', async () => {
    const [mine, theirs] = await Promise.all([newPerson(), newPerson()])
    const turn = newTurn()
    const { start } = await say(mine, turn)
    const { conversationId, turnId } = turn
    await forgetCalls()

    const asThem = (method: string, path: string, body?: unknown) => call(method, path, { token: theirs.token, body })
    const here = `/conversations/${conversationId}`
    await problem(asThem('get', here), 'not_found')
    await problem(asThem('get', `${here}/messages?before=${start.messageId}`), 'not_found')
    await problem(asThem('patch', here, { title: 'Mine' }), 'not_found')
    await problem(asThem('delete', here), 'not_found')
    await problem(asThem('post', `${here}/restore`), 'not_found')
    await problem(asThem('get', `/turns/${turnId}/events`), 'not_found')
    await problem(asThem('get', `/turns/${turnId}/events?conversationId=${conversationId}`), 'not_found')
    await problem(asThem('post', `/turns/${turnId}/stop`), 'not_found')
    await problem(asThem('post', `/turns/${turnId}/stop?conversationId=${conversationId}`), 'not_found')
    await problem(post(theirs, newTurn({ conversationId })), 'not_found')
    await problem(post(theirs, newTurn({ conversationId, parentId: start.messageId })), 'not_found')
    await problem(post(theirs, newTurn({ conversationId, text: '', regenerate: start.messageId })), 'not_found')
    await problem(post(theirs, { ...turn, conversationId: newId() }), 'conflict')

    expect(await modelCalls()).toEqual([])
    expect(await sql`select * from ledger where user_id = ${theirs.id}::uuid`).toEqual([])
    expect((await open(mine, conversationId)).messages).toHaveLength(2)
  })

  test('who leaves early never leaves a byte of theirs in my stream', async () => {
    const people = await Promise.all([newPerson(), newPerson()])
    const ask = async (index: number) => {
      const secret = newId()
      const turn = newTurn({ text: `Say exactly: ${`${secret} `.repeat(40)}` })
      const answer = await post(people[index % 2] as Person, turn)
      if (index % 3 === 0) return void (await answer.body?.cancel())
      const { text, start } = told(await streamOf(answer))
      expect(start.turnId).toBe(turn.turnId)
      expect(new Set(text.trim().split(' '))).toEqual(new Set([secret]))
    }
    await Promise.all(Array.from({ length: 60 }, (_, index) => ask(index)))
  })
})

test('the books agree after all of this', checkBooks)
