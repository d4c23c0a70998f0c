import { newId } from '@macro-ai/shared'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openStore } from '../src/adapters/database/index.ts'
import { neonLink } from '../src/adapters/database/neon.ts'
import { call, newPerson, ok, type Person } from './support/api.ts'
import { noFaults, sql } from './support/platform.ts'
import { env } from 'cloudflare:workers'

beforeEach(noFaults)

const variables = env as unknown as Record<'NEON_DATABASE_URL' | 'NEON_FETCH_ENDPOINT', string>
const link = neonLink({
  url: variables.NEON_DATABASE_URL,
  fetchEndpoint: variables.NEON_FETCH_ENDPOINT,
  onTrip: () => undefined,
})
const store = openStore({ link })
/** The same with the switch for HNSW turned. */
const walking = openStore({ link, vectorIndex: 'hnsw' })

const add = async ({ token }: Pick<Person, 'token'>, title: string, texts: string[]): Promise<string> => {
  const id = newId()
  const body = { id, title, chunks: texts.map((text) => ({ text })) }
  await ok(call('post', '/documents', { token, body }), 201)
  return id
}

const vectorOf = async (text: string): Promise<string> => {
  const rows = await sql<{
    v: string
  }>`select embedding::text as v from chunks where text = ${text} and embedding is not null limit 1`
  return rows[0]?.v ?? ''
}

type Options = { vector?: string | null; targets?: string[]; limit?: number; model?: string }
const find = (
  { id }: Pick<Person, 'id'>,
  question: string,
  { vector = null, targets = [], limit = 6, model = 'demo-embedding' }: Options = {},
) => store.findPassages({ ownerId: id, question, vector, model, targets, limit }).then(({ passages }) => passages)

describe('passages are found', () => {
  test('by a word in any of its forms, in the language of the document, the rarer word first', async () => {
    const person = await newPerson()
    await add(person, 'Küche', [
      'Die Häuser an der Straße sind alt und das Dach ist rot.',
      'Der Kuchen ist nicht für die Katze.',
    ])
    await add(person, 'Sea', [
      'The tides of the sea are high in the spring.',
      'The sea and the shore and the sea.',
      'A boat is on the sea.',
    ])
    expect((await find(person, 'Haus?'))[0]?.text).toContain('Häuser')
    expect((await find(person, 'What about a tide at sea?'))[0]?.text).toContain('tides')
  })

  test('by meaning where no word is the same, and by both together', async () => {
    const person = await newPerson()
    const texts = ['Sailing boats need wind.', 'Cakes need butter and sugar.', 'Granite is a hard rock.']
    await add(person, 'Things', texts)
    const vector = await vectorOf('Cakes need butter and sugar.')
    expect((await find(person, 'zzz', { vector }))[0]?.text).toBe(texts[1])
    expect(
      (await find(person, 'granite', { vector }))
        .map(({ text }) => text)
        .slice(0, 2)
        .sort(),
    ).toEqual([texts[1], texts[2]])
  })

  test('of several documents, though one of them has most of what fits', async () => {
    const person = await newPerson()
    const much = await add(
      person,
      'Much',
      Array.from({ length: 12 }, (_, at) => `The comet was seen again, report ${at}.`),
    )
    const little = await add(person, 'Little', ['Once there was a comet.', 'Nothing here.'])
    const found = await find(person, 'comet')
    expect(found).toHaveLength(6)
    expect(found.slice(0, 4).map(({ documentId }) => documentId)).toContain(little)
    expect(new Set(found.map(({ documentId }) => documentId))).toEqual(new Set([much, little]))
  })

  test('only in the collections attached to the conversation, where there are any', async () => {
    const person = await newPerson()
    const { token } = person
    const [inside] = [
      await add(person, 'Inside', ['The comet inside.']),
      await add(person, 'Outside', ['The comet outside.']),
    ]
    const [collection, conversation] = [newId(), newId()]
    await ok(call('post', '/collections', { token, body: { id: collection, name: 'Some' } }), 201)
    await ok(
      call('patch', `/collections/${collection}`, {
        token,
        body: { documentIds: [inside], attachedTo: [conversation] },
      }),
    )
    expect(await find(person, 'comet', { targets: [newId()] })).toHaveLength(2)
    expect((await find(person, 'comet', { targets: [conversation] })).map(({ title }) => title)).toEqual(['Inside'])
  })

  test('never by the embeddings of another model', async () => {
    const person = await newPerson()
    await add(person, 'Old', ['An old passage about lighthouses.'])
    const vector = await vectorOf('An old passage about lighthouses.')
    expect(await find(person, 'zzz', { vector })).toHaveLength(1)
    expect(await find(person, 'zzz', { vector, model: 'a-newer-model' })).toEqual([])
  })

  test.for([
    "'",
    "a' | 'b",
    '\\',
    "\\'",
    ':*',
    '!(',
    '<->',
    '%_',
    '"',
    'a & !b',
    '🌊',
    ' ',
    '\u202e',
    'x'.repeat(30_000),
  ])('or not, but never with an error, whatever is asked: %j', async (question) => {
    expect(Array.isArray(await find({ id: newId() }, question))).toBe(true)
    const person = await newPerson()
    await add(person, 'Any', ["It's a & b | c: x \\ y"])
    expect((await find(person, question)).length).toBeLessThanOrEqual(1)
  })
})

beforeAll(
  () => sql`
    create index if not exists chunks_by_meaning_1536 on chunks
      using hnsw ((embedding::halfvec(1536)) halfvec_cosine_ops) where vector_dims(embedding) = 1536`,
)
afterAll(() => sql`drop index if exists chunks_by_meaning_1536`)

test('nobody ever finds what is another’s, whatever is asked and however their documents lie among each other', async () => {
  const people = await Promise.all([newPerson(), newPerson(), newPerson()])
  const words = ['tide', 'moon', 'harbour', 'granite', 'comet', 'butter']
  const text = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 6 }).map((list) => list.join(' '))
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(2), text), { minLength: 1, maxLength: 4 }),
      text,
      fc.nat(2),
      async (documents, question, asker) => {
        for (const [owner, body] of documents) {
          const person = people[owner] as Person
          const id = await add(person, person.id, [body])
          // Attached by everybody to the same conversation: it must not open a way.
          const collection = newId()
          await ok(call('post', '/collections', { token: person.token, body: { id: collection, name: 'c' } }), 201)
          await ok(
            call('patch', `/collections/${collection}`, {
              token: person.token,
              body: { documentIds: [id], attachedTo: [target] },
            }),
          )
        }
        const person = people[asker] as Person
        const vector = await vectorOf(documents[0]?.[1] ?? '')
        for (const targets of [[], [target]]) {
          const exact = await find(person, question, { vector, targets, limit: 50 })
          for (const passage of exact) expect(passage.title).toBe(person.id)
          const sought = { ownerId: person.id, question, vector, model: 'demo-embedding', targets, limit: 50 }
          const { passages } = await walking.findPassages(sought)
          expect(new Set(passages.map(({ text }) => text))).toEqual(new Set(exact.map(({ text }) => text)))
        }
      },
    ),
    { numRuns: 12 },
  )
})
const target = newId()
