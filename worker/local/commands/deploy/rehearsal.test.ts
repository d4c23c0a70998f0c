import { newId } from '@macro-ai/shared'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startRehearsal, type Rehearsal } from './rehearsal.ts'

// Each deploy builds the Worker and starts a version of it.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let rehearsal: Rehearsal
let first: string
beforeAll(async () => {
  rehearsal = await startRehearsal()
  first = await rehearsal.begin()
})
afterAll(() => rehearsal?.stop())

const call = (path: string, init: RequestInit = {}) => fetch(rehearsal.url + path, init)

const signIn = async () => {
  const body = JSON.stringify({ email: 'demo@macro.local', password: 'Demo-passw0rd' })
  const answer = await call('/auth/sign-in', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return ((await answer.json()) as { accessToken: string }).accessToken
}

/** Somebody who chats and looks around for as long as `work` takes, and notes all that goes wrong. */
const whileChatting = async <T>(work: () => Promise<T>) => {
  const headers = { authorization: `Bearer ${await signIn()}`, 'content-type': 'application/json' }
  const faults: string[] = []
  let answered = 0
  let over = false
  const note = (what: string, answer: Response, text: string, good: boolean) => {
    answered++
    if (!good) faults.push(`${what}: ${answer.status} ${text.slice(0, 300)}`)
  }
  const chat = async () => {
    while (!over) {
      const turn = { turnId: newId(), conversationId: newId(), parentId: null, text: 'Say exactly: all is well' }
      const answer = await call('/turns', { method: 'POST', headers, body: JSON.stringify(turn) })
      const text = await answer.text()
      note('a turn', answer, text, text.includes('"status":"complete"'))
      await pause(100)
    }
  }
  const look = async () => {
    while (!over) {
      const answer = await call('/conversations', { headers })
      note('the list', answer, await answer.text(), answer.status === 200)
      await pause(100)
    }
  }
  const both = Promise.all([chat(), look()])
  const result = await work().finally(() => (over = true))
  await both
  return { result, faults, answered }
}

const tables = async () =>
  (await rehearsal.sql`select table_name from information_schema.tables where table_schema = 'public'`).map(
    ({ table_name: name }) => String(name),
  )

// Before anybody chats: an answer's title and list are written after the answer has ended.
test('the watch of what is live finds it well, and wakes no database', async () => {
  const before = await rehearsal.databaseCalls()
  const { code, stdout, stderr } = await rehearsal.watch()
  expect(code, stderr).toBe(0)
  expect(stdout).toContain('answers as it should')
  expect(await rehearsal.databaseCalls()).toBe(before)
})

test('a version that fails its smoke test never meets anybody, and nobody notices', async () => {
  const { result, faults, answered } = await whileChatting(() => rehearsal.deploy({ COGNITO_CLIENT_ID: '' }))
  expect(result.code, result.stdout + result.stderr).toBe(1)
  expect(result.stderr).toContain('its settings are complete')
  expect(result.stderr).toContain(`Version ${first} answers again.`)
  expect(rehearsal.calls.at(-1)?.slice(0, 2)).toEqual(['rollback', first])
  expect(rehearsal.live()).toBe(first)
  expect(faults).toEqual([])
  expect(answered).toBeGreaterThan(2)
})

test('a good version takes over in the middle of conversations, with the database brought up to date before', async () => {
  const { result, faults, answered } = await whileChatting(() => rehearsal.deploy())
  expect(result.code, result.stdout + result.stderr).toBe(0)
  expect(await tables()).toContain('chunks')
  expect(rehearsal.live()).not.toBe(first)
  expect(rehearsal.calls.map(([one, two]) => `${one} ${two}`)).toEqual([
    'deployments status',
    'versions upload',
    expect.stringContaining('versions deploy'),
    expect.stringContaining('versions deploy'),
    'triggers deploy',
  ])
  expect(rehearsal.calls[2]).toEqual(expect.arrayContaining([`${rehearsal.live()}@0%`, `${first}@100%`]))
  expect(faults).toEqual([])
  expect(answered).toBeGreaterThan(2)
})

test('a site that the API does not let in is noticed', async () => {
  const before = rehearsal.live()
  const { code, stderr } = await rehearsal.deploy({ ALLOWED_ORIGINS: 'https://elsewhere.example' })
  expect(code).toBe(1)
  expect(stderr).toContain('ALLOWED_ORIGINS does not name http://127.0.0.1:')
  expect(rehearsal.live()).toBe(before)
})
