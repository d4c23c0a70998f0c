import { newId, type StorageReport } from '@macro-ai/shared'
import { expect, test } from 'vitest'
import { call, newPerson, ok, type Person } from './support/api.ts'
import { sql } from './support/platform.ts'
import { newTurn, say } from './support/turns.ts'

const storageOf = ({ token }: Pick<Person, 'token'>) => ok<StorageReport>(call('get', '/me/storage', { token }))
const nothing = { count: 0, bytes: 0 }

test('what somebody keeps is counted by kind, without anybody else’s, and what is deleted apart', async () => {
  const [person, other] = await Promise.all([newPerson(), newPerson()])
  expect(await storageOf(person)).toEqual({
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
