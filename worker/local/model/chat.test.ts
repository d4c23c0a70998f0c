import fc from 'fast-check'
import type OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collect, startModel, user, type StartedModel } from './testing.ts'

let demo: StartedModel
beforeAll(async () => {
  demo = await startModel()
})
afterAll(() => void demo.close())

const ask = (content: string, more: object = {}) =>
  demo.client.chat.completions.create({ model: 'demo', messages: [user(content)], ...more, stream: false })
const streamed = async (content: string, more: object = {}) =>
  collect(
    await demo.client.chat.completions.create({ model: 'demo', messages: [user(content)], ...more, stream: true }),
  )
const textOf = (chunks: OpenAI.ChatCompletionChunk[]) =>
  chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')

test('a streamed answer has one chunk a token, then its end, its usage and [DONE]', async () => {
  const chunks = await streamed('write 300 words about tides', { stream_options: { include_usage: true } })
  expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null })
  expect(textOf(chunks).split(/\s+/)).toHaveLength(300)
  expect(chunks.at(-2)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' })
  expect(chunks.at(-1)?.choices).toEqual([])
  expect(chunks.at(-1)?.usage?.completion_tokens).toBe(chunks.length - 3)
  expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)

  const raw = await demo.post('/v1/chat/completions', { model: 'demo', messages: [user('hi')], stream: true })
  expect(raw.headers.get('content-type')).toContain('text/event-stream')
  const lines = (await raw.text()).split('\n\n')
  expect(lines.slice(-2)).toEqual(['data: [DONE]', ''])
  expect(lines.slice(0, -2).every((line) => line.startsWith('data: {') && !line.includes('"usage"'))).toBe(true)
})

test('the same question has the same answer, streamed or whole', async () => {
  const whole = await ask('write 120 words about rain')
  expect(whole).toMatchObject({ object: 'chat.completion', choices: [{ finish_reason: 'stop', index: 0 }] })
  expect(textOf(await streamed('write 120 words about rain'))).toBe(whole.choices[0]?.message.content)
})

test('a limit cuts the answer at that many tokens and a stop word before it', async () => {
  for (const limit of [{ max_tokens: 7 }, { max_completion_tokens: 7 }]) {
    const cut = await ask('write 100 tokens', limit)
    expect(cut.choices[0]?.finish_reason).toBe('length')
    expect(cut.usage?.completion_tokens).toBe(7)
  }
  expect((await ask('write 100 tokens')).usage?.completion_tokens).toBe(100)
  expect((await ask('say exactly: one two three', { stop: ['two'] })).choices[0]?.message.content).toBe('one ')
})

test('"say exactly" gives any text back, and usage adds up within its bounds', async () => {
  const texts = fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(texts, fc.string({ unit: 'binary', maxLength: 200 }), async (earlier, said) => {
      const messages = [...earlier, `say exactly: ${said}`].map(user)
      const chunks = await streamed('', { messages, stream_options: { include_usage: true } })
      expect(textOf(chunks)).toBe(said)
      const usage = chunks.at(-1)?.usage
      const bytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0)
      expect(usage?.prompt_tokens).toBeLessThanOrEqual(bytes + 8 * messages.length + 8)
      expect(usage?.completion_tokens).toBeLessThanOrEqual(Buffer.byteLength(said))
      expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0))
    }),
    { numRuns: 60 },
  )
})

test('a long prefix that comes again counts as cached, in steps of 128 tokens from 1,024 on', async () => {
  const system = { role: 'system' as const, content: 'Be kind to every reader. '.repeat(300) }
  const cached = async (content: string) =>
    (await ask('', { messages: [system, user(content)] })).usage?.prompt_tokens_details
  const cold = await cached('hello')
  expect(cold?.cached_tokens).toBe(0)
  const warm = (await cached('goodbye'))?.cached_tokens ?? 0
  expect(warm).toBe(cold?.cache_write_tokens)
  expect(warm).toBeGreaterThanOrEqual(1024)
  expect(warm % 128).toBe(0)
})

test('a client that leaves stops the model, which tells how far it came', async () => {
  const stream = await demo.client.chat.completions.create(
    { model: 'demo', messages: [user('write 5000 words about leaving')], stream: true },
    { headers: { 'x-demo-pace': '200' } },
  )
  let heard = 0
  for await (const _ of stream) if (++heard === 6) break
  await expect.poll(async () => (await demo.calls()).at(-1)?.aborted).toBe(true)
  const call = (await demo.calls()).at(-1)
  expect(call).toMatchObject({ path: '/v1/chat/completions', model: 'demo', maxTokens: null })
  expect(call?.messages).toEqual([user('write 5000 words about leaving')])
  expect(call?.sentTokens).toBeGreaterThanOrEqual(5)
  expect(call?.sentTokens).toBeLessThan(5000)
  expect((await demo.calls()).at(-1)?.sentTokens).toBe(call?.sentTokens)
})

test('leaving an answer that is not streamed stops it as well', async () => {
  const leaving = new AbortController()
  const body = { model: 'demo', messages: [user('write 5000 words about haste')] }
  const headers = { authorization: 'Bearer sk-demo', 'x-demo-pace': '50' }
  const answer = demo.post('/v1/chat/completions', body, { headers, signal: leaving.signal })
  const refused = expect(answer).rejects.toThrow()
  await expect.poll(async () => (await demo.calls()).at(-1)?.sentTokens).toBeGreaterThan(0)
  leaving.abort()
  await refused
  await expect.poll(async () => (await demo.calls()).at(-1)?.aborted).toBe(true)
})

test('a question about a tool calls it, and the tool’s result is told', async () => {
  const parameters = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } }
  const tools = [{ type: 'function', function: { name: 'get_weather', description: 'Weather in a city', parameters } }]
  const question = 'What is the weather like in Paris?'
  const { choices } = await ask(question, { tools })
  expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } })
  const call = choices[0]?.message.tool_calls?.[0]
  if (call?.type !== 'function') throw new Error('no call')
  expect(call.function.name).toBe('get_weather')
  expect(JSON.parse(call.function.arguments)).toEqual({ city: 'Paris', days: 1 })

  const chunks = await streamed(question, { tools })
  const pieces = chunks.map((chunk) => chunk.choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '')
  expect(pieces.join('')).toBe(call.function.arguments)

  const result = { role: 'tool', tool_call_id: call.id, content: '21 degrees' }
  const told = await ask('', { tools, messages: [user(question), choices[0]?.message, result] })
  expect(told.choices[0]?.message.content).toContain('21 degrees')
  expect((await ask('hello', { tools })).choices[0]?.finish_reason).toBe('stop')
  expect((await ask(question, { tools, tool_choice: 'none' })).choices[0]?.finish_reason).toBe('stop')
})

test('an answer in JSON fits the schema it was asked for', async () => {
  const properties = { title: { type: 'string' }, facts: { type: 'array', items: { type: 'string' } } }
  const schema = { type: 'object', properties, required: ['title', 'facts'] }
  const format = { type: 'json_schema', json_schema: { name: 'notes', schema } }
  const { choices } = await ask('My name is Ada and I live in London.', { response_format: format })
  expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({
    title: expect.any(String) as string,
    facts: ["The user's name is Ada", "The user's home is London"],
  })
})

test('errors come in OpenAI’s shape', async () => {
  await expect(ask('hi', { model: 'gpt-9' })).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
  await expect(demo.client.models.retrieve('gpt-9')).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
  await expect(ask('hi', { messages: [] })).rejects.toMatchObject({ status: 400, param: 'messages' })
  await expect(ask('hi', { max_tokens: 0 })).rejects.toMatchObject({ status: 400, param: 'max_tokens' })
  await expect(ask('a '.repeat(130_000))).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' })
  for (const body of ['', 'null', '[]', '{', '{"model":"demo"}', '{"model":"demo","messages":[{"role":"robot"}]}']) {
    const refused = await demo.post('/v1/chat/completions', body)
    expect(refused.status).toBe(400)
    const shape = { message: expect.any(String) as string, type: 'invalid_request_error' }
    expect(await refused.json()).toMatchObject({ error: shape })
  }
  const anonymous = await demo.post('/v1/chat/completions', '{}', { headers: {} })
  expect(anonymous.status).toBe(401)
  expect((await demo.post('/v1/nothing', '{}')).status).toBe(404)
})

test('two chat models and an embedding model are on the list', async () => {
  const models = await collect(demo.client.models.list())
  expect(models.map(({ id }) => id)).toEqual(['demo', 'demo-large', 'demo-embedding'])
  expect((await demo.client.models.retrieve('demo')).object).toBe('model')
  const [short, long] = await Promise.all([ask('hello'), ask('hello', { model: 'demo-large' })])
  expect(long.usage?.completion_tokens).toBeGreaterThan(short.usage?.completion_tokens ?? 0)
})

test('the list of requests can be cleared', async () => {
  await ask('hello')
  expect((await fetch(`${demo.url}/demo/requests`, { method: 'DELETE' })).status).toBe(204)
  expect(await demo.calls()).toEqual([])
})
