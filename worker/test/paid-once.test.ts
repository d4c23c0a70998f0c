import { newId, type DocumentCard, type NewDocument } from '@macro-ai/shared'
import { beforeEach, describe, expect, test } from 'vitest'
import { call, newPerson, ok, type Person } from './support/api.ts'
import { checkBooks } from './support/books.ts'
import { databaseTrips, fault, forgetCalls, modelCalls, noFaults, resetCounters, sql } from './support/platform.ts'

beforeEach(noFaults)

const passages = (count: number, of: string = newId()) =>
  Array.from({ length: count }, (_, at) => ({ text: `Passage ${at} of ${of}`, page: at + 1 }))
const documentOf = (change: Partial<NewDocument> = {}): NewDocument => ({
  id: newId(),
  title: 'Tides',
  chunks: passages(16),
  ...change,
})
const add = ({ token }: Pick<Person, 'token'>, body: NewDocument) =>
  ok<DocumentCard>(call('post', '/documents', { token, body }), 201)
const embed = ({ token }: Pick<Person, 'token'>, id: string) =>
  ok<DocumentCard>(call('post', `/documents/${id}/embed`, { token }))

/** Does it so many times at the same moment. */
const atOnce = <Result>(times: number, work: (at: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: times }, (_, at) => work(at)))

/** The texts that a model was asked to embed since `forgetCalls`, call by call. */
const embedded = async () =>
  (await modelCalls())
    .filter(({ path }) => path === '/v1/embeddings')
    .map(({ messages }) => messages.map(({ content }) => content))
const paymentsOf = ({ id }: Person) =>
  sql`select amount_micros from ledger where user_id = ${id}::uuid and kind = 'settle' and purpose = 'embedding'`
/** As one whose claim was made so long ago, and who was never heard of again. */
const claim = (id: string, seconds: number) =>
  sql`update chunks set claimed_until = now() + make_interval(secs => ${seconds}) where document_id = ${id}::uuid`

describe('passages are paid for once', () => {
  test.for([
    [2, 16],
    [15, 1],
  ] as const)('though the same document comes %i times at once, of %i passages', async ([times, count]) => {
    const person = await newPerson()
    const document = documentOf({ chunks: passages(count) })
    await forgetCalls()
    const cards = await atOnce(times, () => add(person, document))
    for (const card of cards) expect(card).toEqual({ ...cards[0], chunks: count, embedded: count })
    expect(await embedded()).toEqual([document.chunks.map(({ text }) => text)])
    expect(await paymentsOf(person)).toHaveLength(1)
    await checkBooks()
  })

  test('though they come in fifteen documents at once', async () => {
    const [person, chunks] = [await newPerson(), passages(2)]
    await forgetCalls()
    const cards = await atOnce(15, (at) => add(person, documentOf({ title: `Number ${at}`, chunks })))
    expect(cards.map((card) => card.embedded)).toEqual(cards.map(() => 2))
    expect(await embedded()).toHaveLength(1)
    expect(await paymentsOf(person)).toHaveLength(1)
  })

  test('though a document has them twice', async () => {
    const [person, chunks] = [await newPerson(), passages(2)]
    await forgetCalls()
    expect(await add(person, documentOf({ chunks: [...chunks, ...chunks] }))).toMatchObject({ embedded: 4 })
    expect(await embedded()).toEqual([chunks.map(({ text }) => text)])
  })

  test('though the same part of a document comes several times at once, and others beside it', async () => {
    const person = await newPerson()
    const { token } = person
    const { id } = await add(person, documentOf({ chunks: passages(1), total: 49 }))
    const parts = [1, 17, 33].map((position) => ({ position, chunks: passages(16) }))
    await forgetCalls()
    await atOnce(9, (at) => ok(call('post', `/documents/${id}/chunks`, { token, body: parts[at % 3] })))
    expect(await embed(person, id)).toMatchObject({ chunks: 49, embedded: 49 })
    const texts = (await embedded()).flat()
    expect(texts.toSorted()).toEqual(parts.flatMap(({ chunks }) => chunks.map(({ text }) => text)).toSorted())
    await checkBooks()
  })

  test('though several ask at once to have them embedded', async () => {
    const person = await newPerson()
    await fault({ target: 'model', kind: 'down', times: 1 })
    const { id } = await add(person, documentOf())
    await forgetCalls()
    const cards = await atOnce(5, () => embed(person, id))
    expect(cards.map((card) => card.embedded)).toEqual(cards.map(() => 16))
    expect(await embedded()).toHaveLength(1)
    expect(await paymentsOf(person)).toHaveLength(2)
  })

  test('by each person for themselves', async () => {
    const chunks = passages(2)
    await forgetCalls()
    const people = await atOnce(2, () => newPerson())
    await Promise.all(people.map((person) => add(person, documentOf({ chunks }))))
    expect(await embedded()).toHaveLength(2)
    for (const person of people) expect(await paymentsOf(person)).toHaveLength(1)
  })
})

describe('who has claimed passages', () => {
  test('and fails leaves them to who comes at the same moment', async () => {
    const [person, document] = [await newPerson(), documentOf()]
    await fault({ target: 'model', kind: 'down', times: 1 })
    const cards = await atOnce(2, () => add(person, document))
    expect(cards.map((card) => card.embedded)).toContain(16)
    expect(await embed(person, document.id)).toMatchObject({ embedded: 16 })
    await checkBooks()
  })

  test('and is never heard of again keeps them for a while: they are found by words, and embedded after it', async () => {
    const person = await newPerson()
    await fault({ target: 'model', kind: 'down', times: 1 })
    const document = documentOf()
    await add(person, document)
    await claim(document.id, 20)
    await forgetCalls()
    expect(await add(person, document)).toMatchObject({ chunks: 16, embedded: 0 })
    expect(await embedded()).toEqual([])
    await claim(document.id, -1)
    expect(await add(person, document)).toMatchObject({ chunks: 16, embedded: 16 })
    expect(await embedded()).toHaveLength(1)
    expect(
      await sql`select 1 from chunks where document_id = ${document.id}::uuid and claimed_until is not null`,
    ).toEqual([])
  })

  test('makes no more trips to the database for it', async () => {
    const person = await newPerson()
    await add(person, documentOf())
    await resetCounters()
    await add(person, documentOf())
    // It is added, money is held and settled, the embeddings are kept, and it is shown.
    expect(await databaseTrips()).toBe(5)
  })
})
