import { newId, type MessageHit, type SearchPage } from '@macro-ai/shared'
import { beforeEach, expect, test } from 'vitest'
import { call, newPerson, ok, type Person } from './support/api.ts'
import { checkBooks } from './support/books.ts'
import { counters, forgetCalls, modelCalls, noFaults, resetCounters, sql } from './support/platform.ts'
import { workerWith } from './support/settings.ts'
import { eventually, newTurn, say } from './support/turns.ts'

beforeEach(noFaults)

const ferry = 'The ferry to Borkum leaves at nine.'
const tell = async (person: Person, text: string, more = {}) =>
  (await say(person, newTurn({ text: `Say exactly: ${text}`, ...more }))).start
const find = async ({ token }: Person, q: string) =>
  (await ok<SearchPage>(call('get', `/search?q=${encodeURIComponent(q)}`, { token }))).items as MessageHit[]
const read = async ({ id }: Person) =>
  sql<{ message_id: string; model: string; dimensions: number }>`
    select message_id, model, vector_dims(embedding) as dimensions from meanings where owner_id = ${id}::uuid`
/** Searches, and waits until all of these answers can be found by their meaning. */
const haveRead = async (person: Person, answers: number) => {
  await find(person, 'anything said')
  await eventually(async () => expect(await read(person)).toHaveLength(answers))
}
/** Not all of its words were said: it is found by its meaning only. */
const q = 'Borkum ferry departure'

test('an answer is found by what it is about, once it was read after a search; other things are not', async () => {
  const person = await newPerson()
  const { conversationId, messageId } = await tell(person, ferry)
  await tell(person, 'Sourdough needs patience and flour.')
  await resetCounters()
  expect(await find(person, q)).toEqual([])
  await haveRead(person, 2)
  expect(await read(person)).toMatchObject([
    { model: 'demo-embedding@256', dimensions: 256 },
    { model: 'demo-embedding@256', dimensions: 256 },
  ])
  const [hit, ...more] = await find(person, q)
  expect(more).toEqual([])
  expect(hit).toMatchObject({ type: 'message', conversationId, messageId, role: 'assistant' })
  expect(hit).not.toHaveProperty('questionId')
  expect(hit?.extract.filter(({ match }) => match).map(({ text }) => text)).toEqual(['ferry', 'Borkum'])
  expect(await find(person, 'zebra crossing paint')).toEqual([])
  await checkBooks()
})

test('what has all the words comes first, and no place is shown twice', async () => {
  const person = await newPerson()
  const older = await tell(person, 'Nine people took the ferry to Borkum yesterday, said the captain.')
  const { messageId, userMessageId } = await tell(person, ferry)
  await haveRead(person, 2)
  const hits = await find(person, 'leaves ferry Borkum')
  expect(hits.map((hit) => hit.messageId)).toEqual([messageId, userMessageId, older.messageId])
})

test('somebody else’s is never found, nor what was deleted, and nothing of it is left once it is gone', async () => {
  const person = await newPerson()
  const people = [person, await newPerson(), await newPerson()]
  const told = await Promise.all(people.map((person) => tell(person, ferry)))
  for (const one of people) await haveRead(one, 1)
  for (const [at, one] of people.entries())
    expect((await find(one, q)).map((hit) => hit.messageId)).toEqual([told[at]?.messageId])

  const path = `/conversations/${told[0]?.conversationId}`
  await ok(call('delete', path, { token: person.token }), 204)
  expect(await find(person, q)).toEqual([])
  await ok(call('post', `${path}/restore`, { token: person.token }))
  expect(await find(person, q)).toHaveLength(1)
  await ok(call('delete', path, { token: person.token }), 204)
  await ok(call('delete', '/me/storage/deleted', { token: person.token }))
  expect(await read(person)).toEqual([])
})

test('a turn pays nothing for it and does nothing for it; a search asks a model for what it can compare', async () => {
  const person = await newPerson()
  await forgetCalls()
  await tell(person, ferry)
  await find(person, 'ferry')
  expect((await modelCalls()).filter(({ path }) => path === '/v1/embeddings').length).toBeLessThan(2)
  await haveRead(person, 1)
  await forgetCalls()
  for (const word of [q, q, 'ferry']) await find(person, word)
  expect(await modelCalls()).toHaveLength(1)
  await resetCounters()
  await tell(person, 'Nothing else.')
  await eventually(async () => expect((await counters()).database).toBe(2))
})

test('an embedding of other dimensions finds nothing of the first', async () => {
  const person = await newPerson()
  await tell(person, ferry)
  await haveRead(person, 1)
  const other = workerWith({ EMBEDDING_DIMENSIONS: '512' })
  const { items } = await ok<SearchPage>(other('get', `/search?q=${encodeURIComponent(q)}`, { token: person.token }))
  expect(items).toEqual([])
})

test('an imported conversation is found too, also one that nobody answered is no trouble', async () => {
  const person = await newPerson()
  const said = (id: string, parent: string | null, role: string, text: string) => ({
    id,
    parent,
    children: [],
    message: { id, author: { role }, content: { content_type: 'text', parts: [text] } },
  })
  const mapping = {
    one: said('one', null, 'user', 'When does the boat go to the island?'),
    two: said('two', 'one', 'assistant', ferry),
    three: said('three', 'two', 'user', 'Thank you'),
  }
  const body = [{ title: 'Islands', mapping, current_node: 'three', id: newId() }]
  await ok(call('post', '/me/import', { token: person.token, body }))
  await haveRead(person, 1)
  expect(await find(person, 'boat to an island in summer')).toMatchObject([{ title: 'Islands', role: 'assistant' }])
})
