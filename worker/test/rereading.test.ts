import { newId, type DocumentCard, type SearchPage } from '@macro-ai/shared'
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { call, newPerson, ok, owner, password, type Person } from './support/api.ts'
import { checkBooks } from './support/books.ts'
import { counters, forgetCalls, modelCalls, noFaults, resetCounters, sql } from './support/platform.ts'
import { workerWith } from './support/settings.ts'
import { eventually, newTurn, say } from './support/turns.ts'

beforeEach(noFaults)

/** As the instance was before its owner changed the setting: these tests' own has 1536. */
const before = workerWith({ EMBEDDING_DIMENSIONS: '256' })

const length = 40
/** Long enough that sixteen of them are worth some money. */
const passage = (at: number) => `Moonlight over harbour ${at}: ${'the tide comes and goes. '.repeat(60)}`

const addAsBefore = async ({ token }: Person): Promise<string> => {
  const id = newId()
  const chunks = Array.from({ length }, (_, at) => ({ text: passage(at) }))
  const body = { id, title: 'Log', chunks: chunks.slice(0, 16), total: length }
  await ok(before('post', '/documents', { token, body }), 201)
  for (const position of [16, 32])
    await ok(
      before('post', `/documents/${id}/chunks`, {
        token,
        body: { position, chunks: chunks.slice(position, position + 16) },
      }),
    )
  return id
}

const embeddedOf = async ({ token }: Person, id: string) =>
  (await ok<DocumentCard>(call('get', `/documents/${id}`, { token }))).embedded
/** All of the words are in no passage: it is only found by its meaning. */
const byMeaning = ({ token }: Person) => ok<SearchPage>(call('get', '/search?q=moonlit+harbour+tides', { token }))
const spaces = async (id: string) =>
  sql`select model, vector_dims(embedding) as dimensions, count(*)::int as count from chunks
    where document_id = ${id}::uuid group by 1, 2 order by 1`
const background = ({ id }: Person) => env.CHAT.get(env.CHAT.idFromName(`${id}/documents`))
const isAtRest = (person: Person) =>
  eventually(() =>
    runInDurableObject(background(person), async (_, { storage }) => {
      expect(await storage.getAlarm()).toBeNull()
      expect([...(await storage.list()).keys()]).toEqual([])
    }),
  )
const setDailyCap = async ({ id }: Person, dailyCapMicros: number | null) =>
  ok(call('patch', `/admin/users/${id}`, { token: (await owner()).token, body: { dailyCapMicros } }))
const spentBy = async ({ id }: Person) =>
  Number(
    (
      await sql`select coalesce(sum(amount_micros), 0) as sum from ledger where user_id = ${id}::uuid and kind = 'settle'`
    )[0]?.['sum'],
  )

describe('after the embedding was changed', () => {
  test('documents are read again from the next search on, till a cap is reached, and go on when there is room', async () => {
    const person = await newPerson()
    const id = await addAsBefore(person)
    expect(await embeddedOf(person, id)).toBe(0)
    expect(await spaces(id)).toEqual([{ model: 'demo-embedding@256', dimensions: 256, count: length }])
    const perCall = (await spentBy(person)) / 3
    const worst = Math.ceil((16 * (passage(0).length + 20) * 20_000) / 1_000_000)
    // Room for the worst case of a second call, and not of a third; a fifth is left to turns.
    await setDailyCap(person, Math.ceil(((await spentBy(person)) + perCall + worst + 1) / 0.8))

    expect(await byMeaning(person)).toEqual({ items: [], nextCursor: null, incomplete: true })
    await eventually(async () => expect(await embeddedOf(person, id)).toBeGreaterThan(0))
    await isAtRest(person)
    const embedded = await embeddedOf(person, id)
    expect(embedded).toBeLessThan(length)
    expect(await spaces(id)).toEqual([
      { model: 'demo-embedding', dimensions: 1536, count: embedded },
      { model: 'demo-embedding@256', dimensions: 256, count: length - embedded },
    ])

    const old = await sql<{ position: number }>`
      select position from chunks where document_id = ${id}::uuid and model <> 'demo-embedding'`
    await setDailyCap(person, null)
    // What is found is of the new embedding alone, though of the old one others are as near.
    const { items, incomplete } = await byMeaning(person)
    expect(incomplete).toBe(true)
    const found = items.map((hit) => (hit.type === 'document' ? hit.position : -1))
    expect(found.length).toBeGreaterThan(0)
    expect(found.filter((at) => old.some(({ position }) => position === at))).toEqual([])
    await eventually(async () => expect(await embeddedOf(person, id)).toBe(length))
    await isAtRest(person)
    expect(await spaces(id)).toEqual([{ model: 'demo-embedding', dimensions: 1536, count: length }])
    expect((await byMeaning(person)).incomplete).toBeUndefined()
    await checkBooks()

    // Nothing wakes anything once it is done.
    await resetCounters()
    await runInDurableObject(background(person), async (chat) =>
      (chat as unknown as { alarm: () => Promise<void> }).alarm(),
    )
    expect(await counters()).toMatchObject({ database: 0, model: 0 })
  })

  test('an answer says so as long as not all was read again, and begins it', async () => {
    const person = await newPerson()
    const id = await addAsBefore(person)
    const ask = async () => {
      await forgetCalls()
      await say(person, newTurn({ text: 'What about moonlight over the harbour?', useKnowledge: true }))
      const asked = (await modelCalls()).find(({ path }) => path === '/v1/chat/completions')
      return asked?.messages.at(-1)?.content ?? ''
    }
    const first = await ask()
    // By their words the passages are found all the same.
    expect(first).toContain('<passage n="1"')
    expect(first).toContain('being read again')
    await eventually(async () => expect(await embeddedOf(person, id)).toBe(length))
    expect(await ask()).not.toContain('being read again')
  })

  test('a text that the model refuses is found by its words, and stands in the way of no other', async () => {
    const person = await newPerson()
    const id = await addAsBefore(person)
    // Longer than any that the model takes.
    await sql`update chunks set text = text || repeat(' moonlit', 20000) where document_id = ${id}::uuid and position in (3, 20)`
    await byMeaning(person)
    await eventually(async () => expect(await embeddedOf(person, id)).toBe(length))
    await isAtRest(person)
    expect(
      await sql`select position from chunks where document_id = ${id}::uuid and embedding is null order by 1`,
    ).toEqual([{ position: 3 }, { position: 20 }])
    const { items, incomplete } = await byMeaning(person)
    expect(incomplete).toBeUndefined()
    expect(items.length).toBeGreaterThan(0)
    await checkBooks()
  })

  test('nothing is left of it when the account is erased on the way', async () => {
    const person = await newPerson()
    await addAsBefore(person)
    await byMeaning(person)
    await ok(call('delete', '/me', { token: person.token, body: { password } }), 204)
    await isAtRest(person)
    expect(await sql`select 1 from chunks where owner_id = ${person.id}::uuid`).toEqual([])
  })
})

test('without an embedding model no search says that something is being read', async () => {
  const person = await newPerson()
  await addAsBefore(person)
  const chat = { id: 'demo', label: 'Demo', inputMicrosPerMTok: 1, outputMicrosPerMTok: 1 }
  const sizes = { contextTokens: 1000, maxOutputTokens: 10, source: 'test', asOf: '2026-11-22' }
  const without = workerWith({ MODELS: JSON.stringify([{ ...chat, ...sizes }]) })
  const page = await ok<SearchPage>(without('get', '/search?q=moonlight', { token: person.token }))
  expect(page.items.length).toBeGreaterThan(0)
  expect(page.incomplete).toBeUndefined()
})
