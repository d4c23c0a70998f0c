import { newId, type ConversationPage, type LargestThings, type Me, type StorageReport } from '@macro-ai/shared'
import { beforeEach, describe, expect, test } from 'vitest'
import { call, newPerson, ok, problem, type Person } from './support/api.ts'
import { addFile } from './support/files.ts'
import { databaseTrips, fault, noFaults, resetCounters, sql } from './support/platform.ts'
import { workerWith } from './support/settings.ts'
import { eventually, newTurn, say } from './support/turns.ts'

beforeEach(noFaults)

const storageOf = ({ token }: Pick<Person, 'token'>) => ok<StorageReport>(call('get', '/me/storage', { token }))
const nothing = { count: 0, bytes: 0 }

test('what somebody keeps is counted by kind, without anybody else’s, and what is deleted apart', async () => {
  const [person, other] = await Promise.all([newPerson(), newPerson()])
  const { bounds: _, ...report } = await storageOf(person)
  expect(report).toEqual({
    conversations: nothing,
    deleted: nothing,
    messages: nothing,
    files: nothing,
    documents: nothing,
    memories: nothing,
  })
  const turn = newTurn({ text: 'Say exactly: äöü' })
  await say(person, turn)
  await say(other, newTurn({ text: `Say exactly: ${'long '.repeat(500)}` }))
  const [documentId, fileId] = [newId(), newId()]
  await sql`insert into memories (id, owner_id, text) values (${newId()}::uuid, ${person.id}::uuid, 'likes tea')`
  await sql`insert into documents (id, owner_id, title, digest) values (${documentId}::uuid, ${person.id}::uuid, 'tides', 'd')`
  await sql`
    insert into chunks (id, owner_id, document_id, position, text, digest)
    values (${newId()}::uuid, ${person.id}::uuid, ${documentId}::uuid, 0, 'spring', 'a'),
      (${newId()}::uuid, ${person.id}::uuid, ${documentId}::uuid, 1, 'neap', 'b')`
  await sql`
    insert into files (id, owner_id, name, type, bytes, sha256)
    values (${fileId}::uuid, ${person.id}::uuid, 'a.txt', 'text/plain', 1234, 'x')`

  const before = await storageOf(person)
  expect(before).toMatchObject({
    messages: { count: 2 },
    files: { count: 1, bytes: 1234 },
    documents: { count: 1, bytes: 10 },
    memories: { count: 1, bytes: 9 },
  })
  expect(before.conversations.count).toBe(1)
  // The question, the answer, and an empty list of sources for each.
  expect(before.messages.bytes).toBe(new TextEncoder().encode('Say exactly: äöüäöü[][]').length)

  await ok(call('delete', `/conversations/${turn.conversationId}`, { token: person.token }), 204)
  const after = await storageOf(person)
  expect(after).toMatchObject({ conversations: nothing, messages: nothing, deleted: { count: 1 } })
  expect(after.deleted.bytes).toBe(before.conversations.bytes + before.messages.bytes)
})

const largestOf = ({ token }: Pick<Person, 'token'>) => ok<LargestThings>(call('get', '/me/storage/largest', { token }))
const addDocument = (person: Person, title: string, texts: string[], fileId?: string) =>
  ok<{ id: string }>(
    call('post', '/documents', {
      token: person.token,
      body: { id: newId(), title, chunks: texts.map((text) => ({ text })), ...(fileId && { fileId }) },
    }),
    201,
  )

test('of how much there is, is told for oneself and for everybody, with the database as it is', async () => {
  const person = await newPerson()
  await addFile(person, 'a.txt', 'Ten bytes.')
  await addDocument(person, 'Tides', ['Spring.', 'Neap.'])
  const { bounds } = await storageOf(person)
  expect(bounds.map(({ what, whose }) => `${whose} ${what}`).sort()).toEqual([
    'everybody database',
    'everybody files',
    'everybody passages',
    'mine files',
    'mine passages',
  ])
  expect(bounds).toContainEqual({ what: 'files', whose: 'mine', used: 10, cap: 500_000_000 })
  expect(bounds).toContainEqual({ what: 'passages', whose: 'mine', used: 2, cap: 10_000 })
  const [size] = await sql<{ bytes: string }>`select pg_database_size(current_database()) as bytes`
  const database = bounds.find(({ what }) => what === 'database')
  expect(database?.cap).toBe(500_000_000)
  expect(Math.abs((database?.used ?? 0) - Number(size?.bytes))).toBeLessThan(5_000_000)
  const own = workerWith({ DATABASE_BYTES: '0' })
  const unbounded = await ok<StorageReport>(own('get', '/me/storage', { token: person.token }))
  expect(unbounded.bounds.map(({ what }) => what)).not.toContain('database')
})

test('somebody whose room is nearly used up is told so when the app opens, and not any more when they let go', async () => {
  const person = await newPerson()
  const { token } = person
  const small = workerWith({ CHUNKS_USER: '5' })
  const isNearlyFull = async (worker = small) => (await ok<Me>(worker('patch', '/me', { token, body: {} }))).nearlyFull
  expect(await isNearlyFull()).toBe(false)
  const chunks = ['a', 'b', 'c', 'd'].map((text) => ({ text }))
  const body = { id: newId(), title: 'Four of five', chunks }
  await ok(small('post', '/documents', { token, body }), 201)
  expect(await isNearlyFull()).toBe(true)
  expect((await ok<Me>(small('get', '/me', { token }))).nearlyFull).toBe(true)
  await ok(call('delete', `/documents/${body.id}`, { token }), 204)
  expect(await isNearlyFull()).toBe(false)
  // The database of everybody counts too.
  expect(await isNearlyFull(workerWith({ DATABASE_BYTES: '1000' }))).toBe(true)
})

test('what takes most room is told by kind, with what it belongs to, and nothing of anybody else', async () => {
  const [person, other] = await Promise.all([newPerson(), newPerson()])
  const long = 'The tide comes in. '.repeat(40)
  const [read, alone, attached] = [
    await addFile(person, 'read.txt', 'r'.repeat(500)),
    await addFile(person, 'alone.txt', 'a'.repeat(300)),
    await addFile(person, 'attached.txt', 'b'.repeat(900)),
  ]
  const { id: large } = await addDocument(person, 'Large', [long, `${long}.`], read.id)
  const { id: little } = await addDocument(person, 'Little', ['Neap.'])
  const turn = newTurn({ text: `Say exactly: ${long}`, attachments: [attached.id] })
  await say(person, turn)
  await say(person, newTurn({ text: 'Say exactly: short' }))
  await addFile(other, 'theirs.txt', 'x'.repeat(9_000))
  await addDocument(other, 'Theirs', [long])

  const { documents, files, conversations } = await largestOf(person)
  expect(documents.map(({ id, fileId }) => [id, fileId])).toEqual([
    [large, read.id],
    [little, null],
  ])
  expect(documents[0]?.bytes).toBeGreaterThan(2 * long.length + read.bytes)
  expect(files).toMatchObject([
    { id: attached.id, title: 'attached.txt', bytes: 900, conversation: { id: turn.conversationId, deleted: false } },
    { id: alone.id, title: 'alone.txt', bytes: 300, conversation: null },
  ])
  expect(conversations.map(({ id }) => id)[0]).toBe(turn.conversationId)
  expect(conversations).toHaveLength(2)
})

describe('conversations that were deleted', () => {
  const removed = async (person: Person, attachments: string[] = []) => {
    const turn = newTurn({ attachments })
    await say(person, turn)
    await ok(call('delete', `/conversations/${turn.conversationId}`, { token: person.token }), 204)
    return turn
  }
  const erase = ({ token }: Person) => ok<{ more: boolean }>(call('delete', '/me/storage/deleted', { token }))
  const rows = (id: string) => sql`select 1 from conversations where id = ${id}::uuid`

  const restorable = (person: Pick<Person, 'token'>, query = '') =>
    ok<ConversationPage>(call('get', `/conversations?view=deleted${query}`, person))
  const idsOf = ({ items }: ConversationPage) => items.map(({ id }) => id)
  const deletedAgo = (id: string, days: number) =>
    sql`update conversations set deleted_at = now() - ${days} * interval '1 day' where id = ${id}::uuid`

  test('are listed to their owner for 30 days, the last to be deleted first, pinned or not, until restored', async () => {
    const [person, other] = await Promise.all([newPerson(), newPerson()])
    const { token } = person
    const patch = (id: string, body: object) => ok(call('patch', `/conversations/${id}`, { token, body }))
    const turns = [newTurn(), newTurn(), newTurn(), newTurn()]
    for (const turn of turns) await say(person, turn)
    const [pinned, archived, old, kept] = turns.map(({ conversationId }) => conversationId) as [
      string,
      string,
      string,
      string,
    ]
    await patch(pinned, { pinned: true })
    await patch(archived, { archived: true })
    for (const id of [pinned, old, archived]) await ok(call('delete', `/conversations/${id}`, { token }), 204)
    await deletedAgo(pinned, 29)
    await deletedAgo(old, 31)
    const foreign = await removed(other)

    await resetCounters()
    const all = await restorable(person)
    expect(await databaseTrips()).toBe(1)
    expect(idsOf(all)).toEqual([archived, pinned])
    expect(all.items).toMatchObject([{ archived: true }, { pinned: true }])
    expect(idsOf(await restorable(other))).toEqual([foreign.conversationId])
    const first = await restorable(person, '&limit=1')
    expect(idsOf(first)).toEqual([archived])
    const second = await restorable(person, `&limit=1&cursor=${first.nextCursor}`)
    expect([idsOf(second), second.nextCursor]).toEqual([[pinned], null])
    // Nor has it come into the place of the list that the cache keeps.
    expect(idsOf(await ok(call('get', '/conversations', { token })))).toEqual([kept])

    await ok(call('post', `/conversations/${pinned}/restore`, { token }))
    expect(idsOf(await restorable(person))).toEqual([archived])
    expect(idsOf(await ok(call('get', '/conversations', { token })))).toEqual([pinned, kept])
    await problem(call('get', `/conversations/${archived}`, { token }), 'not_found')
    await erase(person)
    expect(await restorable(person)).toEqual({ items: [], nextCursor: null })
    await problem(call('get', '/conversations?view=nonsense', { token }), 'bad_request')
  })

  test('can be erased at once, with the files that nothing else uses; what else is there stays', async () => {
    const person = await newPerson()
    const { token } = person
    const [mine, shared, read] = [
      await addFile(person, 'mine.txt', 'Mine.'),
      await addFile(person, 'shared.txt', 'Shared.'),
      await addFile(person, 'read.txt', 'Read.'),
    ]
    const { id: document } = await addDocument(person, 'Read', ['Read.'], read.id)
    const kept = newTurn({ attachments: [shared.id] })
    await say(person, kept)
    const gone = await removed(person, [mine.id, shared.id, read.id])
    const byFile = async (id: string) => (await call('get', `/files/${id}`, { token })).status
    expect(await byFile(mine.id)).toBe(200)
    const foreign = await removed(await newPerson())

    expect(await erase(person)).toEqual({ more: false })
    expect(await rows(gone.conversationId)).toEqual([])
    expect((await storageOf(person)).deleted).toEqual(nothing)
    expect([await byFile(mine.id), await byFile(shared.id), await byFile(read.id)]).toEqual([404, 200, 200])
    await problem(call('post', `/conversations/${gone.conversationId}/restore`, { token }), 'not_found')
    // Its object has forgotten the answer too.
    await problem(call('get', `/turns/${gone.turnId}/events`, { token }), 'not_found')
    await ok(call('get', `/documents/${document}`, { token }))
    await ok(call('get', `/conversations/${kept.conversationId}`, { token }))
    expect(await rows(foreign.conversationId)).toHaveLength(1)
  })

  test('are erased by themselves when something is deleted 30 days later, and not a day before', async () => {
    const person = await newPerson()
    const [old, young] = [await removed(person), await removed(person)]
    await deletedAgo(old.conversationId, 31)
    await deletedAgo(young.conversationId, 29)
    await removed(person)
    await eventually(async () => expect(await rows(old.conversationId)).toEqual([]))
    expect(await rows(young.conversationId)).toHaveLength(1)
  })

  test('keep nobody from deleting another while they cannot be erased', async () => {
    const person = await newPerson()
    const old = await removed(person)
    await deletedAgo(old.conversationId, 31)
    await fault({ target: 'database', kind: 'down', match: 'with gone as materialized' })
    await removed(person)
    expect(await rows(old.conversationId)).toHaveLength(1)
    await noFaults()
    await removed(person)
    await eventually(async () => expect(await rows(old.conversationId)).toEqual([]))
  })

  test('may be erased from two devices at the same time, with their files', async () => {
    const person = await newPerson()
    const files = await Promise.all(['a', 'b', 'c', 'd'].map((name) => addFile(person, `${name}.txt`, name)))
    const gone = await removed(
      person,
      files.map(({ id }) => id),
    )
    await Promise.all([erase(person), erase(person), erase(person)])
    expect(await rows(gone.conversationId)).toEqual([])
    expect((await storageOf(person)).files).toEqual(nothing)
  })

  test('of which erasing breaks off half-way are found again the next time', async () => {
    const person = await newPerson()
    const file = await addFile(person, 'mine.txt', 'Mine.')
    const gone = await removed(person, [file.id])
    await fault({ target: 'database', kind: 'down', match: 'delete from conversations', times: 2 })
    await problem(call('delete', '/me/storage/deleted', { token: person.token }), 'unavailable')
    expect(await rows(gone.conversationId)).toHaveLength(1)
    await noFaults()
    expect(await erase(person)).toEqual({ more: false })
    expect(await rows(gone.conversationId)).toEqual([])
    expect((await storageOf(person)).files).toEqual(nothing)
  })
})
