import {
  newId,
  type Collection,
  type DocumentCard,
  type LibraryRoom,
  type MemoryPage,
  type NewDocument,
  type OpenDocument,
  type SearchPage,
} from '@macro-ai/shared'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { call, newPerson, ok, problem, type Person } from './support/api.ts'
import { checkBooks } from './support/books.ts'
import { addFile } from './support/files.ts'
import { counters, fault, forgetCalls, modelCalls, noFaults, resetCounters, sql } from './support/platform.ts'
import { workerWith } from './support/settings.ts'
import { eventually } from './support/turns.ts'

beforeEach(noFaults)

const tides = [
  'Spring tides come at new and full moon.',
  'Neap tides come at half moon.',
  'The Bay of Fundy has the highest.',
]
const documentOf = (change: Partial<NewDocument> = {}): NewDocument => ({
  id: newId(),
  title: 'Tides',
  chunks: tides.map((text, at) => ({ text, page: at + 1 })),
  ...change,
})
const post = ({ token }: Pick<Person, 'token'>, body: unknown) => call('post', '/documents', { token, body })
const add = (person: Pick<Person, 'token'>, document: NewDocument) => ok<DocumentCard>(post(person, document), 201)
const embeddingCalls = async () => (await modelCalls()).filter(({ path }) => path === '/v1/embeddings')

describe('a document', () => {
  test('is kept with its pages, embedded in one call that is paid for, and comes back as it was', async () => {
    const person = await newPerson()
    await forgetCalls()
    const card = await add(person, documentOf())
    expect(card).toMatchObject({ title: 'Tides', total: 3, chunks: 3, embedded: 3, fileId: null })
    expect(await embeddingCalls()).toHaveLength(1)
    const opened = await ok<OpenDocument>(call('get', `/documents/${card.id}`, { token: person.token }))
    expect(opened.passages).toEqual(tides.map((text, position) => ({ position, page: position + 1, text })))
    expect(opened.nextPosition).toBeNull()
    const paid = await sql`select purpose, model from ledger where user_id = ${person.id}::uuid and kind = 'settle'`
    expect(paid).toEqual([{ purpose: 'embedding', model: 'demo-embedding' }])
    await checkBooks()
  })

  test('is found by its words whether their accents came with the letters or behind them', async () => {
    const person = await newPerson()
    const apart = (text: string) => text.normalize('NFD')
    const { id } = await add(
      person,
      documentOf({ title: apart('Die Mühle'), chunks: [{ text: apart('Ein Bäcker') }], total: 2 }),
    )
    const more = { position: 1, chunks: [{ text: apart('Ein Müller') }] }
    await ok(call('post', `/documents/${id}/chunks`, { token: person.token, body: more }))
    const placesOf = async (q: string) => {
      const found = await ok<SearchPage>(call('get', `/search?q=${encodeURIComponent(q)}`, { token: person.token }))
      return found.items.map((hit) => hit.type === 'document' && hit.position)
    }
    expect([await placesOf('Mühle'), await placesOf('Bäcker'), await placesOf('Müller')]).toEqual([[0], [0], [1]])
  })

  test('sent again is the same one; with other content its id is taken; the same text in another costs nothing', async () => {
    const person = await newPerson()
    const document = documentOf()
    await add(person, document)
    await forgetCalls()
    expect(await add(person, document)).toMatchObject({ chunks: 3, embedded: 3 })
    await problem(post(person, { ...document, title: 'Other' }), 'conflict')
    const moved = document.chunks.map((chunk) => ({ ...chunk, page: 7 }))
    await problem(post(person, { ...document, chunks: moved }), 'conflict')
    await problem(post(await newPerson(), document), 'conflict')
    expect(await add(person, documentOf({ title: 'A copy' }))).toMatchObject({ chunks: 3, embedded: 3 })
    expect(await embeddingCalls()).toEqual([])
  })

  test('may come in parts, in any order and more than once, and is whole at the end', async () => {
    const person = await newPerson()
    const { token } = person
    const document = documentOf({ total: 6 })
    const more = (position: number, text: string) =>
      call('post', `/documents/${document.id}/chunks`, { token, body: { position, chunks: [{ text }] } })
    await add(person, document)
    for (const at of [5, 3, 4, 3]) await ok(more(at, `Part ${at}`))
    expect(await ok(call('get', `/documents/${document.id}`, { token }))).toMatchObject({
      chunks: 6,
      embedded: 6,
      total: 6,
    })
    await problem(more(6, 'Too far'), 'invalid')
    await problem(more(4, 'Something else'), 'conflict')
  })

  test('takes all of a part or nothing: with one passage that clashes the others stay out', async () => {
    const { token } = await newPerson()
    const { id } = await add({ token }, documentOf({ total: 5 }))
    const send = (...texts: string[]) =>
      call('post', `/documents/${id}/chunks`, {
        token,
        body: { position: 2, chunks: texts.map((text, at) => ({ text, page: at + 3 })) },
      })
    await problem(send('Another third', 'The fourth', 'The fifth'), 'conflict')
    expect(await ok(call('get', `/documents/${id}`, { token }))).toMatchObject({ chunks: 3 })
    expect(await ok(send(tides[2] ?? '', 'The fourth', 'The fifth'))).toMatchObject({ chunks: 5, embedded: 5 })
  })

  test('of a foreign file is refused; of an own one it goes with the file', async () => {
    const [person, other] = await Promise.all([newPerson(), newPerson()])
    const file = await addFile(person, 'tides.txt', 'Tides.')
    await problem(post(other, documentOf({ fileId: file.id })), 'not_found')
    const { id } = await add(person, documentOf({ fileId: file.id }))
    const { token } = person
    const remove = () => call('delete', `/files/${file.id}`, { token })
    await fault({ target: 'database', kind: 'down', match: 'delete from documents', times: 1 })
    await problem(remove(), 'unavailable')
    await ok(remove(), 204)
    await problem(call('get', `/documents/${id}`, { token }), 'not_found')
    expect(await sql`select chunks from storage where owner_id = ${person.id}::uuid`).toEqual([{ chunks: 0 }])
  })

  test('is listed newest first, page by page', async () => {
    const { token } = await newPerson()
    const ids: string[] = []
    for (const title of ['A', 'B', 'C']) ids.unshift((await add({ token }, documentOf({ title }))).id)
    type Page = { items: DocumentCard[]; nextCursor: string | null }
    const first = await ok<Page>(call('get', '/documents?limit=2', { token }))
    const second = await ok<Page>(call('get', `/documents?limit=2&cursor=${first.nextCursor}`, { token }))
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids)
    expect(second.nextCursor).toBeNull()
  })

  test('past the room there is, is refused whole', async () => {
    const { token, id } = await newPerson()
    const small = workerWith({ CHUNKS_USER: '5' })
    await ok(small('post', '/documents', { token, body: documentOf() }), 201)
    await problem(small('post', '/documents', { token, body: documentOf() }), 'too_large')
    expect(await sql`select count(*)::int as count from documents where owner_id = ${id}::uuid`).toEqual([{ count: 1 }])
  })

  test('that comes in parts is refused the part for which there is no room, mine or everybody’s, and takes it later', async () => {
    const person = await newPerson()
    const { token } = person
    const { id } = await add(person, documentOf({ total: 4 }))
    const body = { position: 3, chunks: [{ text: 'And the rest.' }] }
    const more = (room: object) => workerWith(room)('post', `/documents/${id}/chunks`, { token, body })
    expect((await problem(more({ CHUNKS_USER: '3' }), 'too_large')).detail).toMatch(/^Your documents/)
    expect((await problem(more({ CHUNKS_INSTANCE: '3' }), 'too_large')).detail).toContain('everybody here')
    expect(await ok(call('get', `/documents/${id}`, { token }))).toMatchObject({ chunks: 3, total: 4 })
    expect(await ok(more({ CHUNKS_USER: '4' }))).toMatchObject({ chunks: 4, embedded: 4 })
  })
})

test('a library tells how much room it takes, of how much there is, and what takes most', async () => {
  const person = await newPerson()
  await addFile(person, 'a.txt', 'Ten bytes.')
  await add(person, documentOf({ title: 'Long' }))
  await add(person, documentOf({ title: 'Short', chunks: [{ text: 'Short.' }] }))
  const room = await ok<LibraryRoom>(call('get', '/library', { token: person.token }))
  expect(room).toMatchObject({ files: { used: 10, cap: 500_000_000 }, passages: { used: 4, cap: 10_000 } })
  expect(room.largest.map(({ title, passages }) => [title, passages])).toEqual([
    ['Long', 3],
    ['Short', 1],
  ])
})

describe('when something breaks half-way', () => {
  test('the model down or the budget used up: the text is kept, and embedded when asked again', async () => {
    const person = await newPerson()
    const { token } = person
    await fault({ target: 'model', kind: 'down', times: 1 })
    const { id, embedded } = await add(person, documentOf({ title: 'Later' }))
    expect(embedded).toBe(0)
    for (const kind of ['down', '429', 'malformed', 'cut'] as const) {
      await fault({ target: 'model', kind })
      await problem(call('post', `/documents/${id}/embed`, { token }), 'upstream_failed')
      await noFaults()
    }
    const poor = workerWith({ USER_DAY_CAP_MICROS: '0' })
    await problem(poor('post', `/documents/${id}/embed`, { token }), 'budget_exhausted')
    expect(await ok(call('post', `/documents/${id}/embed`, { token }))).toMatchObject({ embedded: 3 })
    await checkBooks()
  })

  test('the database down after the money was spent: asking again does not spend it twice', async () => {
    const person = await newPerson()
    await forgetCalls()
    await fault({ target: 'database', kind: 'down', match: 'update chunks c set embedding', times: 2 })
    const { id } = await add(person, documentOf({ title: 'Twice' }))
    expect(await ok(call('post', `/documents/${id}/embed`, { token: person.token }))).toMatchObject({ embedded: 3 })
    expect(await embeddingCalls()).toHaveLength(1)
  })

  const steps = [
    'insert into documents',
    'insert into chunks',
    'update chunks c set embedding',
    'from documents d where',
  ]
  test.for(steps.flatMap((match) => (['down', 'lost-reply'] as const).map((kind) => [kind, match] as const)))(
    'the database %s at “%s” while a document comes in parts: sent again, it is whole, once, and paid for once',
    async ([kind, match]) => {
      const person = await newPerson()
      const { token } = person
      const document = documentOf({
        total: 4,
        chunks: tides.slice(0, 2).map((text) => ({ text: `${text} ${person.id}` })),
      })
      const rest = { position: 2, chunks: [{ text: `Three ${person.id}` }, { text: `Four ${person.id}` }] }
      await forgetCalls()
      const insist = async (send: () => Promise<Response>) => {
        await fault({ target: 'database', kind, match, times: 1 })
        await eventually(async () => expect((await send()).ok).toBe(true))
        await noFaults()
      }
      await insist(() => post(person, document))
      await insist(() => call('post', `/documents/${document.id}/chunks`, { token, body: rest }))
      const whole = { chunks: 4, total: 4, embedded: 4 }
      const card = await ok<DocumentCard>(call('post', `/documents/${document.id}/embed`, { token }))
      expect(card).toMatchObject(whole)
      const { passages } = await ok<OpenDocument>(call('get', `/documents/${document.id}`, { token }))
      expect(passages.map(({ position }) => position)).toEqual([0, 1, 2, 3])
      expect(await sql`select chunks from storage where owner_id = ${person.id}::uuid`).toEqual([{ chunks: 4 }])
      const texts = (await embeddingCalls()).flatMap(({ messages }) => messages.map(({ content }) => content))
      expect(texts).toHaveLength(new Set(texts).size)
      await checkBooks()
    },
  )

  test('another embedding model does not count as this one: all is embedded anew, and the two are never mixed', async () => {
    const person = await newPerson()
    const { id } = await add(person, documentOf())
    await sql`update chunks set model = 'an-older-model' where document_id = ${id}::uuid`
    expect(await ok(call('get', `/documents/${id}`, { token: person.token }))).toMatchObject({ embedded: 0 })
    expect(await ok(call('post', `/documents/${id}/embed`, { token: person.token }))).toMatchObject({ embedded: 3 })
    expect(await sql`select distinct model from chunks where document_id = ${id}::uuid`).toEqual([
      { model: 'demo-embedding' },
    ])
  })

  /** Adds a document with a model that answers this. */
  const addToldVectors = async (vector: unknown, usage: string) => {
    const person = await newPerson()
    const real = globalThis.fetch
    const written = typeof vector === 'string' ? vector : JSON.stringify(vector)
    const item = (index: number) => `{"index":${index}${written === undefined ? '' : `,"embedding":${written}`}}`
    const watch = vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) =>
      (input instanceof Request ? input.url : String(input)).startsWith('https://model.test/')
        ? Promise.resolve(
            new Response(`{"data":[${[0, 1, 2].map(item).join()}]${usage}}`, {
              headers: { 'content-type': 'application/json' },
            }),
          )
        : real(input, init),
    )
    const worker = workerWith({ OPENAI_BASE_URL: 'https://model.test/v1' })
    const card = await ok(worker('post', '/documents', { token: person.token, body: documentOf() }), 201)
    watch.mockRestore()
    return { person, card }
  }

  test.for([
    ['of another length', [1, 0]],
    ['that point nowhere', Array(1536).fill(0)],
    ['that are none', Array(1536).fill(null)],
    ['without end', `[${Array(1536).fill('1e309').join()}]`],
    ['absent', undefined],
  ])('text that the model has only vectors for %s, is kept by its words', async ([, vector]) => {
    expect((await addToldVectors(vector, ',"usage":{"prompt_tokens":9}')).card).toMatchObject({
      chunks: 3,
      embedded: 0,
    })
    await checkBooks()
  })

  test.for(['', ',"usage":null', ',"usage":{}'])(
    'a model that does not say what it used (%s) embeds all the same, and is charged',
    async (usage) => {
      const { person, card } = await addToldVectors(Array(1536).fill(1), usage)
      expect(card).toMatchObject({ chunks: 3, embedded: 3 })
      const [entry] = await sql<{ input_tokens: number }>`
        select input_tokens from ledger where user_id = ${person.id}::uuid and kind = 'settle'`
      expect(entry?.input_tokens).toBeGreaterThan(0)
      await checkBooks()
    },
  )

  test('without an embedding model documents are kept all the same', async () => {
    const { token } = await newPerson()
    const chat = {
      id: 'demo',
      label: 'Demo',
      inputMicrosPerMTok: 1,
      outputMicrosPerMTok: 1,
      contextTokens: 1000,
      maxOutputTokens: 10,
    }
    const MODELS = JSON.stringify([{ ...chat, source: 'test', asOf: '2026-11-22' }])
    await resetCounters()
    const card = await ok(workerWith({ MODELS })('post', '/documents', { token, body: documentOf() }), 201)
    expect(card).toMatchObject({ chunks: 3, embedded: 0 })
    expect((await counters()).model).toBe(0)
  })
})

describe('a collection', () => {
  test('holds documents of its owner, is attached and detached, and leaves them when it goes', async () => {
    const [person, other] = await Promise.all([newPerson(), newPerson()])
    const { token } = person
    const { id: mine } = await add(person, documentOf())
    const body = { id: newId(), name: 'The sea' }
    await ok(call('post', '/collections', { token, body }), 201)
    expect(await ok(call('post', '/collections', { token, body }), 201)).toMatchObject({ name: 'The sea' })
    const patch = (change: object) => ok<Collection>(call('patch', `/collections/${body.id}`, { token, body: change }))
    const target = newId()
    expect(await patch({ documentIds: [mine], attachedTo: [target] })).toMatchObject({
      documentIds: [mine],
      attachedTo: [target],
    })
    expect(await patch({ name: 'Seas', attachedTo: [] })).toMatchObject({
      name: 'Seas',
      documentIds: [mine],
      attachedTo: [],
    })
    expect(await ok(call('get', '/collections', { token: other.token }))).toEqual({ items: [], nextCursor: null })
    await ok(call('delete', `/collections/${body.id}`, { token }), 204)
    await ok(call('get', `/documents/${mine}`, { token }))
  })

  test('over the hundredth is refused, and the hundredth may be sent again', async () => {
    const { token, id: ownerId } = await newPerson()
    await sql`insert into collections (id, owner_id, name) select gen_random_uuid(), ${ownerId}::uuid, 'c' from generate_series(1, 99)`
    const hundredth = { id: newId(), name: 'The last' }
    const send = (body: object) => call('post', '/collections', { token, body })
    await ok(send(hundredth), 201)
    await ok(send(hundredth), 201)
    await problem(send({ id: newId(), name: 'One more' }), 'conflict')
  })
})

test('a collection with one document that is missing or somebody else’s is not found, and nothing of it is changed', async () => {
  const [person, other] = await Promise.all([newPerson(), newPerson()])
  const { token } = person
  const [{ id: mine }, { id: second }, { id: foreign }] = await Promise.all([
    add(person, documentOf()),
    add(person, documentOf()),
    add(other, documentOf()),
  ])
  const id = newId()
  await ok(call('post', '/collections', { token, body: { id, name: 'The sea' } }), 201)
  const patch = (body: object) => call('patch', `/collections/${id}`, { token, body })
  const before = await ok<Collection>(patch({ documentIds: [mine], attachedTo: [newId()] }))
  const whole = { name: 'Taken over', attachedTo: [newId()] }
  const [ofForeign, ofMissing] = [
    await problem(patch({ ...whole, documentIds: [second, foreign] }), 'not_found'),
    await problem(patch({ ...whole, documentIds: [second, newId()] }), 'not_found'),
  ]
  expect({ ...ofForeign, requestId: '' }).toEqual({ ...ofMissing, requestId: '' })
  expect(await ok(call('get', '/collections', { token }))).toEqual({ items: [before], nextCursor: null })
  await problem(
    call('patch', `/collections/${id}`, { token: other.token, body: { documentIds: [foreign] } }),
    'not_found',
  )
  expect(await ok(patch({ documentIds: [second] }))).toMatchObject({ documentIds: [second], name: 'The sea' })
})

describe('a memory', () => {
  test('is added, changed, listed and forgotten by its owner', async () => {
    const { token } = await newPerson()
    const body = { id: newId(), text: 'I sail on Sundays.' }
    await ok(call('post', '/memories', { token, body }), 201)
    await ok(call('post', '/memories', { token, body }), 201)
    await problem(call('post', '/memories', { token, body: { ...body, text: 'Other.' } }), 'conflict')
    await ok(call('patch', `/memories/${body.id}`, { token, body: { text: 'I sail on Mondays.' } }))
    const list = await ok<MemoryPage>(call('get', '/memories', { token }))
    expect(list.items.map(({ text }) => text)).toEqual(['I sail on Mondays.'])
    await ok(call('delete', `/memories/${body.id}`, { token }), 204)
    expect(await ok(call('get', '/memories', { token }))).toEqual({ items: [], nextCursor: null })
  })

  test('over the hundredth is refused', async () => {
    const { token, id } = await newPerson()
    await sql`insert into memories (id, owner_id, text) select gen_random_uuid(), ${id}::uuid, 'm' from generate_series(1, 100)`
    await problem(call('post', '/memories', { token, body: { id: newId(), text: 'One more.' } }), 'too_large')
  })
})
