import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import { newId, type ConversationPage, type OpenConversation, type UsageReport } from '@macro-ai/shared'
import { neon, neonConfig } from '@neondatabase/serverless'
import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { migrate } from '../../../../db/migrate.ts'
import { openLite } from '../../neon/lite.ts'
import { startPlatform, type Platform } from '../../platform.ts'
import { answers } from '../answers.ts'
import { copyBundle } from '../bundles.ts'
import { startChild } from '../child.ts'
import { writeDevVars } from '../dev-vars.ts'
import { databaseOf, type Given } from '../names.ts'
import { freePort } from '../ports.ts'
import { apiProgram, bundleArgs } from '../programs.ts'
import { keptSecrets } from '../secrets.ts'
import { composeSettings } from '../settings.ts'
import { dump } from './dump.ts'
import { readBackup, writeBackup } from './file.ts'
import { restore } from './restore.ts'

// Two instances start and stop, each with a database of its own.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const key = 'a key for the tests'
const demo = { email: 'demo@macro.local', password: 'Demo-passw0rd' }
const ada = { email: 'ada@example.org', password: 'Passw0rd-of-Ada' }
let folder: string
/** Cognito and the model stay where they are. */
let outside: Platform
const closing: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'macro-ai-moving-'))
  closing.push(() => rm(folder, { recursive: true, force: true }))
  outside = await startPlatform({ port: 0, dataDir: null })
  closing.push(outside.stop)
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

const placeOf = (name: string) => ({
  database: join(folder, name, 'platform'),
  bucket: join(folder, name, 'wrangler/v3/r2'),
  home: join(folder, name),
})

/** Its database and cache alone, up to date. */
const startServices = async (name: string) => {
  const platform = await startPlatform({ port: 0, dataDir: placeOf(name).database, demo: false })
  const given: Given = {
    NEON_DATABASE_URL: platform.database.url,
    NEON_FETCH_ENDPOINT: platform.database.endpoint,
    UPSTASH_REDIS_REST_URL: platform.cache.url,
    UPSTASH_REDIS_REST_TOKEN: platform.cache.token,
  }
  await migrate(databaseOf(given))
  return { platform, given }
}

type Asked = { token?: string; body?: object | string; method?: string }

/** The whole of an instance: the Worker as it was built, with objects and a bucket of its own, where turns may wait. */
const startInstance = async (name: string) => {
  const { platform, given } = await startServices(name)
  const ports = { api: await freePort(), site: 5173, platform: Number(new URL(outside.url).port) }
  const settings = composeSettings({ ...given, DATABASE_REST_SECONDS: '1800' }, ports, keptSecrets(folder))
  const { home } = placeOf(name)
  const variables = join(home, 'variables')
  writeDevVars(settings.worker, variables)
  const bundle = await copyBundle(join(home, 'bundle'))
  const program = apiProgram(settings, home, bundleArgs(bundle, variables))
  const child = startChild(program, randomUUID(), (line, wrong) => wrong && console.error(line))
  const stop = async () => {
    await child.stop()
    await platform.stop()
  }
  closing.push(stop)
  await Promise.race([answers(`${settings.urls.api}/health`), child.died])

  const call = (path: string, { token, body, method }: Asked = {}) =>
    fetch(settings.urls.api + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...(token && { authorization: `Bearer ${token}` }), 'content-type': 'application/json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const sql = async (text: string) => {
    neonConfig.fetchEndpoint = platform.database.endpoint
    return neon(platform.database.url).query(text)
  }
  return {
    call,
    sql,
    stop,
    ok: async <T>(...asked: Parameters<typeof call>): Promise<T> => {
      const answer = await call(...asked)
      const text = await answer.text()
      expect(answer.ok, `${asked[0]}: ${answer.status} ${text.slice(0, 500)}`).toBe(true)
      return (text && JSON.parse(text)) as T
    },
  }
}
type Instance = Awaited<ReturnType<typeof startInstance>>

const signIn = async ({ ok }: Instance, body: typeof demo) =>
  (await ok<{ accessToken: string }>('/auth/sign-in', { body })).accessToken

/** Says something and gives the answer's ids. */
const say = async ({ call }: Instance, token: string, turn: object) => {
  const body = { turnId: newId(), conversationId: newId(), parentId: null, ...turn }
  const text = await (await call('/turns', { token, body })).text()
  expect(text).toContain('"status":"complete"')
  return JSON.parse(/event: start\ndata: (.*)/.exec(text)?.[1] ?? '') as { conversationId: string; messageId: string }
}

/** Something of everything that somebody can have. Gives what it takes to look at it. */
const live = async (instance: Instance, token: string) => {
  const { ok } = instance
  const file = await ok<{ id: string }>('/files?name=tides.txt', {
    token,
    body: 'High water at six.',
  })
  const first = await say(instance, token, { text: 'Say exactly: one', attachments: [file.id] })
  const { conversationId } = first
  const second = await say(instance, token, { conversationId, parentId: first.messageId, text: 'Say exactly: two' })
  await say(instance, token, { conversationId, text: 'Say exactly: another beginning' })
  await ok(`/conversations/${conversationId}`, { token, method: 'PATCH', body: { leafId: second.messageId } })

  const documentId = newId()
  const chunks = [{ text: 'The harbour of Whitby lies at the mouth of the Esk.', page: 1 }]
  await ok('/documents', { token, body: { id: documentId, title: 'Harbours', chunks } })
  await say(instance, token, { text: 'Where does the harbour of Whitby lie?', useKnowledge: true })
  await ok('/memories', { token, body: { id: newId(), text: 'Likes tea' } })
  await ok('/assistants', { token, body: { id: newId(), name: 'Pilot', instructions: 'Be brief.' } })
  const made = await ok<{ key: string }>('/keys', { token, body: { name: 'a program' } })
  const shared = await ok<{ token: string }>(`/conversations/${conversationId}/share`, { token, body: {} })
  return {
    token,
    fileId: file.id,
    documentId,
    conversationId,
    leafId: second.messageId,
    key: made.key,
    share: shared.token,
  }
}
type Life = Awaited<ReturnType<typeof live>>

/** All that somebody sees of what they have. */
const seen = async ({ ok, call }: Instance, { token, ...life }: Life) => {
  const text = async (path: string) => {
    const answer = await call(path, { token })
    expect(answer.status, path).toBe(200)
    return new TextDecoder().decode(await answer.arrayBuffer())
  }
  const { items } = await ok<ConversationPage>('/conversations', { token })
  // Not what was spent today: midnight (UTC) may pass on the way.
  const { caps, byDay, byModel } = await ok<UsageReport>('/usage', { token })
  return {
    // But for when it was made.
    exported: (await text('/me/export')).split('\n').slice(1),
    conversations: await Promise.all(items.map(({ id }) => ok<OpenConversation>(`/conversations/${id}`, { token }))),
    file: await text(`/files/${life.fileId}`),
    document: await ok(`/documents/${life.documentId}`, { token }),
    found: await ok('/search?q=Whitby', { token }),
    memories: await ok('/memories', { token }),
    assistants: await ok('/assistants', { token }),
    keys: await ok('/keys', { token }),
    shared: await ok(`/shared/${life.share}`),
    models: await ok('/v1/models', { token: life.key }),
    usage: { caps, byDay, byModel },
  }
}

/** The database of an instance that stands still, as a client of its own. */
const opened = async <T>(name: string, work: (client: pg.Client) => Promise<T>) => {
  const lite = await openLite(join(placeOf(name).database, 'postgres'))
  const client = new pg.Client(createPgConfig(lite))
  await client.connect()
  return work(client).finally(() => lite.close())
}
/** All of it, in no order. */
const rowsOf = (name: string) =>
  opened(name, async (client) => {
    const lines: string[] = []
    for await (const some of dump(client, new Date())) lines.push(...some.trimEnd().split('\n'))
    return lines.slice(1).sort()
  })

test('a whole instance moves: everybody finds everything as it was, and goes on', async () => {
  const old = await startInstance('old')
  const owner = await live(old, await signIn(old, demo))
  await old.ok('/auth/sign-up', { body: { ...ada, name: 'Ada' } })
  await old.ok('/auth/confirm', { body: { email: ada.email, code: '123456' } })
  const person = await live(old, await signIn(old, ada))
  const { id } = await old.ok<{ id: string }>('/me', { token: person.token })
  await old.ok(`/admin/users/${id}`, { token: owner.token, method: 'PATCH', body: { dailyCapMicros: 1_000_000 } })

  // A turn that waits for the database while it sleeps is in no backup, until the owner pauses the instance. The first ones
  // go there at once: nothing is lent to that person yet.
  const kept = (text: string) => old.sql(`select from messages where text = '${text}'`)
  const talk = { conversationId: newId(), useKnowledge: false }
  let parentId: string | null = null
  let word = ''
  for (let n = 0; n < 5 && (word === '' || (await kept(word)).length > 0); n++) {
    word = `word ${n}`
    ;({ messageId: parentId } = await say(old, person.token, { ...talk, parentId, text: `Say exactly: ${word}` }))
  }
  expect(await kept(word)).toHaveLength(0)
  await old.ok('/admin/instance', { token: owner.token, method: 'PATCH', body: { paused: true } })
  expect(await kept(word)).toHaveLength(1)

  const lives = [owner, person]
  const before = await Promise.all(lives.map((life) => seen(old, life)))
  const people = await old.ok('/admin/users', { token: owner.token })
  await old.stop()
  const file = join(folder, 'move.backup')
  await opened('old', (client) => writeBackup(file, dump(client, new Date()), key))

  const { platform } = await startServices('new')
  await platform.stop()
  await opened('new', (client) => restore(client, readBackup(file, key)))
  expect(await rowsOf('new')).toEqual(await rowsOf('old'))
  await cp(placeOf('old').bucket, placeOf('new').bucket, { recursive: true })

  const next = await startInstance('new')
  expect(await Promise.all(lives.map((life) => seen(next, life)))).toEqual(before)
  expect(await next.ok('/admin/users', { token: owner.token })).toEqual(people)
  const refused = await next.call('/turns', {
    token: person.token,
    body: { turnId: newId(), ...talk, parentId, text: 'Too early' },
  })
  expect(refused.status).toBe(503)

  await next.ok('/admin/instance', { token: owner.token, method: 'PATCH', body: { paused: false } })
  for (const { token, conversationId, leafId: parentId } of lives) {
    const texts = async () =>
      (await next.ok<OpenConversation>(`/conversations/${conversationId}`, { token })).messages.map(({ text }) => text)
    const said = await texts()
    await say(next, token, { conversationId, parentId, text: 'Say exactly: here again' })
    expect(await texts()).toEqual([...said, 'Say exactly: here again', 'here again'])
  }
})
