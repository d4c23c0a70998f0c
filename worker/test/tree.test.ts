import { newId, type NewTurn } from '@macro-ai/shared'
import { exports } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { call, newPerson, ok, problem, requestOf, type Person } from './support/api.ts'
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
      const { text, start, end } = told(await streamOf(answer))
      expect(end.error).toBeUndefined()
      expect(start.turnId).toBe(turn.turnId)
      expect(new Set(text.trim().split(' '))).toEqual(new Set([secret]))
    }
    for (let wave = 0; wave < 60; wave += 15)
      await Promise.all(Array.from({ length: 15 }, (_, index) => ask(wave + index)))
  })
})

/** What readers of an app are shown from caches, streams and tables. */
const reads = ({ conversationId, turnId }: NewTurn) => [
  '/me',
  '/conversations',
  `/conversations/${conversationId}`,
  `/turns/${turnId}/events?conversationId=${conversationId}`,
]

test('five hundred requests of two people that are broken off leave no byte of one in an answer to the other', async () => {
  const people = await Promise.all(
    [1, 2].map(async () => {
      const [person, secret] = [await newPerson(), newId()]
      await ok(call('patch', '/me', { token: person.token, body: { name: secret } }))
      const turn = newTurn({ text: `Say exactly: ${`${secret} `.repeat(30)}` })
      await say(person, turn)
      return { ...person, secret, paths: reads(turn) }
    }),
  )
  const ask = (at: number) => {
    const { token, paths } = people[at % 2] as (typeof people)[0]
    const path = paths[(at >> 1) % paths.length] ?? ''
    return { path, request: requestOf('get', path, { token }) }
  }
  /** Leaves before the answer, right after its head, or after its first bytes. */
  const breakOff = async (at: number) => {
    const leave = new AbortController()
    const asked = exports.default.fetch(new Request(ask(at).request, { signal: leave.signal }))
    if (at % 3 === 0) leave.abort()
    const answer = await asked.catch(() => undefined)
    const reader = answer?.body?.getReader()
    if (at % 3 === 2) await reader?.read().catch(() => undefined)
    leave.abort()
    await reader?.cancel().catch(() => undefined)
  }
  const readWhole = async (at: number) => {
    const [own, other] = [at, at + 1].map((one) => people[one % 2]?.secret ?? '')
    const { path, request } = ask(at)
    const text = await (await exports.default.fetch(request)).text()
    expect(text, path).toContain(own)
    expect(text, path).not.toContain(other)
  }
  const broken = 500
  for (let wave = 0; wave < broken; wave += 25)
    await Promise.all([
      ...Array.from({ length: 25 }, (_, at) => breakOff(wave + at)),
      ...Array.from({ length: 8 }, (_, at) => readWhole(wave / 25 + at)),
    ])
})

test('the books agree after all of this', checkBooks)
