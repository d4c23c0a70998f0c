import { newId, type SearchPage } from '@macro-ai/shared'
import { beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../src/digest.ts'
import { call, newPerson, ok, type Person } from './support/api.ts'
import { counters, fault, forgetCalls, modelCalls, noFaults, redis, resetCounters } from './support/platform.ts'
import { workerWith } from './support/settings.ts'
import { eventually, newTurn, say } from './support/turns.ts'

beforeEach(noFaults)

const addDocument = ({ token }: Person, texts = ['The lighthouse of Borkum was lit in 1879.']) =>
  ok(
    call('post', '/documents', {
      token,
      body: { id: newId(), title: 'Borkum', chunks: texts.map((text) => ({ text })) },
    }),
    201,
  )
const question = 'When was the lighthouse of Borkum lit?'
const ask = (person: Person, change = {}) => say(person, newTurn({ text: question, useKnowledge: true, ...change }))
const foundBy = ({ events }: Awaited<ReturnType<typeof say>>) =>
  events.flatMap((event) => (event.type === 'sources' ? event.data.items : []))
const embeddingCalls = async () => (await modelCalls()).filter(({ path }) => path === '/v1/embeddings').length
const commands = async () => (await counters()).detail.cache.commands ?? 0

/** Where the embeddings of some texts are: by who asks, and a hash of the texts and of what embeds them. */
const keyOf = async ({ id }: Person, texts: string[], space = 'demo-embedding') =>
  `embedding:3:${id}:${await sha256(JSON.stringify([space, texts]))}`
const q = 'borkum lighthouse light'
const search = ({ token }: Person) => ok<SearchPage>(call('get', `/search?q=${encodeURIComponent(q)}`, { token }))

describe('a turn that looks into documents', () => {
  test('makes at most two commands to the cache, whether its question is in it or not, in a new conversation or an old', async () => {
    const person = await newPerson()
    await addDocument(person)
    // On a busy machine the cache may be late, and a command is made again.
    await eventually(async () => {
      let before = newTurn()
      for (const text of [question, question, 'What is in the harbour of Emden?']) {
        const { start } = await say(person, before)
        for (const change of [{}, { conversationId: before.conversationId, parentId: start.messageId }]) {
          await resetCounters()
          await ask(person, { text, ...change })
          await eventually(async () => expect(await commands()).toBeGreaterThan(1))
          expect(await commands()).toBe(2)
        }
        before = newTurn()
      }
    })
  })

  test('embeds a question once, also when it is asked in another conversation; others’ and other texts apart', async () => {
    const [person, other] = await Promise.all([newPerson(), newPerson()])
    await Promise.all([addDocument(person), addDocument(other)])
    await forgetCalls()
    await ask(person)
    await eventually(async () => expect(await redis<string | null>('GET', `page:1:${person.id}`)).toContain('asked'))
    expect(foundBy(await ask(person))).toHaveLength(1)
    expect(await embeddingCalls()).toBe(1)
    await ask(other)
    expect(await embeddingCalls()).toBe(2)
    await ask(person, { text: 'Who lit the lighthouse of Borkum?' })
    expect(await embeddingCalls()).toBe(3)
  })

  test('takes what a search has embedded', async () => {
    const person = await newPerson()
    await addDocument(person)
    await ok(call('get', `/search?q=${encodeURIComponent(question)}`, { token: person.token }))
    await forgetCalls()
    expect(foundBy(await ask(person))).toHaveLength(1)
    expect(await embeddingCalls()).toBe(0)
  })

  test('shows its conversation in the list when its answer is there', async () => {
    const person = await newPerson()
    await ok(call('get', '/conversations', { token: person.token }))
    const { start } = await ask(person)
    await eventually(async () =>
      expect(await ok(call('get', '/conversations', { token: person.token }))).toMatchObject({
        items: [{ id: start.conversationId, costMicros: expect.any(Number) as number }],
      }),
    )
    const page = await ok<object>(call('get', '/conversations', { token: person.token }))
    expect(Object.keys(page).sort()).toEqual(['items', 'nextCursor'])
  })
})

describe('the cache of embeddings', () => {
  test('is kept by a hash, for an hour at most, and holds no more than what was asked for', async () => {
    const person = await newPerson()
    await addDocument(person)
    await search(person)
    const key = await keyOf(person, [q])
    const kept = (await redis<string | null>('GET', key)) ?? ''
    expect(kept.length).toBeLessThan(12_000)
    expect(kept).not.toContain('lighthouse')
    const seconds = await redis<number>('TTL', key)
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(3_600)
    await forgetCalls()
    await search(person)
    expect(await embeddingCalls()).toBe(0)
  })

  test('of other dimensions is another one', async () => {
    const person = await newPerson()
    const other = workerWith({ EMBEDDING_DIMENSIONS: '256' })
    const chunks = [{ text: 'The lighthouse of Borkum was lit in 1879.' }]
    const body = { id: newId(), title: 'Borkum', chunks }
    await ok(other('post', '/documents', { token: person.token, body }), 201)
    expect(await redis('EXISTS', await keyOf(person, [chunks[0]?.text ?? ''], 'demo-embedding@256'))).toBe(1)
    expect(await redis('EXISTS', await keyOf(person, [chunks[0]?.text ?? '']))).toBe(0)
  })

  const one = Array(1536).fill(1).join()
  test.for([
    ['what is no JSON', 'not JSON'],
    ['no value', '{"revision":0}'],
    ['no vector', '{"revision":0,"value":[]}'],
    ['other dimensions', '{"revision":0,"value":["[1,2,3]"]}'],
    ['numbers', '{"revision":0,"value":[[1,2,3]]}'],
    ['a vector without a direction', `{"revision":0,"value":["[${Array(1536).fill(0).join()}]"]}`],
    ['numbers past what halfvec holds', `{"revision":0,"value":["[${Array(1536).fill('1e9').join()}]"]}`],
    ['SQL after a vector', `{"revision":0,"value":["[${one}]'; drop table chunks; --"]}`],
    ['a vector too many', `{"revision":0,"value":["[${one}]","[${one}]"]}`],
    ['a list', '[]'],
    ['null', 'null'],
  ] as const)('ignores %s', async ([, hostile]) => {
    const person = await newPerson()
    await addDocument(person)
    const found = (await search(person)).items
    expect(found).toHaveLength(1)
    await redis('SET', await keyOf(person, [q]), hostile)
    expect((await search(person)).items).toEqual(found)
    await ok(call('get', '/conversations', { token: person.token }))
    const page = JSON.parse((await redis<string | null>('GET', `page:1:${person.id}`)) ?? '{}') as { value: object }
    const key = await keyOf(person, [question])
    const asked = { key, vector: hostile }
    await redis('SET', `page:1:${person.id}`, JSON.stringify({ ...page, value: { ...page.value, asked } }))
    expect(foundBy(await ask(person))).toHaveLength(1)
  })

  test.for(['down', 'hang', '429', '500', 'malformed', 'cut'] as const)(
    'may be %s: everything is found all the same',
    async (kind) => {
      const person = await newPerson()
      await addDocument(person)
      await fault({ target: 'cache', kind })
      expect((await search(person)).items).toHaveLength(1)
      expect(foundBy(await ask(person))).toHaveLength(1)
    },
  )
})
