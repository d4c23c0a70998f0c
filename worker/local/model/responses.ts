import type { Context } from 'hono'
import type OpenAI from 'openai'
import { Failure, OUTAGE, readBody } from './failure.ts'
import { generate, listen, type Deps, type Generation } from './generation.ts'
import { askOf, ResponsesRequest } from './responses-request.ts'
import { answerWhole, stream, type Event } from './sse.ts'

type Response = Omit<OpenAI.Responses.Response, 'output_text' | 'access_programs'>
type Item = OpenAI.Responses.ResponseOutputMessage | OpenAI.Responses.ResponseFunctionToolCall
type Unnumbered<T> = T extends { response: unknown }
  ? Omit<T, 'sequence_number' | 'response'> & { response: Response }
  : Omit<T, 'sequence_number'>
type StreamEvent = Unnumbered<OpenAI.Responses.ResponseStreamEvent>

const newId = (kind: string) => `${kind}_${crypto.randomUUID().replaceAll('-', '')}`

const usageOf = (generation: Generation): OpenAI.Responses.ResponseUsage => {
  const { promptTokens, cachedTokens, writtenTokens, completionTokens } = generation.usage()
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: writtenTokens },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: promptTokens + completionTokens,
  }
}

const begun = (request: ResponsesRequest): Response => ({
  id: newId('resp'),
  object: 'response',
  created_at: Math.floor(Date.now() / 1000),
  status: 'in_progress',
  error: null,
  incomplete_details: null,
  instructions: request.instructions ?? null,
  max_output_tokens: request.max_output_tokens ?? null,
  metadata: request.metadata ?? {},
  model: request.model,
  output: [],
  parallel_tool_calls: true,
  previous_response_id: null,
  service_tier: 'default',
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
})

const part = (text: string) => ({ type: 'output_text' as const, text, annotations: [], logprobs: [] })

/** The one thing in the output: a message, or a call of a tool. */
const itemOf = ({ reply }: Generation) => {
  const id = newId('text' in reply ? 'msg' : 'fc')
  return (said: string, status: 'in_progress' | 'completed' | 'incomplete'): Item =>
    'text' in reply
      ? { id, type: 'message', status, role: 'assistant', content: status === 'in_progress' ? [] : [part(said)] }
      : { id, type: 'function_call', status, call_id: reply.id, name: reply.tool, arguments: said }
}

const ended = (response: Response, generation: Generation, item: Item): Response => ({
  ...response,
  ...(generation.finish === 'length'
    ? { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
    : { status: 'completed', completed_at: Math.floor(Date.now() / 1000) }),
  output: [item],
  usage: generation.fault === 'no-usage' ? undefined : usageOf(generation),
})

async function* events(
  request: ResponsesRequest,
  generation: Generation,
  gone: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const response = begun(request)
  const item = itemOf(generation)
  const empty = item('', 'in_progress')
  const at = { output_index: 0, item_id: empty.id ?? '' }
  const isText = empty.type === 'message'
  yield { type: 'response.created', response }
  yield { type: 'response.in_progress', response }
  yield { type: 'response.output_item.added', output_index: 0, item: empty }
  if (isText) yield { type: 'response.content_part.added', ...at, content_index: 0, part: part('') }
  let text = ''
  for await (const delta of generation.speak(gone)) {
    text += delta
    yield isText
      ? { type: 'response.output_text.delta', ...at, content_index: 0, delta, logprobs: [] }
      : { type: 'response.function_call_arguments.delta', ...at, delta }
  }
  if (isText) {
    yield { type: 'response.output_text.done', ...at, content_index: 0, text, logprobs: [] }
    yield { type: 'response.content_part.done', ...at, content_index: 0, part: part(text) }
  } else {
    yield { type: 'response.function_call_arguments.done', ...at, arguments: text }
  }
  const done = item(text, generation.finish === 'length' ? 'incomplete' : 'completed')
  yield { type: 'response.output_item.done', output_index: 0, item: done }
  const last = {
    type: generation.finish === 'length' ? ('response.incomplete' as const) : ('response.completed' as const),
    response: ended(response, generation, done),
  }
  yield last
  if (generation.fault === 'duplicate-usage') yield last
}

async function* numbered(stream: AsyncIterable<StreamEvent>): AsyncGenerator<Event> {
  let sequence_number = 0
  for await (const event of stream) yield { event: event.type, data: { ...event, sequence_number: sequence_number++ } }
}

/** `POST /v1/responses`, streamed or whole. Nothing is stored, so there is no earlier response to go on from. */
export const responses = (deps: Deps) => async (c: Context) => {
  const { request, body } = await readBody(c, ResponsesRequest)
  if (request.previous_response_id)
    throw new Failure(400, `Previous response with id '${request.previous_response_id}' not found.`, {
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    })
  const gone = c.req.raw.signal
  const generation = await generate(deps, askOf(request, body), c.req.header('x-demo-pace'), gone)
  const { fault, finish } = generation
  if (request.stream) {
    const outage = { event: 'error', data: { type: 'error', code: OUTAGE.code, message: OUTAGE.message, param: null } }
    return stream((gone) => numbered(events(request, generation, gone)), { fault, outage })
  }
  const item = itemOf(generation)(await listen(generation, gone), finish === 'length' ? 'incomplete' : 'completed')
  return answerWhole(ended(begun(request), generation, item), fault)
}
