import { z } from 'zod'
import type { Ask } from './generation.ts'
import { Content, FunctionTool, JsonSchema, Role, type Message } from './message.ts'

const said = z
  .looseObject({ type: z.literal('message').optional(), role: Role, content: Content })
  .transform(({ role, content }): Message[] => [{ role, content }])
const called = z
  .looseObject({ type: z.literal('function_call'), name: z.string(), arguments: z.string() })
  .transform((call): Message[] => [{ role: 'assistant', content: `${call.name}(${call.arguments})` }])
const returned = z
  .looseObject({ type: z.literal('function_call_output'), output: Content })
  .transform(({ output }): Message[] => [{ role: 'tool', content: output }])
/** Reasoning, searches and the like say nothing to this model. */
const other = z
  .looseObject({
    type: z.string().refine((type) => !['message', 'function_call', 'function_call_output'].includes(type)),
  })
  .transform((): Message[] => [])

const Format = z.union([
  z.looseObject({ type: z.literal('text') }).transform(() => null),
  z.looseObject({ type: z.literal('json_object') }).transform((): JsonSchema => ({})),
  z.looseObject({ type: z.literal('json_schema'), schema: JsonSchema }).transform((format) => format.schema),
])

const Choice = z.union([
  z.enum(['auto', 'none', 'required']),
  z.looseObject({ type: z.literal('function'), name: z.string() }).transform(({ name }) => ({ name })),
])

export const ResponsesRequest = z.looseObject({
  model: z.string(),
  input: z.union([z.string(), z.array(z.union([said, called, returned, other])).min(1)]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  max_output_tokens: z.int().min(16).nullish(),
  previous_response_id: z.string().nullish(),
  tools: z.array(FunctionTool).nullish(),
  tool_choice: Choice.nullish(),
  text: z.looseObject({ format: Format.nullish() }).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
})
export type ResponsesRequest = z.infer<typeof ResponsesRequest>

const messagesOf = ({ input, instructions }: ResponsesRequest): Message[] => [
  ...(instructions ? [{ role: 'system' as const, content: instructions }] : []),
  ...(typeof input === 'string' ? [{ role: 'user' as const, content: input }] : input.flat()),
]

export const askOf = (request: ResponsesRequest, body: string): Ask => ({
  path: '/v1/responses',
  body,
  model: request.model,
  messages: messagesOf(request),
  maxTokens: request.max_output_tokens ?? null,
  stop: [],
  tools: request.tools ?? [],
  toolChoice: request.tool_choice ?? 'auto',
  schema: request.text?.format ?? null,
})
