import {
  newId,
  type ConversationPage,
  type Imported,
  type MemoryPage,
  type Message,
  type OpenConversation,
} from '@macro-ai/shared'
import { describe, expect, test } from 'vitest'
import { maxImportBytes } from '../src/archive/split.ts'
import { call, newPerson, ok, password, problem, type Person } from './support/api.ts'
import { checkBooks } from './support/books.ts'
import { databaseTrips, fault, forgetCalls, modelCalls, noFaults, resetCounters, sql } from './support/platform.ts'
import { workerWith } from './support/settings.ts'
import { newTurn, open, post, say, streamOf } from './support/turns.ts'

type Line = { type: string } & Record<string, unknown>

const exportOf = async ({ token }: Pick<Person, 'token'>): Promise<string> => {
  const answer = await call('get', '/me/export', { token })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  // Not `text()`, which warns about this type.
  return new TextDecoder().decode(await answer.arrayBuffer())
}
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
const ofType = (text: string, type: string) => linesOf(text).filter((line) => line.type === type)

const send = ({ token }: Pick<Person, 'token'>, body: unknown, type = 'application/json') =>
  call('post', '/me/import', { token, body, headers: { 'content-type': type } })
const take = (person: Pick<Person, 'token'>, body: unknown) => ok<Imported>(send(person, body))
const listOf = async ({ token }: Pick<Person, 'token'>, view = 'active') =>
  (await ok<ConversationPage>(call('get', `/conversations?view=${view}`, { token }))).items

/** What a conversation says, by path: texts from the root to each leaf. */
const said = (messages: Pick<Message, 'role' | 'text'>[]) => messages.map(({ role, text }) => `${role}: ${text}`)

describe('an export', () => {
  test('holds all that is mine and nothing of anybody else, and says that it is whole', async () => {
    const [person, other] = await Promise.all([newPerson(), newPerson()])
    const first = newTurn({ text: 'Say exactly: first "quoted"\n\u2028line' })
    const { start } = await say(person, first)
    await say(person, newTurn({ conversationId: first.conversationId, text: 'Say exactly: edited' }))
    await say(other, newTurn({ text: 'Say exactly: a secret of theirs' }))
    await sql`insert into memories (id, owner_id, text) values (${newId()}::uuid, ${person.id}::uuid, 'likes tea')`
    const { token } = person
    const document = { id: newId(), title: 'Tides', chunks: [{ text: 'Neap tides are low.' }] }
    const collection = { id: newId(), name: 'The sea' }
    await ok(call('post', '/documents', { token, body: document }), 201)
    await ok(call('post', '/collections', { token, body: collection }), 201)
    const inside = { documentIds: [document.id] }
    await ok(call('patch', `/collections/${collection.id}`, { token, body: inside }))
    const deleted = newTurn()
    await say(person, deleted)
    await ok(call('delete', `/conversations/${deleted.conversationId}`, { token: person.token }), 204)

    const text = await exportOf(person)
    const lines = linesOf(text)
    expect(lines[0]).toMatchObject({ type: 'macro-ai-export', version: 1 })
    expect(lines.at(-1)).toEqual({ type: 'end', lines: lines.length - 1 })
    expect(ofType(text, 'me')).toMatchObject([{ id: person.id, email: person.email }])
    expect(ofType(text, 'conversation')).toMatchObject([{ id: first.conversationId }, { deleted: true }])
    expect(ofType(text, 'message')).toHaveLength(6)
    expect(ofType(text, 'message')).toContainEqual(
      expect.objectContaining({ id: start.userMessageId, text: first.text, parentId: null }),
    )
    expect(ofType(text, 'memory')).toMatchObject([{ text: 'likes tea' }])
    expect(ofType(text, 'collection')).toMatchObject([{ name: 'The sea', documentIds: [document.id], attachedTo: [] }])
    expect(ofType(text, 'chunk')).toMatchObject([{ documentId: document.id, text: 'Neap tides are low.' }])
    expect(ofType(text, 'spending')).toContainEqual(expect.objectContaining({ model: 'demo', calls: 3 }))
    expect(text).not.toContain('a secret of theirs')
    expect(text).not.toContain(other.id)
  })

  test('is refused while the database is away, instead of breaking off', async () => {
    const { token } = await newPerson()
    await ok(call('get', '/me', { token }))
    await fault({ target: 'database', kind: 'down' })
    await problem(call('get', '/me/export', { token }), 'unavailable')
    await noFaults()
    expect(ofType(await exportOf({ token }), 'me')).toHaveLength(1)
  })

  test('of thousands of messages comes in pages, in order, each message once', async () => {
    const person = await newPerson()
    const conversationId = newId()
    await sql`insert into conversations (id, owner_id, title) values (${conversationId}::uuid, ${person.id}::uuid, 'long')`
    for (let from = 0; from <= 6000; from += 1000)
      await sql`
        insert into messages (id, conversation_id, owner_id, role, text, depth)
        select gen_random_uuid(), ${conversationId}::uuid, ${person.id}::uuid, 'user', repeat('x', 900) || n, n
        from generate_series(${from}::int, least(${from}::int + 999, 6000)) n`
    const messages = ofType(await exportOf(person), 'message')
    expect(messages.map(({ text }) => Number(String(text).replace(/^x+/, '')))).toEqual(
      Array.from({ length: 6001 }, (_, n) => n),
    )
  })
})

describe('importing an export', () => {
  test('into the account it came from adds nothing, and brings back what was deleted', async () => {
    const person = await newPerson()
    const turn = newTurn()
    await say(person, turn)
    const text = await exportOf(person)
    await ok(call('delete', `/conversations/${turn.conversationId}`, { token: person.token }), 204)
    expect(await listOf(person)).toEqual([])
    expect(await take(person, text)).toEqual({ conversations: 0, messages: 0, memories: 0, known: 1 })
    expect(await listOf(person)).toMatchObject([{ id: turn.conversationId }])
  })

  test('into a new account gives the same tree once, also when it is sent again, and can be gone on with', async () => {
    const old = await newPerson()
    const first = newTurn({ text: 'Say exactly: first' })
    const { conversationId } = first
    const { start } = await say(old, first)
    await say(old, newTurn({ conversationId, text: 'Say exactly: edited' }))
    await say(old, newTurn({ conversationId, parentId: start.messageId, text: 'Say exactly: second' }))
    await sql`insert into memories (id, owner_id, text) values (${newId()}::uuid, ${old.id}::uuid, 'likes tea')`
    const before = await open(old, conversationId)
    const text = await exportOf(old)

    const person = await newPerson()
    await forgetCalls()
    const once = { conversations: 1, messages: 6, memories: 1, known: 0 }
    expect(await take(person, text)).toEqual(once)
    expect(await take(person, text)).toEqual({ ...once, conversations: 0, messages: 0, memories: 0, known: 1 })
    expect(await modelCalls()).toEqual([])

    const [mine] = await listOf(person)
    expect(mine?.id).not.toBe(conversationId)
    const after = await open(person, mine?.id ?? '')
    expect(said(after.messages)).toEqual(said(before.messages))
    expect(after.messages.map(({ siblings }) => [siblings.index, siblings.count])).toEqual(
      before.messages.map(({ siblings }) => [siblings.index, siblings.count]),
    )
    const parentId = after.conversation.leafId
    await say(person, newTurn({ conversationId: mine?.id ?? '', parentId, text: 'Say exactly: third' }))
    expect((await open(old, conversationId)).messages).toEqual(before.messages)
    await checkBooks()
  })

  test('after the account was erased gives everything back', async () => {
    const person = await newPerson()
    const { text: answer } = await say(person)
    const text = await exportOf(person)
    await ok(call('delete', '/me', { token: person.token, body: { password } }), 204)
    const again = await newPerson()
    await take(again, text)
    const [mine] = await listOf(again)
    expect((await open(again, mine?.id ?? '')).messages.at(-1)?.text).toBe(answer)
  })

  test('with memories that nobody could write here keeps what fits of them, as they go into every prompt', async () => {
    const person = await newPerson()
    const texts = ['likes tea', 'x'.repeat(9_999), `${'y'.repeat(299)}😀😀`, 'two\nlines\0', ' ', '\u200b', '👩‍👧 twins']
    const lines = texts.map((text) => JSON.stringify({ type: 'memory', id: newId(), text })).join('\n')
    expect(await take(person, lines)).toMatchObject({ memories: 5 })
    expect(await take(person, lines)).toMatchObject({ memories: 0 })
    const { items } = await ok<MemoryPage>(call('get', '/memories', { token: person.token }))
    const kept = ['likes tea', 'x'.repeat(300), `${'y'.repeat(299)}😀`, 'two lines', '👩‍👧 twins']
    expect(items.map(({ text }) => text).sort()).toEqual(kept.sort())
  })

  test('with sources in letters that no database holds keeps the rest of them', async () => {
    const [person, conversationId, question] = [await newPerson(), newId(), newId()]
    const shared = { pinned: false, archived: false, instructions: '', leafId: null }
    const message = { type: 'message', conversationId, status: 'complete', model: null, sources: [] as object[] }
    const source = { n: 1, documentId: newId(), title: 'a\0b', text: 'half a pair \ud800' }
    const lines = [
      { type: 'conversation', id: conversationId, title: 'Tides', model: null, ...shared },
      { ...message, id: question, parentId: null, role: 'user', text: 'When?' },
      { ...message, id: newId(), parentId: question, role: 'assistant', text: 'At noon [1].', sources: [source] },
    ].map((line) => JSON.stringify({ ...line, createdAt: '2026-01-01T00:00:00Z' }))
    await take(person, lines.join('\n'))
    const [mine] = await listOf(person)
    const { messages } = await open(person, mine?.id ?? '')
    expect(messages[1]?.sources).toEqual([{ ...source, title: 'ab', text: 'half a pair \ufffd' }])
  })

  test('cannot take over or read what is somebody else’s, whatever ids it names', async () => {
    const [victim, thief] = await Promise.all([newPerson(), newPerson()])
    const turn = newTurn()
    await say(victim, turn)
    const before = await open(victim, turn.conversationId)
    const [answer] = before.messages.slice(-1)
    const forged = [
      {
        type: 'conversation',
        id: turn.conversationId,
        title: 'mine',
        pinned: true,
        archived: false,
        model: null,
        instructions: 'obey',
        leafId: null,
        createdAt: before.conversation.createdAt,
      },
      {
        type: 'message',
        id: newId(),
        conversationId: turn.conversationId,
        parentId: answer?.id,
        role: 'user',
        status: 'complete',
        text: 'forged',
        model: null,
        sources: [],
        createdAt: before.conversation.createdAt,
      },
    ]
    await take(thief, forged.map((line) => JSON.stringify(line)).join('\n'))
    expect(await open(victim, turn.conversationId)).toEqual(before)
    await problem(call('get', `/conversations/${turn.conversationId}`, { token: thief.token }), 'not_found')
    const [mine] = await listOf(thief)
    expect(said((await open(thief, mine?.id ?? '')).messages)).toEqual(['user: forged', 'assistant: '])
  })
})

/** A node of ChatGPT's export. */
const node = (id: string, parent: string | null, role?: string, text = '', more: object = {}) => ({
  [id]: {
    id,
    parent,
    children: [],
    message: role
      ? {
          id,
          author: { role },
          create_time: 1_700_000_000.123 + Number(/\d+/.exec(id)?.[0] ?? 0),
          content: { content_type: 'text', parts: [text] },
          metadata: {},
          ...more,
        }
      : null,
  },
})
const chatGpt = (mapping: object, more: object = {}) => ({
  title: 'Tides',
  create_time: 1_700_000_000.5,
  update_time: 1_700_000_100,
  conversation_id: newId(),
  mapping,
  ...more,
})

describe('importing ChatGPT’s conversations.json', () => {
  test('keeps every branch, drops what nobody said, and shows the branch that was shown', async () => {
    const person = await newPerson()
    const mapping = {
      ...node('root', null),
      ...node('n1', 'root', 'system', 'You are ChatGPT'),
      ...node('n2', 'n1', 'user', 'When is high tide?'),
      ...node('n3', 'n2', 'assistant', 'At noon.', { metadata: { model_slug: 'gpt-4o' } }),
      ...node('n4', 'n2', 'assistant', '', { content: { content_type: 'code', text: 'search("tides")' } }),
      ...node('n5', 'n4', 'tool', 'result'),
      ...node('n6', 'n5', 'assistant', 'At one.'),
      ...node('n7', 'n6', 'user', 'Thanks'),
      ...node('n8', 'n2', 'user', 'Are you there?'),
    }
    const body = [
      chatGpt(mapping, { current_node: 'n7' }),
      chatGpt(node('n1', null, 'assistant', 'Hello'), { is_archived: true }),
    ]
    expect(await take(person, body)).toMatchObject({ conversations: 2, known: 0 })
    expect(await take(person, body)).toMatchObject({ conversations: 0, messages: 0, known: 2 })

    const [tides] = await listOf(person)
    expect(tides).toMatchObject({ title: 'Tides', createdAt: '2023-11-14T22:13:20.500Z' })
    const { messages, conversation } = await open(person, tides?.id ?? '')
    expect(said(messages)).toEqual([
      'user: When is high tide?',
      'assistant: ```\nsearch("tides")\n```\n\nAt one.',
      'user: Thanks',
      'assistant: ',
    ])
    expect(messages[1]?.siblings).toMatchObject({ count: 3 })
    const more = newTurn({ conversationId: conversation.id, parentId: conversation.leafId, text: 'Say exactly: on' })
    expect(await streamOf(post(person, more))).toContain('event: end')

    const [hello] = await listOf(person, 'archived')
    expect(said((await open(person, hello?.id ?? '')).messages)).toEqual(['user: …', 'assistant: Hello'])
  })

  test('survives circles, missing parents, odd dates and letters that no database holds', async () => {
    const person = await newPerson()
    const mapping = {
      ...node('a1', 'a2', 'user', 'round'),
      ...node('a2', 'a1', 'assistant', 'and round'),
      ...node('\ud800', null, 'user', 'a name that is half a pair'),
      ...node('\udfff', '\ud800', 'assistant', 'another half'),
      ...node('b1', 'nowhere', 'user', 'zero \0 and half a pair \ud800'),
      ...node('b2', 'b1', 'assistant', 'fine', { create_time: 1e300 }),
      ...node('b3', 'b2', 'user', 'and?', { create_time: -5 }),
    }
    const odd = `[${JSON.stringify(chatGpt(mapping, { title: '\u202e\0', create_time: 'x'.length * 1e18 })).replace('"b1"', '"__proto__":{"parent":null,"message":null},"b1"')}]`
    expect(await take(person, odd)).toMatchObject({ conversations: 1, messages: 6 })
    const [mine] = await listOf(person)
    expect(said((await open(person, mine?.id ?? '')).messages)).toEqual([
      'user: zero  and half a pair \ufffd',
      'assistant: fine',
      'user: and?',
      'assistant: ',
    ])
  })

  test('with replies dated before what they reply to is shown to its end, on the branch that is chosen', async () => {
    const person = await newPerson()
    const at = (create_time: number) => ({ create_time })
    const mapping = {
      ...node('q', null, 'user', 'When?', at(1_700_000_009)),
      ...node('a', 'q', 'assistant', 'At noon.', at(1_700_000_008)),
      ...node('b', 'q', 'assistant', 'At one.', at(1_700_000_007)),
      ...node('more', 'b', 'user', 'And then?', at(1_700_000_006)),
      ...node('last', 'more', 'assistant', 'At two.', at(1_700_000_005)),
    }
    await take(person, [chatGpt(mapping, { current_node: 'a' })])
    const [mine] = await listOf(person)
    const { messages, conversation } = await open(person, mine?.id ?? '')
    const other = messages[1]?.siblings.ids.find((one) => one !== conversation.leafId)
    const { token } = person
    await ok(call('patch', `/conversations/${conversation.id}`, { token, body: { leafId: other } }))
    const shown = await open(person, conversation.id)
    expect(said(shown.messages).slice(1)).toEqual(['assistant: At one.', 'user: And then?', 'assistant: At two.'])
    await say(person, newTurn({ conversationId: conversation.id, parentId: shown.conversation.leafId }))
  })

  test('whose shown answer is empty shows another answer to the same question, and can be gone on with', async () => {
    const person = await newPerson()
    const mapping = {
      ...node('n1', null, 'user', 'When?'),
      ...node('n2', 'n1', 'assistant', 'At noon.'),
      ...node('n3', 'n1', 'assistant', ''),
    }
    await take(person, [chatGpt(mapping, { current_node: 'n3' })])
    const [mine] = await listOf(person)
    const { messages, conversation } = await open(person, mine?.id ?? '')
    expect(said(messages)).toEqual(['user: When?', 'assistant: At noon.'])
    await say(person, newTurn({ conversationId: conversation.id, parentId: conversation.leafId }))
  })

  test('of ten thousand messages is taken in, and opens at its end', async () => {
    const person = await newPerson()
    const mapping = Object.assign(
      {},
      ...Array.from({ length: 10_000 }, (_, n) =>
        node(`n${n}`, n === 0 ? null : `n${n - 1}`, n % 2 ? 'assistant' : 'user', `message ${n}`),
      ),
    ) as object
    expect(await take(person, [chatGpt(mapping, { current_node: 'n9999' })])).toMatchObject({ messages: 10_000 })
    const [mine] = await listOf(person)
    const { messages } = await ok<OpenConversation>(call('get', `/conversations/${mine?.id}`, { token: person.token }))
    expect(messages).toHaveLength(50)
    expect(messages.at(-1)?.text).toBe('message 9999')
  })
})

describe('importing again what has grown since', () => {
  /** A chat of ChatGPT's of so many messages, in which questions and answers take turns. */
  const grownTo = (id: string, count: number) => {
    const nodes = Array.from({ length: count }, (_, at) =>
      node(`n${at + 1}`, at === 0 ? null : `n${at}`, at % 2 ? 'assistant' : 'user', `message ${at + 1}`),
    )
    const mapping = Object.assign({}, ...nodes) as object
    return [chatGpt(mapping, { conversation_id: id, current_node: `n${count}` })]
  }
  const firstOf = async (person: Person) => open(person, (await listOf(person))[0]?.id ?? '')
  const texts = ({ messages }: OpenConversation) => messages.map(({ text }) => text)
  const upTo = (count: number) => Array.from({ length: count }, (_, at) => `message ${at + 1}`)

  test.for([
    [2, 4],
    [2, 5],
    [3, 4],
    [3, 5],
    [1, 2],
  ] as const)('from %i messages to %i shows it to its end, and a third time changes nothing', async ([before, now]) => {
    const [person, id] = [await newPerson(), newId()]
    await take(person, grownTo(id, before))
    const old = await firstOf(person)
    await take(person, grownTo(newId(), before))
    expect(await take(person, grownTo(id, now))).toMatchObject({ conversations: 0, known: 1 })
    const grown = await open(person, old.conversation.id)
    expect(texts(grown)).toEqual([...upTo(now), ...(now % 2 ? [''] : [])])
    expect(grown.conversation.updatedAt > old.conversation.updatedAt).toBe(true)
    // The list is in the order of what was said last.
    expect((await listOf(person))[0]?.id).toBe(old.conversation.id)
    expect(await take(person, grownTo(id, now))).toEqual({ conversations: 0, messages: 0, memories: 0, known: 1 })
    expect(await open(person, old.conversation.id)).toEqual(grown)
    await take(person, grownTo(id, before))
    expect(texts(await open(person, old.conversation.id))).toEqual(texts(grown))
    const turn = newTurn({ conversationId: old.conversation.id, parentId: grown.conversation.leafId })
    expect((await say(person, turn)).end.status).toBe('complete')
  })

  test('several times at once is as once', async () => {
    const [person, id] = [await newPerson(), newId()]
    await take(person, grownTo(id, 3))
    const taken = await Promise.all([4, 6, 6, 4, 6].map((count) => take(person, grownTo(id, count))))
    expect(taken.reduce((sum, { messages }) => sum + messages, 0)).toBe(3)
    expect((await listOf(person)).length).toBe(1)
    await take(person, grownTo(id, 6))
    expect(texts(await firstOf(person))).toEqual(upTo(6))
  })

  test('of our own export shows what was said there since, also where it was deleted here', async () => {
    const [old, person] = await Promise.all([newPerson(), newPerson()])
    const first = newTurn({ text: 'Say exactly: first' })
    const { start } = await say(old, first)
    await take(person, await exportOf(old))
    const { conversation } = await firstOf(person)
    await ok(call('delete', `/conversations/${conversation.id}`, { token: person.token }), 204)
    const { conversationId } = first
    await say(old, newTurn({ conversationId, parentId: start.messageId, text: 'Say exactly: second' }))
    const grown = await exportOf(old)
    expect(await take(person, grown)).toEqual({ conversations: 0, messages: 2, memories: 0, known: 1 })
    const after = await firstOf(person)
    expect(said(after.messages)).toEqual(said((await open(old, conversationId)).messages))
    expect(after.conversation.updatedAt > conversation.updatedAt).toBe(true)
    await take(person, grown)
    expect(await firstOf(person)).toEqual(after)
  })

  test.for([2, 3])(
    'leaves whoever has gone on here after %i messages where they are, with a way there',
    async (before) => {
      const [person, id] = [await newPerson(), newId()]
      await take(person, grownTo(id, before))
      const { conversation } = await firstOf(person)
      const [conversationId, parentId] = [conversation.id, conversation.leafId]
      await say(person, newTurn({ conversationId, parentId, text: 'Say exactly: mine' }))
      const mine = await firstOf(person)
      await take(person, grownTo(id, 6))
      const after = await firstOf(person)
      expect(after.conversation).toEqual(mine.conversation)
      expect(texts(after)).toEqual(texts(mine))
      // Of a question, or of the answer that there was none of.
      const fork = after.messages.find(({ siblings }) => siblings.count === 2)
      const leafId = fork?.siblings.ids.find((one) => one !== fork.id)
      await ok(call('patch', `/conversations/${conversationId}`, { token: person.token, body: { leafId } }))
      expect(texts(await firstOf(person))).toEqual(upTo(6))
      expect(await take(person, grownTo(id, 6))).toMatchObject({ messages: 0 })
      expect(texts(await firstOf(person))).toEqual(upTo(6))
    },
  )

  test('leaves whoever looks at another branch there', async () => {
    const [person, id] = [await newPerson(), newId()]
    await take(person, grownTo(id, 4))
    const { conversation, messages } = await firstOf(person)
    const edited = newTurn({
      conversationId: conversation.id,
      parentId: messages[1]?.id ?? '',
      text: 'Say exactly: no',
    })
    await say(person, edited)
    const { conversation: shown } = await firstOf(person)
    await take(person, grownTo(id, 6))
    const after = await firstOf(person)
    expect(after.conversation).toEqual(shown)
    expect(after.messages[2]?.siblings.count).toBe(2)
  })

  test('does not take an answer that broke off here for one that was never there', async () => {
    const [person, id] = [await newPerson(), newId()]
    await take(person, grownTo(id, 4))
    const { conversation, messages } = await firstOf(person)
    await fault({ target: 'model', kind: 'no-first-byte', times: 1 })
    const again = newTurn({ conversationId: conversation.id, parentId: messages[2]?.id ?? '', text: '' })
    const turn = { ...again, regenerate: messages[3]?.id }
    await (await post(person, turn)).body?.cancel()
    await call('post', `/turns/${turn.turnId}/stop`, { token: person.token })
    await sql`update messages set status = 'interrupted', text = '' where turn_id = ${turn.turnId}::uuid`
    const { conversation: shown } = await firstOf(person)
    expect(shown.leafId).not.toBe(conversation.leafId)
    await take(person, grownTo(id, 6))
    expect((await firstOf(person)).conversation.leafId).toBe(shown.leafId)
  })

  test('beyond what goes to the database at once shows it to its end', async () => {
    const [person, id] = [await newPerson(), newId()]
    await take(person, grownTo(id, 2))
    const body = grownTo(id, 12).map((one) =>
      JSON.stringify(one).replaceAll('message ', `${'x'.repeat(400_000)} message `),
    )
    expect(await take(person, `[${body.join()}]`)).toMatchObject({ messages: 10, known: 1 })
    const grown = texts(await firstOf(person))
    expect(grown).toHaveLength(12)
    expect(grown.at(-1)).toMatch(/message 12$/)
  })

  test('makes one trip to the database', async () => {
    const [person, id] = [await newPerson(), newId()]
    await take(person, grownTo(id, 2))
    await resetCounters()
    await take(person, grownTo(id, 4))
    expect(await databaseTrips()).toBe(1)
  })
})

describe('an import that is none', () => {
  test.for([
    ['nothing', '', 'bad_request'],
    ['null', 'null', 'bad_request'],
    ['text', '"hello"', 'bad_request'],
    ['numbers', '[1, 2]', 'bad_request'],
    ['an empty list', '[]', 'invalid'],
    ['lists in a list', '[[{}]]', 'bad_request'],
    ['something else', '{"a":1}', 'invalid'],
    ['a conversation without messages’ shape', '[{"mapping":{"a":1}}]', 'invalid'],
    ['a list that breaks off', '[{"mapping":{}},', 'bad_request'],
    ['a string that breaks off', '[{"mapping":"', 'bad_request'],
    ['bytes that are no text', Uint8Array.of(0x5b, 0xff, 0x5d), 'bad_request'],
    ['an object that is no JSON', '[{"mapping":}]', 'bad_request'],
    ['a backslash between objects', '[\\]', 'bad_request'],
    ['an end without a beginning', '}', 'bad_request'],
    ['ten thousand brackets', '['.repeat(10_000), 'bad_request'],
    ['ten thousand braces', '{"a":'.repeat(10_000), 'bad_request'],
    [
      'a message without its conversation',
      `{"type":"message","id":"${newId()}","conversationId":"${newId()}","parentId":null,"role":"user","status":"complete","text":"x","model":null,"sources":[],"createdAt":"2026-01-01T00:00:00Z"}`,
      'invalid',
    ],
  ] as const)('is refused: %s', async ([, body, code]) => {
    const person = await newPerson()
    await problem(send(person, body), code)
    expect(await listOf(person)).toEqual([])
  })

  test('is refused where the database has no room for it, in the instance’s own measure, and is taken when it has', async () => {
    const person = await newPerson()
    const turn = newTurn()
    await say(person, turn)
    const [body, other] = [await exportOf(person), await newPerson()]
    const into = (DATABASE_BYTES: string) =>
      workerWith({ DATABASE_BYTES })('post', '/me/import', {
        ...{ token: other.token, body, headers: { 'content-type': 'application/x-ndjson' } },
      })
    const { detail } = await problem(into('1000'), 'too_large')
    expect(detail).toContain('no room left')
    expect(await listOf(other)).toEqual([])
    // Nobody knows how much it holds.
    expect(await ok(into('0'))).toMatchObject({ conversations: 1, messages: 2 })
    expect(await listOf(other)).toHaveLength(1)
  })

  test('is refused by type, and past its size while it is being read', async () => {
    const person = await newPerson()
    await problem(send(person, '[]', 'text/html'), 'unsupported_type')
    await problem(send(person, `[{"mapping":{},"x":"${'y'.repeat(9 * 1024 * 1024)}"}]`), 'too_large')
    const many = `{"type":"memory","id":"${newId()}","text":"${'y'.repeat(9_000)}"}\n`
    await problem(send(person, many.repeat(Math.ceil(maxImportBytes / many.length) + 1)), 'too_large')
  })
})
