import type { ApiKey, Usage } from '@macro-ai/shared'
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import OpenAI, { APIError } from 'openai'
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { app } from '../src/app.ts'
import { depsOf } from '../src/deps.ts'
import { overhead } from '../src/spending/price.ts'
import { call, newPerson, ok, owner, problem, requestOf, type Person } from './support/api.ts'
import { checkBooks, reservationsOf } from './support/books.ts'
import { databaseTrips, fault, forgetCalls, modelCalls, noFaults, resetCounters, sql } from './support/platform.ts'
import { workerWith } from './support/settings.ts'
import { eventually } from './support/turns.ts'
import { newKey } from './support/walk.ts'

let person: Person
beforeEach(async () => {
  await noFaults()
  person = await newPerson()
  await forgetCalls()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

type Fetcher = (request: Request) => Promise<Response>
const front: Fetcher = (request) => exports.default.fetch(request)

/** OpenAI's own client, told nothing but an address and a key. */
const clientOf = (apiKey: string, ask = front) =>
  new OpenAI({
    apiKey,
    maxRetries: 0,
    baseURL: 'https://api.test/v1',
    fetch: (url, init) => ask(new Request(url, init)),
  })
/** The same through a Worker of its own. */
const clientThrough = async (worker: ReturnType<typeof workerWith>) => {
  const { key } = await newKey(person)
  return clientOf(key, async (request) =>
    worker('post', new URL(request.url).pathname, { token: key, body: await request.json() }),
  )
}
const client = async (change: Parameters<typeof newKey>[1] = {}) => clientOf((await newKey(person, change)).key)
const said = (content: string) => [{ role: 'user' as const, content }]
const hello = { model: 'demo', messages: said('Say exactly: all is well') }
const long = { model: 'demo-large', messages: said('Write 2000 tokens about tides') }

/** A PNG of one pixel. */
const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const pictured = (url: string) => [
  {
    role: 'user' as const,
    content: [
      { type: 'text' as const, text: 'Say exactly: all is well' },
      { type: 'image_url' as const, image_url: { url, detail: 'low' as const } },
    ],
  },
]

const closed = (purpose = 'api') => sql<{ amount_micros: string; input_tokens: number; output_tokens: number }>`
  select amount_micros, input_tokens, output_tokens from ledger
  where user_id = ${person.id}::uuid and kind <> 'reserve' and purpose = ${purpose} order by at desc`

const refusal = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(APIError)
  const { status, code, type, param, message } = error as APIError
  return { status, code, type, param, message }
}

describe('OpenAI’s own client', () => {
  test('gets an answer, and its cost is in the ledger', async () => {
    const before = await closed()
    const { choices, usage, object } = await (await client()).chat.completions.create(hello)
    expect([object, choices[0]?.message.content, choices[0]?.finish_reason]).toEqual([
      'chat.completion',
      'all is well',
      'stop',
    ])
    const [newest, ...rest] = await closed()
    expect(rest).toHaveLength(before.length)
    expect(newest).toMatchObject({ input_tokens: usage?.prompt_tokens, output_tokens: usage?.completion_tokens })
    expect(await reservationsOf(person.id)).toEqual([])
    await checkBooks()
  })

  test('reads a stream, and the usage only if it asks for it', async () => {
    const openai = await client()
    for (const asks of [false, true]) {
      const stream = await openai.chat.completions.create({
        ...hello,
        stream: true,
        ...(asks && { stream_options: { include_usage: true } }),
      })
      let [text, usage] = ['', 0]
      for await (const chunk of stream) {
        if (!asks) expect(chunk.choices).toHaveLength(1)
        text += chunk.choices[0]?.delta.content ?? ''
        usage += chunk.usage?.completion_tokens ?? 0
      }
      expect(text).toBe('all is well')
      expect(usage > 0).toBe(asks)
    }
    await eventually(async () => expect(await reservationsOf(person.id)).toEqual([]))
  })

  test('shows pictures to a model that sees, each held at its most and far larger than any text may be', async () => {
    const openai = await client()
    // As a photo would be: two megabytes of it.
    const photo = `${pixel.replace(/=+$/, '')}${'A'.repeat(1_800_000)}`
    const reserved = async (messages: ReturnType<typeof pictured>) => {
      const { choices } = await openai.chat.completions.create({ model: 'demo', messages, max_tokens: 20 })
      // The offline model says where it saw one.
      expect(choices[0]?.message.content).toMatch(/^all is well\n\(image\)/)
      const [row] = await sql<{ amount_micros: string }>`
        select amount_micros from ledger where user_id = ${person.id}::uuid and kind = 'reserve' order by at desc limit 1`
      return Number(row?.amount_micros)
    }
    const one = await reserved(pictured(photo))
    const [message] = pictured(photo)
    const two = await reserved([
      {
        role: 'user',
        content: [...(message?.content ?? []), { type: 'image_url', image_url: { url: pixel } }],
      } as never,
    ])
    // demo's 1,000 tokens a picture at its dearest, 125 micro-dollars for 1,000; the words around it come to nothing.
    expect(two - one).toBeGreaterThanOrEqual(125)
    expect(one).toBeLessThan(2_000)
    await checkBooks()
  })

  test('has as much held for it as all of what it sends may cost: words, tools and texts to embed', async () => {
    const openai = await client()
    const held = async (asking: Promise<unknown>) => {
      await asking
      const [row] = await sql<{ amount_micros: string }>`
        select amount_micros from ledger where user_id = ${person.id}::uuid and kind = 'reserve' order by at desc limit 1`
      return Number(row?.amount_micros)
    }
    const chat = (more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>) =>
      held(openai.chat.completions.create({ ...hello, max_tokens: 20, ...more }))
    const description = 'x'.repeat(8_000)
    const tools = [{ type: 'function' as const, function: { name: 'look', description, parameters: {} } }]
    // demo at its dearest, 125 micro-dollars for 1,000 tokens, and a token for each byte, of tools two.
    expect(await chat({ messages: [...said(description), ...hello.messages] })).toBeGreaterThanOrEqual(1_000)
    const inParts = { role: 'user' as const, content: [{ type: 'text' as const, text: description }] }
    expect(await chat({ messages: [inParts, ...hello.messages] })).toBeGreaterThanOrEqual(1_000)
    expect(await chat({ tools })).toBeGreaterThanOrEqual(2_000)
    const look = { name: 'look', description }
    expect(
      await chat({
        tools: [{ type: 'function', function: { name: 'look' } }],
        tool_choice: { type: 'function', function: look },
      }),
    ).toBeGreaterThanOrEqual(2_000)
    const schema = { type: 'object', description }
    expect(
      await chat({ response_format: { type: 'json_schema', json_schema: { name: 'all', schema } } }),
    ).toBeGreaterThanOrEqual(2_000)
    const many = Array.from({ length: 1_000 }, () => said('x')).flat()
    const tokens = JSON.stringify(many).length + many.length * overhead.tokensPerMessage
    expect(await chat({ messages: many })).toBeGreaterThanOrEqual(Math.floor(tokens / 8))

    const input = Array.from({ length: 100 }, () => 'y'.repeat(1_000))
    const embedding = openai.embeddings.create({ model: 'demo-embedding', input })
    // 20 micro-dollars for 1,000 tokens.
    expect(await held(embedding)).toBeGreaterThanOrEqual(2_000)
  })

  test('is told which model takes no pictures, and of a text that is too long beside one', async () => {
    const blind = JSON.stringify([
      { ...[...depsOf(env).models.values()].find(({ id }) => id === 'demo'), id: 'blind', imageTokens: undefined },
    ])
    const openai = await clientThrough(workerWith({ MODELS: blind, DEFAULT_MODEL: 'blind' }))
    const ask = (model: string, messages: ReturnType<typeof pictured>) =>
      refusal(openai.chat.completions.create({ model, messages }))
    expect(await ask('blind', pictured(pixel))).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      param: 'messages.0.content.1',
      message: expect.stringContaining('the model blind takes no pictures here') as string,
    })
    const long = [...pictured(pixel), ...said('a'.repeat(600_000))] as ReturnType<typeof pictured>
    const tools = [{ type: 'function' as const, function: { name: 'look', description: 'a'.repeat(600_000) } }]
    for (const more of [{ messages: long }, { messages: said('short'), tools }])
      expect(await refusal((await client()).chat.completions.create({ model: 'demo', ...more }))).toMatchObject({
        status: 413,
        type: 'invalid_request_error',
      })
    expect(await reservationsOf(person.id)).toEqual([])
  })

  const weather = {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      description: 'The weather in a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  }
  const asking = { model: 'demo', messages: said('What is the weather in Oslo?'), tools: [weather] }

  test('calls a tool, whole and streamed, and tells its result', async () => {
    const openai = await client()
    const { choices } = await openai.chat.completions.create({ ...asking, tool_choice: 'required' })
    const [called] = choices[0]?.message.tool_calls ?? []
    expect(called).toMatchObject({ type: 'function', function: { name: 'get_weather' } })
    const body = { ...asking, tool_choice: 'required' as const, stream: true as const }
    // What the client's own `stream()` is; our patch of the package leaves that out.
    const streamed = ChatCompletionStream.createChatCompletion(openai, body)
    expect(await streamed.finalFunctionToolCall()).toMatchObject({ name: 'get_weather' })
    const told = await openai.chat.completions.create({
      ...asking,
      messages: [
        ...asking.messages,
        { role: 'assistant', tool_calls: called ? [called] : [] },
        { role: 'tool', tool_call_id: called?.id ?? '', content: '12 °C' },
      ],
      tool_choice: 'none',
    })
    expect(told.choices[0]?.message.content).not.toBe('')
  })

  test('lists models and embeds texts', async () => {
    const openai = await client()
    const ids = (await openai.models.list()).data.map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(['demo', 'demo-large', 'demo-embedding']))
    expect(await openai.models.retrieve('demo-embedding')).toMatchObject({
      ...{ id: 'demo-embedding', object: 'model' },
      // Seconds, of the day that its price is of.
      created: Date.parse(depsOf(env).models.get('demo-embedding')?.asOf ?? '') / 1000,
    })
    expect(await refusal(openai.models.retrieve('nobody’s'))).toMatchObject({ status: 404, code: 'model_not_found' })
    const { data } = await openai.embeddings.create({ model: 'demo-embedding', input: ['tides', 'the moon'] })
    expect(data.map(({ embedding }) => embedding.length)).toEqual([1536, 1536])
    expect(await closed('api-embedding')).toHaveLength(1)
  })

  test.for([undefined, 'float', 'base64'] as const)(
    'gets the same numbers with the encoding %s, and any other program what it asked for',
    async (encoding) => {
      const { key } = await newKey(person)
      const body = { model: 'demo-embedding', input: 'tides', ...(encoding && { encoding_format: encoding }) }
      type Answer = { data: { embedding: number[] | string }[] }
      const raw = await ok<Answer>(call('post', '/v1/embeddings', { token: key, body }))
      const [told, wanted] = [raw, await clientOf(key).embeddings.create({ model: 'demo-embedding', input: 'tides' })]
      const [given] = (await clientOf(key).embeddings.create(body)).data
      const numbers = wanted.data[0]?.embedding ?? []
      expect(numbers).toHaveLength(1536)
      const embedding = told.data[0]?.embedding ?? ''
      expect(typeof embedding).toBe(encoding === 'base64' ? 'string' : 'object')
      const floats =
        typeof embedding === 'string'
          ? [...new Float32Array(Uint8Array.from(atob(embedding), (one) => one.charCodeAt(0)).buffer)]
          : embedding
      expect(floats).toEqual(numbers)
      expect(given?.embedding).toEqual(encoding === 'base64' ? embedding : numbers)
    },
  )

  test('embeds tokens, of one text and of several, each number held and paid as one', async () => {
    const openai = await client()
    const tokens = Array.from({ length: 8_000 }, (_, at) => at)
    for (const [input, texts, count] of [
      [[15_339, 1_917], 1, 2],
      [[tokens, [1]], 2, 8_001],
    ] as [number[] | number[][], number, number][]) {
      const { data, usage } = await openai.embeddings.create({ model: 'demo-embedding', input })
      expect([data.length, usage.prompt_tokens]).toEqual([texts, count])
      expect((await closed('api-embedding'))[0]?.input_tokens).toBe(count)
      const [row] = await sql<{ amount_micros: string }>`
        select amount_micros from ledger where user_id = ${person.id}::uuid and kind = 'reserve' order by at desc limit 1`
      // 20 micro-dollars for 1,000 tokens.
      expect(Number(row?.amount_micros)).toBeGreaterThanOrEqual(Math.floor(count / 50))
    }
    for (const input of [[-1], [0.5], [], [[]], [[1], 'text'], [Array.from({ length: 8_193 }, () => 1)]])
      expect(
        await refusal(openai.embeddings.create({ model: 'demo-embedding', input: input as number[] })),
      ).toMatchObject({ status: 400, type: 'invalid_request_error' })
    await checkBooks()
  })

  const cited = {
    type: 'url_citation',
    url_citation: { start_index: 0, end_index: 1, title: 'x'.repeat(50_000), url: '' },
  }
  test.for([
    { refusal: null, annotations: [], tool_calls: [] },
    { refusal: null, annotations: null, audio: null, function_call: null, tool_calls: null },
    { refusal: null, annotations: [cited] },
  ])('sends an answer of OpenAI’s back as it came: %o', async (more) => {
    const { key } = await newKey(person)
    const real = globalThis.fetch
    let sent: { messages: object[] } | undefined
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const request = new Request(input, init)
      if (request.url.endsWith('/chat/completions')) sent = await request.clone().json()
      return real(request)
    })
    const worker = workerWith({})
    const messages = [...said('Hello'), { role: 'assistant', content: 'x', ...more }, ...hello.messages]
    await ok(worker('post', '/v1/chat/completions', { token: key, body: { ...hello, max_tokens: 20, messages } }))
    // What OpenAI would refuse, or nobody reads, is not handed on, and so is not paid for.
    expect(sent?.messages[1]).toEqual({ role: 'assistant', content: 'x', refusal: null })
    const [row] = await sql<{ amount_micros: string }>`
      select amount_micros from ledger where user_id = ${person.id}::uuid and kind = 'reserve' order by at desc limit 1`
    expect(Number(row?.amount_micros)).toBeLessThan(1_000)
  })

  test.for([
    { audio: { id: 'a' } },
    { function_call: { name: 'f', arguments: '' } },
    { annotations: 'x' },
    { x: null },
  ])('is told that a message with %o is refused', async (more) => {
    const messages = [{ role: 'assistant', content: 'x', ...more }, ...hello.messages] as never
    const refused = await refusal((await client()).chat.completions.create({ ...hello, messages }))
    expect(refused).toMatchObject({ status: 400, type: 'invalid_request_error' })
    expect(refused.code).toBe('x' in more ? 'unknown_parameter' : null)
    expect(await modelCalls()).toEqual([])
  })

  test.for([
    ['a parameter we do not know', { ...hello, web_search_options: {} }, 400, 'unknown_parameter'],
    ['more than one choice', { ...hello, n: 2 }, 400, null],
    ['a model without a price', { ...hello, model: 'gpt-9' }, 404, 'model_not_found'],
    ['an embedding model to chat with', { ...hello, model: 'demo-embedding' }, 404, 'model_not_found'],
    ['no message', { ...hello, messages: [] }, 400, null],
    ['a picture at an address', { ...hello, messages: pictured('https://example.org/cat.png') }, 400, null],
    [
      'a text that calls itself a picture',
      { ...hello, messages: pictured('data:image/png;base64,aGVsbG8=') },
      400,
      null,
    ],
    ['a picture in an answer', { ...hello, messages: [{ ...pictured(pixel)[0], role: 'assistant' }] }, 400, null],
    [
      'sound',
      { ...hello, messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: '' } }] }] },
      400,
      null,
    ],
    ['a price class of its own', { ...hello, service_tier: 'priority' }, 400, 'unknown_parameter'],
    ['a length below one', { ...hello, max_tokens: -1 }, 400, null],
  ] as const)('is told in OpenAI’s words that %s is refused, and nothing is spent', async ([, body, status, code]) => {
    const openai = await client()
    expect(await refusal(openai.chat.completions.create(body as never))).toMatchObject({
      status,
      code,
      type: 'invalid_request_error',
    })
    expect(await modelCalls()).toEqual([])
  })

  test.for(['', 'mk_', `mk_${'x'.repeat(43)}`, 'sk-1234', 'null'])('with the key "%s" is not let in', async (key) => {
    await resetCounters()
    expect(await refusal(clientOf(key || ' ').chat.completions.create(hello))).toMatchObject({ status: 401 })
    // What cannot be a key is not looked for.
    expect(await databaseTrips()).toBe(key.length === 46 ? 1 : 0)
  })

  test('gets no more than it asked for, nor than the model may give', async () => {
    const openai = await client()
    const { usage } = await openai.chat.completions.create({ ...long, max_tokens: 5 })
    expect(usage?.completion_tokens).toBeLessThanOrEqual(5)
    await openai.chat.completions.create({ ...hello, max_completion_tokens: 1_000_000 })
    expect((await modelCalls()).map(({ maxTokens }) => maxTokens)).toEqual([5, 4_096])
  })
})

describe('a model that fails', () => {
  test.for([
    ['down', 502, 'The model is not answering.'],
    ['500', 502, 'The model is not answering.'],
    ['429', 429, 'The model is busy.'],
  ] as const)('%s before it begins is told, and nothing is held or charged', async ([kind, status, says]) => {
    const openai = await client()
    await fault({ target: 'model', kind })
    for (const streams of [false, true])
      expect(await refusal(openai.chat.completions.create({ ...hello, stream: streams }))).toMatchObject({
        status,
        message: `${status} ${says}`,
      })
    // The client may try again.
    expect((await stream(hello)).headers.get('x-should-retry')).toBeNull()
    expect(await reservationsOf(person.id)).toEqual([])
    await checkBooks()
  })

  test('in the middle of a stream is an error to the client, and is charged', async () => {
    const openai = await client()
    await fault({ target: 'model', kind: 'cut', times: 1 })
    const stream = await openai.chat.completions.create({ ...long, stream: true })
    const work = (async () => {
      let text = ''
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
      return text
    })()
    await expect(work).rejects.toBeInstanceOf(APIError)
    await eventually(async () => expect(await reservationsOf(person.id)).toEqual([]))
    expect(Number((await closed())[0]?.amount_micros)).toBeGreaterThan(0)
  })

  /** A client whose provider answers as the stand-in never does. */
  const clientTold = (answer: () => Response) => {
    const real = globalThis.fetch
    vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) =>
      new Request(input, init).url.endsWith('/chat/completions') ? Promise.resolve(answer()) : real(input, init),
    )
    return clientThrough(workerWith({}))
  }
  const stream = async (body: object) =>
    call('post', '/v1/chat/completions', { token: (await newKey(person)).key, body })
  const charge = async () => {
    await eventually(async () => expect(await reservationsOf(person.id)).toEqual([]))
    return Number((await closed())[0]?.amount_micros)
  }

  test.for([
    [400, 'invalid_request_error', /no such parameter/],
    [401, 'server_error', /refuses this instance/],
    [403, 'server_error', /refuses this instance/],
    [429, 'server_error', /refuses this instance/],
  ] as const)('with %d is told as what it is to who asked, and nothing is charged', async ([status, type, says]) => {
    const code = status === 429 ? 'insufficient_quota' : null
    const openai = await clientTold(() => Response.json({ error: { message: 'no such parameter', code } }, { status }))
    const refused = await refusal(openai.chat.completions.create(hello))
    expect(refused).toMatchObject({ status: status === 400 ? 400 : 502, type })
    expect(refused.message).toMatch(says)
    expect(await charge()).toBe(0)
  })

  test('by saying nothing in time is given up, and charged: it may have been billed', async () => {
    const openai = await client()
    await fault({ target: 'model', kind: 'no-first-byte', times: 1 })
    expect(await refusal(openai.chat.completions.create({ ...hello, stream: true }))).toMatchObject({ status: 502 })
    expect(await charge()).toBeGreaterThan(0)
  })

  test('with an answer of nothing is charged all the same', async () => {
    const openai = await clientTold(() => new Response(null, { headers: { 'content-type': 'text/event-stream' } }))
    expect(await refusal(openai.chat.completions.create({ ...hello, stream: true }))).toMatchObject({ status: 502 })
    expect(await charge()).toBeGreaterThan(0)
  })

  test.for([
    ['malformed', 502],
    ['cut', 502],
    ['no-usage', 200],
  ] as const)('to say what it used (%s) is charged by its size, and is %d', async ([kind, status]) => {
    await fault({ target: 'model', kind, times: 1 })
    const answer = await stream(hello)
    expect([answer.status, Object.keys(await answer.json<object>())]).toEqual([
      status,
      expect.arrayContaining(status === 200 ? ['choices'] : ['error']),
    ])
    const [entry] = (await charge()) > 0 ? await closed() : []
    expect(entry?.output_tokens).toBeGreaterThan(0)
    await checkBooks()
  })

  test.for([
    ['POST', '/v1/responses', 404, 'Unknown request URL: POST /v1/responses.', 'unknown_url', null],
    ['GET', '/v1/nothing', 404, 'Unknown request URL: GET /v1/nothing.', 'unknown_url', null],
    ['GET', '/v1/chat/completions', 405, 'Not allowed to GET on /v1/chat/completions.', null, 'POST'],
    ['DELETE', '/v1/embeddings', 405, 'Not allowed to DELETE on /v1/embeddings.', null, 'POST'],
    ['POST', '/v1/models', 405, 'Not allowed to POST on /v1/models.', null, 'GET, HEAD'],
    ['DELETE', '/v1/models/demo', 405, 'Not allowed to DELETE on /v1/models/demo.', null, 'GET, HEAD'],
  ] as const)(
    'to know an address is told as OpenAI tells it: %s %s is %d',
    async ([method, path, status, says, code, allow]) => {
      const answer = await call(method, path)
      const error = {
        type: 'invalid_request_error',
        param: null,
        code,
        message: expect.stringContaining(says) as string,
      }
      expect([answer.status, answer.headers.get('allow'), await answer.json()]).toEqual([status, allow, { error }])
    },
  )

  test('to write one of its events well is handed on as it is, and charged by what it counted', async () => {
    await fault({ target: 'model', kind: 'bad-json', times: 1 })
    const answer = await stream({ ...hello, stream: true, stream_options: { include_usage: true } })
    const text = await answer.text()
    expect(text).toContain('"choices":[{"del\n')
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true)
    const told = Number(/"completion_tokens":(\d+)/.exec(text)?.[1])
    expect([await charge(), (await closed())[0]?.output_tokens]).toEqual([expect.any(Number), told])
  })

  test('to come to an end is cut off, and costs no more than was held', async () => {
    await fault({ target: 'model', kind: 'endless', times: 1 })
    const answer = await stream({ ...hello, max_tokens: 5, stream: true })
    expect(await answer.text()).toContain('The model broke off.')
    expect(await charge()).toBeGreaterThan(0)
    expect((await closed())[0]?.output_tokens).toBe(5)
    await checkBooks()
  })

  test('is not asked at all while the database is away', async () => {
    const openai = await client()
    await fault({ target: 'database', kind: 'down' })
    expect(await refusal(openai.chat.completions.create(hello))).toMatchObject({ status: 503 })
    expect(await modelCalls()).toEqual([])
  })
})

describe('what a model streams', () => {
  const written = (event: object | string) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`
  const saying = (delta: object, finish_reason: string | null = null) => ({ choices: [{ delta, finish_reason }] })
  const stopped = written(saying({}, 'stop'))

  /** Asks a provider that streams what the test writes, as long as somebody listens. */
  const streamed = async (body: object = {}) => {
    const { readable, writable } = new IdentityTransformStream()
    const writer = writable.getWriter()
    const real = globalThis.fetch
    let signal: AbortSignal | null | undefined
    vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
      if (!new Request(input, init).url.endsWith('/chat/completions')) return real(input, init)
      signal = init?.signal
      return Promise.resolve(new Response(readable, { headers: { 'content-type': 'text/event-stream' } }))
    })
    const { key } = await newKey(person)
    const context = createExecutionContext()
    const asked = requestOf('post', '/v1/chat/completions', { token: key, body: { ...hello, stream: true, ...body } })
    // Of its own, so that its client of the provider is made now. A silence that ends by itself would hide who ends it.
    const own = { ...env, STALL_MS: '100000' }
    const answer = await app.fetch(asked, own, context)
    return {
      answer,
      isAborted: () => signal?.aborted === true,
      /** Writes in pieces of this many bytes; false once nobody listens. */
      write: async (text: string, piece = 10_000) => {
        const bytes = new TextEncoder().encode(text)
        try {
          for (let at = 0; at < bytes.length; at += piece) await writer.write(bytes.slice(at, at + piece))
          return true
        } catch {
          return false
        }
      },
      close: () => writer.close(),
      charged: async () => {
        await waitOnExecutionContext(context)
        vi.restoreAllMocks()
        return (await closed())[0]
      },
    }
  }
  /** The whole of what comes of a text that the provider streams. */
  const passed = async (text: string, { body, piece }: { body?: object; piece?: number } = {}) => {
    const { answer, write, close, charged } = await streamed(body)
    const heard = answer.text()
    await write(text, piece)
    await close()
    return { heard: await heard, entry: await charged() }
  }

  test('is handed on event by event as it is, but for the count that was asked for to know the price', async () => {
    const kept = [
      ': a comment\n\n',
      written(saying({ content: '€'.repeat(3_000) })),
      `data:${JSON.stringify(saying({ content: 'no space' }))}\n\n`,
      'event: note\ndata: no JSON\n\n',
      written({ choices: [], prompt_filter_results: [] }),
      written({ choices: [], usage: null }),
      written({ ...saying({}, 'stop'), usage: { prompt_tokens: 11, completion_tokens: 2 } }),
    ]
    const usage = { prompt_tokens: 11, completion_tokens: 22 }
    const ours = [written({ choices: [], usage }), written({ usage }), '\n\n\n\n']
    const sent = [...kept, ...ours, 'data: with\r\ndata: two lines\r\n\r\n', 'data: [DONE]\n\n'].join('')
    const { heard, entry } = await passed(sent, { piece: 7 })
    expect(heard).toBe([...kept, 'data: with\ndata: two lines\n\n', 'data: [DONE]\n\n'].join(''))
    expect(entry).toMatchObject({ input_tokens: 11, output_tokens: 22 })

    const asked = { stream_options: { include_usage: true } }
    const all = written({ choices: [], usage }) + stopped
    expect((await passed(all, { body: asked })).heard).toBe(all)
  })

  test('is not held back until there is more of it', async () => {
    const { answer, write, close } = await streamed()
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
    const first = written(saying({ content: 'first' }))
    const writing = write(first)
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(first)
    await writing
    const rest = write(stopped).then(close)
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(stopped)
    await rest
  })

  test('may take longer than its first word may, once that has come', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { answer, isAborted, write, close, charged } = await streamed()
    vi.advanceTimersByTime(depsOf(env).deadlines.firstByteMs)
    expect(isAborted()).toBe(false)
    vi.useRealTimers()
    const heard = answer.text()
    await write(stopped)
    await close()
    expect(await heard).toBe(stopped)
    expect((await charged())?.output_tokens).toBe(0)
  })

  test.for([
    ['words', { content: 'x'.repeat(500), tool_calls: [{}] }],
    ['a refusal', { refusal: 'x'.repeat(500) }],
    ['thoughts', { reasoning_content: 'x'.repeat(500), tool_calls: null }],
    ['tools', { tool_calls: [{ function: { name: 'x'.repeat(100), arguments: 'x'.repeat(400) } }] }],
  ] as const)(
    'is charged by its size, %s too, and by what may have been made since when it breaks off',
    async ([, delta]) => {
      const said = written(saying(delta))
      const whole = await passed(said + stopped)
      expect([whole.heard, whole.entry?.output_tokens]).toEqual([said + stopped, 500])
      const { heard, entry } = await passed(said.replace('data: ', 'data:'))
      expect(heard).toContain('The model broke off.')
      expect(entry?.output_tokens).toBe(500 + 512)
    },
  )

  test.for([
    ['nothing', {}],
    ['no numbers', { prompt_tokens: 'many', completion_tokens: null }],
    ['zeros', { prompt_tokens: 0, completion_tokens: 0 }],
  ] as const)('is charged by its size where it counts %s, also after a count that holds', async ([, usage]) => {
    const said = written(saying({ content: 'x'.repeat(500) }))
    const senseless = written({ choices: [], usage })
    expect((await passed(said + senseless + stopped)).entry?.output_tokens).toBe(500)
    const real = written({ choices: [], usage: { prompt_tokens: 11, completion_tokens: 22 } })
    expect((await passed(said + real + senseless + stopped)).entry?.output_tokens).toBe(22)
  })

  test('is not kept waiting for an event that never ends', async () => {
    const { answer, write, charged, isAborted } = await streamed()
    const heard = answer.text()
    await write(written(saying({ content: 'x'.repeat(500) })))
    expect(await write(`data: ${'x'.repeat(1_200_000)}`)).toBe(false)
    expect([isAborted(), (await heard).includes('The model broke off.')]).toEqual([true, true])
    expect((await charged())?.output_tokens).toBe(500 + 512)
  })

  test('is listened to for ten minutes, and no longer', async () => {
    const { answer, write, charged, isAborted } = await streamed()
    const heard = answer.text()
    // More each time than a read waits for.
    const says = (letter: string) => write(written(saying({ content: letter.repeat(600) })))
    await says('a')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 590_000 })
    await says('b')
    expect(isAborted()).toBe(false)
    vi.setSystemTime(Date.now() + 11_000)
    await says('c')
    expect(await write(stopped)).toBe(false)
    vi.useRealTimers()
    expect(await heard).toMatch(/a{600}.*b{600}.*c{600}.*The model broke off\./s)
    expect([isAborted(), (await charged())?.output_tokens]).toEqual([true, 1_800 + 512])
  })

  test('is not listened to any more once its client has left, though it says nothing, nor past all measure', async () => {
    const silent = await streamed()
    const reader = (silent.answer.body as ReadableStream<Uint8Array>).getReader()
    const writing = silent.write(written(saying({ content: 'first' })))
    await reader.read()
    await writing
    await reader.cancel()
    await eventually(async () => expect(await Promise.resolve(silent.isAborted())).toBe(true))
    expect(await silent.write('more')).toBe(false)
    expect((await silent.charged())?.output_tokens).toBe(5 + 512)

    const flood = await streamed({ max_tokens: 5 })
    const heard = flood.answer.text()
    await flood.write(written(saying({ content: 'x'.repeat(100) })))
    expect(await flood.write(written(saying({ content: 'more' })))).toBe(false)
    expect(await heard).toContain('The model broke off.')
    expect(flood.isAborted()).toBe(true)
    expect((await flood.charged())?.output_tokens).toBe(5)
    await checkBooks()
  })
})

test('an answer whose price the database did not hear is given, and its money stays held', async () => {
  const openai = await client()
  await fault({ target: 'database', kind: 'down', match: 'as result from moved' })
  const { choices } = await openai.chat.completions.create(hello)
  expect(choices[0]?.message.content).toBe('all is well')
  expect([(await reservationsOf(person.id)).length, await closed()]).toEqual([1, []])
  await noFaults()
  await checkBooks()
})

test('a client that leaves in the middle is charged for what was made, and nothing stays held', async () => {
  const { key } = await newKey(person)
  const before = (await closed()).length
  const answer = await call('post', '/v1/chat/completions', { token: key, body: { ...long, stream: true } })
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  await reader.read()
  await reader.cancel()
  await eventually(async () => expect(await reservationsOf(person.id)).toEqual([]))
  const entries = await closed()
  expect(entries).toHaveLength(before + 1)
  expect(Number(entries[0]?.amount_micros)).toBeGreaterThan(0)
  expect(entries[0]?.output_tokens).toBeLessThan(4_096)
  await checkBooks()
})

test('a client that leaves before a whole answer is charged for it, and nothing stays held', async () => {
  const { key } = await newKey(person)
  await fault({ target: 'model', kind: 'slow', ms: 600, times: 1 })
  const leave = new AbortController()
  const asked = requestOf('post', '/v1/chat/completions', { token: key, body: hello })
  const left = front(new Request(asked, { signal: leave.signal })).catch(() => undefined)
  await eventually(async () => expect(await modelCalls()).toHaveLength(1))
  leave.abort()
  await left
  await eventually(async () => expect(await reservationsOf(person.id)).toEqual([]))
  expect((await closed())[0]?.output_tokens).toBeGreaterThan(0)
  await checkBooks()
})

test('an answer comes in far fewer pieces than tokens, as curl gets it', async () => {
  const { key } = await newKey(person)
  const answer = await call('post', '/v1/chat/completions', { token: key, body: { ...long, stream: true } })
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  let pieces = 0
  let text = ''
  const decoder = new TextDecoder()
  for await (const bytes of answer.body as unknown as AsyncIterable<Uint8Array>) {
    pieces += 1
    text += decoder.decode(bytes, { stream: true })
  }
  expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true)
  const events = text.match(/^data: /gm)?.length ?? 0
  expect(events).toBeGreaterThan(1_000)
  expect(pieces * 4).toBeLessThan(events)
})

describe('a key', () => {
  const list = () => ok<{ items: ApiKey[] }>(call('get', '/keys', { token: person.token }))

  test('is shown once, kept as a hash, listed by its ends, and counts what it spent', async () => {
    const made = await newKey(person, { name: 'Editor', capMicros: 90_000 })
    expect(made.key).toMatch(/^mk_[\w-]{43}$/)
    const rows = await sql`select * from keys where id = ${made.id}::uuid`
    expect(JSON.stringify(rows)).not.toContain(made.key.slice(4, 30))
    await clientOf(made.key).chat.completions.create(hello)
    const mine = (await list()).items.find(({ id }) => id === made.id)
    expect(mine).toMatchObject({ name: 'Editor', capMicros: 90_000, scopes: ['chat', 'embeddings', 'models'] })
    expect(mine?.spentThisMonthMicros).toBeGreaterThan(0)
    expect(JSON.stringify(await list())).not.toContain(made.key)
  })

  test('stops at its own cap to the last micro-dollar, however many calls come at once', async () => {
    const probe = await newKey(person)
    await clientOf(probe.key).chat.completions.create(hello)
    const [row] = await sql<{ amount_micros: string }>`
      select amount_micros from ledger where key_id = ${probe.id}::uuid and kind = 'reserve'`
    const each = Number(row?.amount_micros)
    await forgetCalls()
    const { id, key } = await newKey(person, { capMicros: 3 * each + each - 1 })
    await fault({ target: 'model', kind: 'slow', ms: 300 })
    const calls = await Promise.allSettled(
      Array.from({ length: 12 }, () => clientOf(key).chat.completions.create(hello)),
    )
    const made = calls.filter(({ status }) => status === 'fulfilled').length
    expect(made).toBeGreaterThanOrEqual(3)
    expect(await modelCalls()).toHaveLength(made)
    const [budget] = await sql<{ spent: string; cap: string }>`
      select spent_micros as spent, cap_micros as cap from budgets where scope = 'key-month' and owner_id = ${id}::uuid`
    expect(Number(budget?.spent)).toBeLessThanOrEqual(Number(budget?.cap))
    await checkBooks()
  })

  test('with nothing left says so once: OpenAI’s client does not try again', async () => {
    const { key } = await newKey(person, { capMicros: 1 })
    let asked = 0
    const openai = new OpenAI({
      apiKey: key,
      maxRetries: 5,
      baseURL: 'https://api.test/v1',
      fetch: (url, init) => {
        asked += 1
        return front(new Request(url, init))
      },
    })
    expect(await refusal(openai.chat.completions.create(hello))).toMatchObject({
      status: 429,
      code: 'insufficient_quota',
      type: 'insufficient_quota',
    })
    expect(asked).toBe(1)
    expect(await modelCalls()).toEqual([])
  })

  test('that is put out, or past its time, or of somebody disabled, opens nothing any more', async () => {
    const [revoked, expired] = [await newKey(person), await newKey(person)]
    await ok(call('delete', `/keys/${revoked.id}`, { token: person.token }), 204)
    await sql`update keys set expires_at = now() - interval '1 second' where id = ${expired.id}::uuid`
    for (const { key } of [revoked, expired]) {
      expect(await refusal(clientOf(key).chat.completions.create(hello))).toMatchObject({ status: 401 })
      expect(await refusal(clientOf(key).models.list())).toMatchObject({ status: 401 })
    }
    const other = await newPerson()
    const { key } = await newKey(other)
    const { token } = await owner()
    await ok(call('patch', `/admin/users/${other.id}`, { token, body: { disabled: true } }))
    expect(await refusal(clientOf(key).chat.completions.create(hello))).toMatchObject({ status: 401 })
  })

  test('is good until it expires, and not a moment longer', async () => {
    const expiresAt = new Date(Math.floor(Date.now() / 1_000) * 1_000 + 3_600_000)
    const { key, expiresAt: told } = await newKey(person, { expiresAt: expiresAt.toISOString() })
    expect(told).toBe(expiresAt.toISOString())
    for (const [ms, status] of [
      [-1, 200],
      [0, 401],
    ] as const) {
      vi.useFakeTimers({ toFake: ['Date'], now: expiresAt.getTime() + ms })
      expect((await workerWith({})('get', '/v1/models', { token: key })).status).toBe(status)
    }
  })

  test('is all of what the header says', async () => {
    const { key } = await newKey(person)
    for (const authorization of [key, `Basic Bearer ${key}`, `Bearer ${key}x`, `Bearer ${key}, Bearer ${key}`])
      expect((await call('get', '/v1/models', { headers: { authorization } })).status).toBe(401)
    expect((await call('get', '/v1/models', { headers: { authorization: `bearer ${key}` } })).status).toBe(200)
  })

  test('does only what it is for, and is no sign-in', async () => {
    const { key } = await newKey(person, { scopes: ['models'] })
    await clientOf(key).models.list()
    expect(await refusal(clientOf(key).chat.completions.create(hello))).toMatchObject({ status: 403 })
    await problem(call('get', '/me', { token: key }), 'unauthenticated')
    await problem(call('post', '/keys', { token: key, body: { name: 'more' } }), 'unauthenticated')
  })

  test('of somebody else can neither be seen nor put out', async () => {
    const made = await newKey(person)
    const other = await newPerson()
    await problem(call('delete', `/keys/${made.id}`, { token: other.token }), 'not_found')
    expect(JSON.stringify(await ok(call('get', '/keys', { token: other.token })))).not.toContain(made.id)
    await clientOf(made.key).models.list()
  })

  test('may not expire before it begins, and twenty are enough', async () => {
    const body = { name: 'late', expiresAt: '2020-01-01T00:00:00Z' }
    const { errors } = await problem(call('post', '/keys', { token: person.token, body }), 'invalid')
    expect(errors).toEqual([{ path: 'expiresAt', message: 'must be in the future' }])
    const other = await newPerson()
    expect(await ok(call('get', '/keys', { token: other.token }))).toMatchObject({ items: [] })
    for (let made = 0; made < 20; made++) await newKey(other)
    await problem(call('post', '/keys', { token: other.token, body: { name: 'one more' } }), 'conflict')
  })

  test('is told how many requests it has left, in OpenAI’s headers, and held to them until the minute is over', async () => {
    const [{ key }, other] = [await newKey(person), await newKey(person)]
    const worker = workerWith({ API_REQUESTS_PER_MINUTE: '2' })
    const minute = Math.floor(Date.now() / 60_000) * 60_000
    const ask = async (second: number, token = key) => {
      vi.useFakeTimers({ toFake: ['Date'], now: minute + second * 1_000 })
      const answer = await worker('get', '/v1/models', { token })
      const told = ['limit', 'remaining', 'reset'].map((name) => answer.headers.get(`x-ratelimit-${name}-requests`))
      return { answer, told: [answer.status, ...told] }
    }
    expect((await ask(10)).told).toEqual([200, '2', '1', '50s'])
    expect((await ask(15)).told).toEqual([200, '2', '0', '45s'])
    const { answer, told } = await ask(20)
    expect([...told, answer.headers.get('retry-after')]).toEqual([429, '2', '0', '40s', '40'])
    expect(await answer.json()).toMatchObject({ error: { type: 'requests', code: 'rate_limit_exceeded' } })
    expect((await ask(25, other.key)).told).toEqual([200, '2', '1', '35s'])
    expect((await ask(60)).told).toEqual([200, '2', '1', '60s'])
  })
})

test('what the usage says of an answer is what the ledger says', async () => {
  const { key } = await newKey(person)
  const answer = await ok<{ usage: { prompt_tokens: number } & Partial<Usage> }>(
    call('post', '/v1/chat/completions', { token: key, body: hello }),
  )
  expect((await closed())[0]?.input_tokens).toBe(answer.usage.prompt_tokens)
})
