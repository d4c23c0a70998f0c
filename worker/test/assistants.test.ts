import { mostAssistants, newId, type Assistant, type AssistantPage, type ConversationPage } from '@macro-ai/shared'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { call, newPerson, ok, password, problem, type Person } from './support/api.ts'
import { checkBooks } from './support/books.ts'
import { forgetCalls, modelCalls, noFaults, sql } from './support/platform.ts'
import { newTurn, open, post, say } from './support/turns.ts'
import { newAssistant } from './support/walk.ts'

const add = ({ token }: Person, change = {}) =>
  ok<Assistant>(call('post', '/assistants', { token, body: newAssistant(change) }), 201)
const listOf = async ({ token }: Person) => (await ok<AssistantPage>(call('get', '/assistants', { token }))).items
const change = ({ token }: Person, id: string, body: object) => call('patch', `/assistants/${id}`, { token, body })
const systemTexts = async () => (await modelCalls()).map(({ messages }) => String(messages[0]?.content))

let person: Person
beforeAll(async () => {
  await noFaults()
  person = await newPerson()
})
beforeEach(forgetCalls)

describe('an assistant', () => {
  test('is saved once however often it is sent, changed field by field, and deleted', async () => {
    const own = await newPerson()
    const body = newAssistant({ instructions: 'Translate into Welsh.', starters: ['Good morning', 'Good night'] })
    const send = (more = {}) => call('post', '/assistants', { token: own.token, body: { ...body, ...more } })
    const [one, two] = await Promise.all([ok<Assistant>(send(), 201), ok<Assistant>(send(), 201)])
    expect(one).toEqual({ ...body, description: '', model: null })
    expect(two).toEqual(one)
    await problem(send({ name: 'Another' }), 'conflict')
    await ok(change(own, body.id, { model: 'demo-large' }))
    await ok(change(own, body.id, { model: null, starters: [] }))
    expect(await ok(change(own, body.id, {}))).toEqual({ ...one, starters: [] })
    await add(own, { name: 'Accountant' })
    expect((await listOf(own)).map(({ name }) => name)).toEqual(['Accountant', 'Translator'])
    await ok(call('delete', `/assistants/${body.id}`, { token: own.token }), 204)
    await problem(call('delete', `/assistants/${body.id}`, { token: own.token }), 'not_found')
    expect(await listOf(own)).toHaveLength(1)
  })

  test.for([
    { name: '' },
    { name: 'two\nlines' },
    { name: 'x'.repeat(81) },
    { instructions: 'x'.repeat(8_001) },
    { starters: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] },
    { starters: ['\u200b'] },
    { model: 'no such model' },
    { model: 'demo-embedding' },
    { ownerId: newId() },
  ])('is refused with %o', async (wrong) => {
    await problem(call('post', '/assistants', { token: person.token, body: newAssistant(wrong) }), 'invalid')
    const { id } = await add(person)
    await problem(change(person, id, wrong), 'invalid')
    expect(await listOf(person)).toContainEqual(expect.objectContaining({ id, name: 'Translator', starters: [] }))
  })

  test('of somebody else is out of reach: not read, not changed, not taken over, not used', async () => {
    const thief = await newPerson()
    const { id } = await add(person, { instructions: 'The secret recipe' })
    expect(await listOf(thief)).toEqual([])
    await problem(change(thief, id, { name: 'Mine' }), 'not_found')
    await problem(call('post', '/assistants', { token: thief.token, body: newAssistant({ id }) }), 'conflict')
    for (const assistantId of [id, newId()]) await problem(post(thief, newTurn({ assistantId })), 'not_found')
    expect(await modelCalls()).toEqual([])
    expect(await sql`select 1 from reservations where user_id = ${thief.id}::uuid`).toEqual([])
    expect(await sql`select 1 from conversations where owner_id = ${thief.id}::uuid`).toEqual([])
  })

  test('is one of as many as fit', async () => {
    const own = await newPerson()
    await sql`insert into assistants (id, owner_id, name)
      select gen_random_uuid(), ${own.id}::uuid, 'a' from generate_series(2, ${mostAssistants}::int)`
    await add(own)
    await problem(call('post', '/assistants', { token: own.token, body: newAssistant() }), 'conflict')
  })
})

describe('a conversation begun with an assistant', () => {
  test('follows its instructions and its model as they are at each turn, between the person’s and its own', async () => {
    const own = await newPerson()
    await ok(call('patch', '/me', { token: own.token, body: { instructions: 'I am Ada.', defaultModel: 'demo' } }))
    const { id } = await add(own, { instructions: 'Speak like a pirate.', model: 'demo-large' })
    const { start } = await say(own, newTurn({ assistantId: id }))
    const { conversationId } = start
    expect(start.model).toBe('demo-large')
    expect((await open(own, conversationId)).conversation).toMatchObject({ assistantId: id, model: null })

    await ok(change(own, id, { instructions: 'Speak like a poet.', model: null }))
    await ok(
      call('patch', `/conversations/${conversationId}`, { token: own.token, body: { instructions: 'Be brief.' } }),
    )
    const second = await say(own, newTurn({ conversationId, parentId: start.messageId }))
    expect(second.start.model).toBe('demo')
    await ok(call('delete', `/assistants/${id}`, { token: own.token }), 204)
    await say(own, newTurn({ conversationId, parentId: second.start.messageId }))

    expect((await open(own, conversationId)).conversation).toMatchObject({ assistantId: null })
    const [plain] = (await systemTexts()).map((text) => text.slice(0, text.indexOf('\n\nI am Ada.')))
    expect(await systemTexts()).toEqual([
      `${plain}\n\nI am Ada.\n\nSpeak like a pirate.`,
      `${plain}\n\nI am Ada.\n\nSpeak like a poet.\n\nBe brief.`,
      `${plain}\n\nI am Ada.\n\nBe brief.`,
    ])
    await checkBooks()
  })

  test('reserves for the instructions too', async () => {
    const reserved = async (instructions: string) => {
      const { id } = await add(person, { instructions })
      return (await say(person, newTurn({ assistantId: id, model: 'demo-large' }))).start.reservedMicros
    }
    expect(await reserved('x'.repeat(8_000))).toBeGreaterThan(await reserved('x'))
  })

  test('is only one that the turn begins: later ones change nothing', async () => {
    const { start } = await say(person)
    const { id } = await add(person, { instructions: 'Speak like a pirate.' })
    await forgetCalls()
    await say(person, newTurn({ conversationId: start.conversationId, parentId: start.messageId, assistantId: id }))
    expect((await systemTexts()).join()).not.toContain('pirate')
    expect((await open(person, start.conversationId)).conversation.assistantId).toBeNull()
  })

  test('is listed without it once that is deleted, though the list was kept', async () => {
    const own = await newPerson()
    const { id } = await add(own)
    await say(own, newTurn({ assistantId: id }))
    const assistants = async () =>
      (await ok<ConversationPage>(call('get', '/conversations', { token: own.token }))).items.map(
        (conversation) => conversation.assistantId,
      )
    expect(await assistants()).toEqual([id])
    await ok(call('delete', `/assistants/${id}`, { token: own.token }), 204)
    expect(await assistants()).toEqual([null])
  })

  test('is another turn than the same without it', async () => {
    const { id } = await add(person)
    const turn = newTurn({ assistantId: id })
    await say(person, turn)
    await problem(post(person, { ...turn, assistantId: undefined }), 'conflict')
  })
})

test('assistants are exported, come back with an import once, and are erased', async () => {
  const own = await newPerson()
  const { id, ...rest } = await add(own, { instructions: 'Speak like a pirate.', starters: ['Ahoy'] })
  await say(own, newTurn({ assistantId: id }))
  const exported = await (await call('get', '/me/export', { token: own.token })).arrayBuffer()
  const take = ({ token }: Person) => ok(call('post', '/me/import', { token, body: new Uint8Array(exported) }))
  await take(own)
  expect(await listOf(own)).toHaveLength(1)
  await ok(call('delete', '/me', { token: own.token, body: { password } }), 204)
  expect(await sql`select 1 from assistants where id = ${id}::uuid`).toEqual([])

  const next = await newPerson()
  await take(next)
  await take(next)
  const [mine, ...more] = await listOf(next)
  expect(more).toEqual([])
  expect(mine).toEqual({ ...rest, id: mine?.id })
  const { items } = await ok<ConversationPage>(call('get', '/conversations', { token: next.token }))
  expect(items).toMatchObject([{ assistantId: mine?.id }])
})
