import type { Context } from 'hono'
import { z } from 'zod'
import { Failure, readBody, serverError } from './failure.ts'
import { generate, listen, type Ask, type Deps, type Generation } from './generation.ts'
import type { JsonSchema, Message } from './message.ts'
import { stream, type Event } from './sse.ts'

const Part = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  refusal: z.string().optional(),
  image_url: z.looseObject({ url: z.string() }).optional(),
})
type Part = z.infer<typeof Part>
const ToolCall = z.looseObject({ function: z.object({ name: z.string(), arguments: z.string() }).optional() })
const ChatMessage = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.array(Part)]).nullish(),
  tool_calls: z.array(ToolCall).nullish(),
})
type ChatMessage = z.infer<typeof ChatMessage>
export const Schema = z.custom<JsonSchema>((value) => typeof value === 'object' && value !== null)
const ChatTool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({ name: z.string(), description: z.string().nullish(), parameters: Schema.nullish() }),
})
const Choice = z.union([
  z.enum(['auto', 'none', 'required']),
  z.looseObject({ function: z.looseObject({ name: z.string() }) }).transform(({ function: { name } }) => ({ name })),
])
const Format = z.union([
  z.looseObject({ type: z.enum(['text', 'json_object']) }),
  z.looseObject({ type: z.literal('json_schema'), json_schema: z.looseObject({ schema: Schema.nullish() }) }),
])
const Count = z.int().min(1).nullish()
const ChatBody = z.looseObject({
  model: z.string(),
  messages: z.array(ChatMessage).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: Count,
  max_completion_tokens: Count,
  n: z.literal(1, 'the demo model gives one choice').nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  tools: z.array(ChatTool).nullish(),
  tool_choice: Choice.nullish(),
  response_format: Format.nullish(),
})
type ChatBody = z.infer<typeof ChatBody>

/** A picture is a note that one was shown: this model is blind, and its bytes are not text to count. */
const partText = (part: Part) => part.text ?? part.refusal ?? (part.image_url ? '(image)' : '')

const roleOf = (role: ChatMessage['role']): Message['role'] =>
  role === 'developer' ? 'system' : role === 'function' ? 'tool' : role

const messageOf = ({ role, content, tool_calls: calls }: ChatMessage): Message => {
  const text = typeof content === 'string' ? content : (content ?? []).map(partText).join('\n')
  return {
    role: roleOf(role),
    content: calls?.length ? text + JSON.stringify(calls.map((call) => call.function)) : text,
  }
}

const schemaOf = (format: ChatBody['response_format']): JsonSchema | null => {
  if (!format || format.type === 'text') return null
  return format.type === 'json_schema' ? (format.json_schema.schema ?? {}) : {}
}

const askOf = (body: ChatBody, bytes: number): Ask => ({
  path: '/v1/chat/completions',
  bytes,
  model: body.model,
  messages: body.messages.map(messageOf),
  maxTokens: body.max_completion_tokens ?? body.max_tokens ?? null,
  stop: [body.stop ?? []].flat().filter(Boolean),
  tools: (body.tools ?? []).map(({ function: { name, description, parameters } }) => ({
    name,
    description: description ?? '',
    parameters: parameters ?? {},
  })),
  toolChoice: body.tool_choice ?? 'auto',
  schema: schemaOf(body.response_format),
})

const usageOf = (generation: Generation) => {
  const { promptTokens, cachedTokens, completionTokens } = generation.usage()
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

const head = (model: string, object: 'chat.completion' | 'chat.completion.chunk') => ({
  id: `chatcmpl-${crypto.randomUUID().replaceAll('-', '')}`,
  object,
  created: Math.floor(Date.now() / 1000),
  model,
  service_tier: 'default',
  system_fingerprint: 'fp_demo',
})

async function* chunks(
  model: string,
  generation: Generation,
  withUsage: boolean,
  gone: AbortSignal,
): AsyncGenerator<Event> {
  const common = { ...head(model, 'chat.completion.chunk'), ...(withUsage && { usage: null }) }
  const { reply, finish, fault } = generation
  const chunk = (delta: object, finish_reason: string | null = null): Event => ({
    data: { ...common, choices: [{ index: 0, delta, logprobs: null, finish_reason }] },
  })
  if ('text' in reply) {
    yield chunk({ role: 'assistant', content: '', refusal: null })
    for await (const content of generation.speak(gone)) yield chunk({ content })
  } else {
    const opening = { index: 0, id: reply.id, type: 'function', function: { name: reply.tool, arguments: '' } }
    yield chunk({ role: 'assistant', content: null, tool_calls: [opening] })
    for await (const piece of generation.speak(gone))
      yield chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] })
  }
  yield chunk({}, finish)
  const usage: Event = { data: { ...common, choices: [], usage: usageOf(generation) } }
  if (withUsage && fault !== 'no-usage') yield usage
  if (withUsage && fault === 'duplicate-usage') yield usage
  yield { data: '[DONE]' }
}

const whole = async (model: string, generation: Generation, gone: AbortSignal) => {
  const { reply, finish, fault } = generation
  const said = await listen(generation, gone)
  const message =
    'text' in reply
      ? { role: 'assistant', content: said, refusal: null, annotations: [] }
      : {
          role: 'assistant',
          content: null,
          refusal: null,
          tool_calls: [{ id: reply.id, type: 'function', function: { name: reply.tool, arguments: said } }],
        }
  return {
    ...head(model, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    ...(fault !== 'no-usage' && { usage: usageOf(generation) }),
  }
}

/** `POST /v1/chat/completions`, streamed or whole. */
export const chat = (deps: Deps) => async (c: Context) => {
  const { body, bytes } = await readBody(c, ChatBody)
  const gone = c.req.raw.signal
  const generation = await generate(deps, askOf(body, bytes), c.req.header('x-demo-pace'), gone)
  if (body.stream) {
    const withUsage = body.stream_options?.include_usage ?? false
    return stream((gone) => chunks(body.model, generation, withUsage, gone), generation.fault)
  }
  if (body.stream_options) throw new Failure(400, "'stream_options' needs 'stream'.", { param: 'stream_options' })
  if (generation.fault === 'error-event') throw serverError()
  const json = JSON.stringify(await whole(body.model, generation, gone))
  const text = generation.fault === 'bad-json' ? json.slice(0, json.length / 2) : json
  return c.body(text, 200, { 'content-type': 'application/json' })
}
