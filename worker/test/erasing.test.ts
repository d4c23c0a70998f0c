import { newId } from '@macro-ai/shared'
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { call, newPerson, ok, owner, password, problem, signIn, type Person } from './support/api.ts'
import { checkBooks } from './support/books.ts'
import { addFile } from './support/files.ts'
import { keptByChat, noFaults, poolAdmin, redis, sql } from './support/platform.ts'
import { tablesWith } from './support/tables.ts'
import { longTurn, newTurn, post, readUntil, say } from './support/turns.ts'
import { newAssistant, newKey } from './support/walk.ts'

beforeEach(noFaults)

/** Somebody, with a text that stands in whatever is theirs and in nothing else. */
type Life = Person & { secret: string }

const as = ({ token }: Life, method: string, path: string, body?: unknown) =>
  ok(call(method, path, { token, body }), method === 'post' ? 201 : 200)

const document = ({ secret }: Life) => {
  const chunks = [{ text: `Page of ${secret}`, page: 1 }]
  return { id: newId(), title: `Title of ${secret}`, chunks }
}

/** All that somebody can do that leaves something behind. */
const deeds: Record<string, (life: Life) => Promise<unknown>> = {
  'says something': (life) => say(life, newTurn({ text: `Say exactly: ${life.secret}` })),
  'is in the middle of an answer': async (life) => {
    const answer = await post(life, longTurn({ text: `Write 2000 tokens about ${life.secret}` }))
    await readUntil(answer, (text) => text.includes('event: delta'))
  },
  'deletes a conversation': async (life) => {
    const { start } = await say(life, newTurn({ text: `Say exactly: ${life.secret}` }))
    await ok(call('delete', `/conversations/${start.conversationId}`, { token: life.token }), 204)
  },
  'shares a conversation': async (life) => {
    const { start } = await say(life, newTurn({ text: `Say exactly: ${life.secret}` }))
    await as(life, 'post', `/conversations/${start.conversationId}/share`, {})
  },
  'sends a file along': async (life) => {
    const { id } = await addFile(life, `${life.secret}.txt`, `The file of ${life.secret}`)
    await say(life, newTurn({ attachments: [id] }))
  },
  'adds a document': (life) => as(life, 'post', '/documents', document(life)),
  'makes a collection': async (life) => {
    const [id, inside] = [newId(), document(life)]
    await as(life, 'post', '/documents', inside)
    await as(life, 'post', '/collections', { id, name: `All of ${life.secret}` })
    await as(life, 'patch', `/collections/${id}`, { documentIds: [inside.id] })
  },
  'asks for something to be remembered': (life) =>
    as(life, 'post', '/memories', { id: newId(), text: `Remember ${life.secret}` }),
  'saves an assistant': (life) =>
    as(life, 'post', '/assistants', newAssistant({ name: `For ${life.secret}`.slice(0, 60) })),
  'calls with a key': async (life) => {
    const { key } = await newKey(life, { name: `Of ${life.secret}`.slice(0, 60) })
    const body = { model: 'demo', messages: [{ role: 'user', content: `Say exactly: ${life.secret}` }] }
    await ok(call('post', '/v1/chat/completions', { token: key, body }))
  },
  'takes a name and gives instructions': (life) =>
    as(life, 'patch', '/me', { name: life.secret, instructions: `Think of ${life.secret}` }),
  'imports a conversation': async (life) => {
    const message = { author: { role: 'user' }, content: { content_type: 'text', parts: [life.secret] } }
    const mapping = { one: { id: 'one', parent: null, children: [], message: { id: 'one', ...message } } }
    const body = [{ title: life.secret, mapping, current_node: 'one' }]
    await ok(call('post', '/me/import', { token: life.token, body }))
  },
  'is given limits by the owner': async ({ id }) => {
    const { token } = await owner()
    await ok(call('patch', `/admin/users/${id}`, { token, body: { dailyCapMicros: 4_000_000 } }))
  },
  'reads lists and searches': async ({ token, secret }) => {
    for (const path of ['/me', '/conversations', '/usage', '/library', `/search?q=${secret.slice(0, 30)}`])
      await ok(call('get', path, { token }))
  },
}

/** Every row of every table, key and text of the cache, and name of a file that holds one of these texts. */
const traces = async (texts: readonly string[]): Promise<string[]> => {
  const isIn = (text: string | null) => texts.some((one) => text?.includes(one))
  const tables = await tablesWith(...texts)
  const keys = await redis<string[]>('KEYS', '*')
  const plain = await Promise.all(
    keys
      .filter((key) => !key.startsWith('limit:'))
      .map(async (key) => [key, await redis<string | null>('GET', key)] as const),
  )
  const cached = [...keys.map((key) => [key, null] as const), ...plain]
    .filter(([key, value]) => isIn(key) || isIn(value))
    .map(([key]) => `cache ${key}`)
  const { objects } = await (env.FILES as R2Bucket).list()
  return [
    ...tables.map((name) => `table ${name}`),
    ...cached,
    ...objects.filter(({ key }) => isIn(key)).map(({ key }) => `file ${key}`),
  ]
}

/** Where somebody who did all of it is found. */
const everyPlace = (id: string) =>
  [
    ...['users', 'conversations', 'messages', 'ledger', 'budgets', 'reservations', 'audit', 'shares', 'keys'],
    ...['assistants', 'files', 'storage', 'documents', 'chunks', 'collections', 'collected', 'memories'],
  ]
    .map((name): unknown => `table ${name}`)
    .concat(`cache person:1:${id}`, expect.stringMatching(`^cache embedding:3:${id}:`), expect.stringMatching(/^file /))

test('whatever somebody has done here, erasing the account leaves nothing of it anywhere, and others lose nothing', async () => {
  const other = { ...(await newPerson()), secret: `s${newId().replaceAll('-', '')}` }
  await say(other, newTurn({ text: `Say exactly: ${other.secret}` }))
  // What is lent to them for turns to come may be given back meanwhile.
  const ofOther = async () => (await traces([other.id, other.secret])).filter((place) => place !== 'table reservations')
  const kept = await ofOther()

  const all = Object.keys(deeds)
  const some = fc.shuffledSubarray(all, { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(some, async (done) => {
      const life: Life = { ...(await newPerson()), secret: `s${newId().replaceAll('-', '')}` }
      for (const deed of done) await deeds[deed]?.(life)
      const mine = [life.id, life.email, life.secret]
      expect(await traces(mine)).toEqual(
        expect.arrayContaining(done.length === all.length ? everyPlace(life.id) : ['table users']),
      )
      const rows = await sql<{ id: string }>`select id from conversations where owner_id = ${life.id}::uuid`

      await ok(call('delete', '/me', { token: life.token, body: { password } }), 204)

      expect(await traces(mine)).toEqual([])
      for (const { id } of rows) expect(await keptByChat(life.id, id)).toEqual([])
      await expect(poolAdmin('AdminGetUser', { Username: life.id })).rejects.toThrow('UserNotFoundException')
      await problem(call('get', '/me', { token: life.token }), 'unauthenticated')
      await checkBooks()
    }),
    { examples: [[all]], numRuns: 6 },
  )
  expect(await ofOther()).toEqual(kept)
  await ok(call('get', '/me', { token: (await signIn(other.email)).token }))
})
