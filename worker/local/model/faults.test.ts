import type OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MANY_BYTES, type ModelFault } from './faults.ts'
import { collect, startModel, user, type StartedModel } from './testing.ts'

let demo: StartedModel
beforeAll(async () => {
  demo = await startModel()
})
afterAll(() => void demo.close())

const request = {
  model: 'demo',
  messages: [user('write 60 words')],
  stream: true as const,
  stream_options: { include_usage: true },
}
const chunksUnder = async (fault: ModelFault) => {
  demo.arm(fault)
  return collect(await demo.client.chat.completions.create(request))
}
const rawUnder = (fault: ModelFault, init?: RequestInit, body: object = request) => {
  demo.arm(fault)
  return demo.post('/v1/chat/completions', body, init)
}
const usages = (chunks: OpenAI.ChatCompletionChunk[]) => chunks.filter(({ usage }) => usage)
/** Reads until enough has come, then leaves, and waits until the model knows. */
const leaveAfter = async (response: Response, bytes: number) => {
  const reader = response.body?.getReader()
  for (let got = 0; reader && got < bytes;) got += (await reader.read()).value?.length ?? Infinity
  await reader?.cancel()
  await expect.poll(async () => (await demo.calls()).at(-1)?.aborted).toBe(true)
  return (await demo.calls()).at(-1)
}

test('usage can be missing or come twice', async () => {
  expect(usages(await chunksUnder('no-usage'))).toHaveLength(0)
  expect(usages(await chunksUnder('duplicate-usage'))).toHaveLength(2)
  expect(usages(await collect(await demo.client.chat.completions.create(request)))).toHaveLength(1)
})

test('characters split between writes come through whole for who decodes as a stream', async () => {
  const response = await rawUnder('split-utf8')
  const parts = await collect(response.body as unknown as AsyncIterable<Uint8Array>)
  const broken = parts.filter((part) => new TextDecoder().decode(part).includes('\ufffd'))
  expect(broken.length).toBeGreaterThan(10)
  const chunks = await chunksUnder('split-utf8')
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(MANY_BYTES)
})

test('an endless answer ignores its limit until the client leaves', async () => {
  const call = await leaveAfter(await rawUnder('endless', {}, { ...request, max_tokens: 5 }), 200_000)
  expect(call?.sentTokens).toBeGreaterThan(500)
})

test('a stalled answer says a little, then nothing until the client leaves', async () => {
  const response = await rawUnder('stall')
  await expect.poll(async () => (await demo.calls()).at(-1)?.sentTokens).toBe(5)
  expect((await leaveAfter(response, 1))?.sentTokens).toBe(5)
})

test('a dripping answer comes at its pace once faults are taken back', async () => {
  const response = await rawUnder('drip')
  await expect.poll(async () => (await demo.calls()).at(-1)?.sentTokens).toBeGreaterThan(5)
  demo.mend()
  expect(await response.text()).toContain('[DONE]')
})

test('no first byte means not even the headers', async () => {
  const leaving = new AbortController()
  const before = (await demo.calls()).length
  const refused = expect(rawUnder('no-first-byte', { signal: leaving.signal })).rejects.toThrow()
  await expect.poll(async () => (await demo.calls()).length).toBe(before + 1)
  leaving.abort()
  await refused
  await expect.poll(async () => (await demo.calls()).at(-1)).toMatchObject({ aborted: true, sentTokens: 0 })
})

test('no credit is a 429 that says so', async () => {
  await expect(chunksUnder('no-credit')).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' })
})

test('an error after the 200 reaches the client as one, in both APIs', async () => {
  await expect(chunksUnder('error-event')).rejects.toThrow(/server had an error/)
  demo.arm('error-event')
  const response = await demo.client.responses.create({ model: 'demo', input: 'write 60 words', stream: true })
  await expect(collect(response)).rejects.toThrow(/server had an error/)
  expect((await rawUnder('error-event', {}, { ...request, stream: false, stream_options: null })).status).toBe(500)
})

test('a broken line stands among good ones', async () => {
  const lines = (await (await rawUnder('bad-json')).text()).split('\n\n').filter((line) => line.startsWith('data: {'))
  const broken = lines.filter((line) => {
    try {
      JSON.parse(line.slice(6))
      return false
    } catch {
      return true
    }
  })
  expect(broken).toHaveLength(1)
  expect(lines.length).toBeGreaterThan(60)
})

test('what a client must ignore changes nothing of the text', async () => {
  const known = (await chunksUnder('unknown-event')).filter((chunk) => 'choices' in chunk)
  const plain = await collect(await demo.client.chat.completions.create(request))
  const text = (chunks: OpenAI.ChatCompletionChunk[]) => chunks.map((chunk) => chunk.choices[0]?.delta.content).join('')
  expect(text(known)).toBe(text(plain))
  expect(await (await rawUnder('unknown-event')).text()).toMatch(/^: a comment line\n\n[\s\S]*event: demo\.unknown\n/)
})
