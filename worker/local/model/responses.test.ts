import { afterAll, beforeAll, expect, test } from 'vitest'
import { collect, startModel, type StartedModel } from './testing.ts'

let demo: StartedModel
beforeAll(async () => {
  demo = await startModel()
})
afterAll(() => void demo.close())

test('a streamed response goes through its events in order, numbered', async () => {
  const events = await collect(
    await demo.client.responses.create({ model: 'demo', input: 'say exactly: one two three', stream: true }),
  )
  expect(events.map(({ type }) => type)).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.delta',
    'response.output_text.delta',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ])
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, at) => at))
  const last = events.at(-1)
  if (last?.type !== 'response.completed') throw new Error('not completed')
  expect(last.response.output).toMatchObject([{ type: 'message', content: [{ text: 'one two three' }] }])
  expect(last.response.usage).toMatchObject({ output_tokens: 4, output_tokens_details: { reasoning_tokens: 0 } })
})

test('each event names its type on the wire too', async () => {
  const raw = await demo.post('/v1/responses', { model: 'demo', input: 'hello', stream: true })
  const events = (await raw.text()).split('\n\n').filter(Boolean)
  for (const event of events) {
    const [, name, data = ''] = /^event: (\S+)\ndata: (.+)$/.exec(event) ?? []
    expect((JSON.parse(data) as { type: string }).type).toBe(name)
  }
})

test('a whole response has its text, and one cut short is incomplete', async () => {
  const instructions = 'The user’s name is Ada.'
  const whole = await demo.client.responses.create({ model: 'demo', input: 'What is my name?', instructions })
  expect(whole.output_text).toContain('Your name is Ada.')
  expect(whole.usage?.total_tokens).toBe((whole.usage?.input_tokens ?? 0) + (whole.usage?.output_tokens ?? 0))
  const cut = await demo.client.responses.create({ model: 'demo', input: 'write 90 words', max_output_tokens: 16 })
  expect(cut).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
  expect(cut.usage?.output_tokens).toBe(16)
})

test('a conversation of items is remembered, and a tool is called and answered', async () => {
  const remembered = await demo.client.responses.create({
    model: 'demo',
    input: [
      { role: 'user', content: [{ type: 'input_text', text: 'My name is Ada.' }] },
      { role: 'assistant', content: 'Hello!' },
      { role: 'user', content: 'What is my name?' },
    ],
  })
  expect(remembered.output_text).toBe('Your name is Ada.')

  const parameters = { type: 'object', properties: { city: { type: 'string' } } }
  const tools = [{ type: 'function' as const, name: 'get_weather', parameters, strict: false }]
  const question = { role: 'user' as const, content: 'What is the weather in Paris?' }
  const events = await collect(
    await demo.client.responses.create({ model: 'demo', input: [question], tools, stream: true }),
  )
  const done = events.find((event) => event.type === 'response.function_call_arguments.done')
  expect(done?.arguments).toBe('{"city":"Paris"}')
  const last = events.at(-1)
  if (last?.type !== 'response.completed') throw new Error('not completed')
  const call = last.response.output[0]
  if (call?.type !== 'function_call') throw new Error('no call')
  const output = { type: 'function_call_output' as const, call_id: call.call_id, output: '21 degrees' }
  const told = await demo.client.responses.create({ model: 'demo', input: [question, call, output], tools })
  expect(told.output_text).toContain('21 degrees')
})

test('nothing is stored, so an earlier response is not found', async () => {
  const asked = demo.client.responses.create({ model: 'demo', input: 'hi', previous_response_id: 'resp_1' })
  await expect(asked).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
})
