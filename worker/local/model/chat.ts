import type { Context } from 'hono'
import type OpenAI from 'openai'
import { askOf, ChatRequest } from './chat-request.ts'
import { Failure, OUTAGE, readBody } from './failure.ts'
import { generate, listen, type Deps, type Generation } from './generation.ts'
import { answerWhole, stream, type Event } from './sse.ts'

type Chunk = OpenAI.ChatCompletionChunk

const usageOf = (generation: Generation): OpenAI.CompletionUsage => {
  const { promptTokens, cachedTokens, writtenTokens, completionTokens } = generation.usage()
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: writtenTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

const head = (model: string) => ({
  id: `chatcmpl-${crypto.randomUUID().replaceAll('-', '')}`,
  created: Math.floor(Date.now() / 1000),
  model,
  service_tier: 'default' as const,
  system_fingerprint: 'fp_demo',
})

async function* chunks(model: string, generation: Generation, withUsage: boolean, gone: AbortSignal) {
  const { reply, finish, fault } = generation
  const common = { ...head(model), object: 'chat.completion.chunk' as const, ...(withUsage && { usage: null }) }
  const chunk = (
    delta: OpenAI.ChatCompletionChunk.Choice.Delta,
    finish_reason: typeof finish | null = null,
  ): Event => ({
    data: { ...common, choices: [{ index: 0, delta, logprobs: null, finish_reason }] } satisfies Chunk,
  })
  if ('text' in reply) {
    yield chunk({ role: 'assistant', content: '', refusal: null })
    for await (const content of generation.speak(gone)) yield chunk({ content })
  } else {
    const call = { index: 0, id: reply.id, type: 'function' as const, function: { name: reply.tool, arguments: '' } }
    yield chunk({ role: 'assistant', content: null, refusal: null, tool_calls: [call] })
    for await (const piece of generation.speak(gone))
      yield chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] })
  }
  yield chunk({}, finish)
  const usage: Event = { data: { ...common, choices: [], usage: usageOf(generation) } satisfies Chunk }
  if (withUsage && fault !== 'no-usage') yield usage
  if (withUsage && fault === 'duplicate-usage') yield usage
  yield { data: '[DONE]' } satisfies Event
}

const whole = async (model: string, generation: Generation, gone: AbortSignal) => {
  const { reply, finish, fault } = generation
  const said = await listen(generation, gone)
  const message: OpenAI.ChatCompletionMessage = { role: 'assistant', content: null, refusal: null }
  if ('text' in reply) message.content = said
  else message.tool_calls = [{ id: reply.id, type: 'function', function: { name: reply.tool, arguments: said } }]
  return {
    ...head(model),
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    ...(fault !== 'no-usage' && { usage: usageOf(generation) }),
  } satisfies OpenAI.ChatCompletion
}

/** `POST /v1/chat/completions`, streamed or whole. */
export const chat = (deps: Deps) => async (c: Context) => {
  const { request, body } = await readBody(c, ChatRequest)
  if (request.stream_options && !request.stream)
    throw new Failure(400, "'stream_options' is only allowed when 'stream' is set.", { param: 'stream_options' })
  const gone = c.req.raw.signal
  const generation = await generate(deps, askOf(request, body), c.req.header('x-demo-pace'), gone)
  if (!request.stream) return answerWhole(await whole(request.model, generation, gone), generation.fault)
  const withUsage = request.stream_options?.include_usage ?? false
  const outage: Event = { data: { error: OUTAGE } }
  return stream((gone) => chunks(request.model, generation, withUsage, gone), { fault: generation.fault, outage })
}
