import { z } from 'zod'
import type { Ask } from './generation.ts'
import { Content, Count, FunctionTool, JsonSchema, Role } from './message.ts'

const ToolCall = z.looseObject({ function: z.looseObject({ name: z.string(), arguments: z.string() }) })

const ChatMessage = z
  .looseObject({ role: Role, content: Content.nullish(), tool_calls: z.array(ToolCall).nullish() })
  .transform(({ role, content, tool_calls: calls }) => ({
    role,
    content:
      (content ?? '') + (calls ?? []).map((call) => `${call.function.name}(${call.function.arguments})`).join('\n'),
  }))

const Choice = z.union([
  z.enum(['auto', 'none', 'required']),
  z.looseObject({ function: z.looseObject({ name: z.string() }) }).transform(({ function: { name } }) => ({ name })),
])

const Format = z.union([
  z.looseObject({ type: z.literal('text') }).transform(() => null),
  z.looseObject({ type: z.literal('json_object') }).transform((): JsonSchema => ({})),
  z
    .looseObject({ type: z.literal('json_schema'), json_schema: z.looseObject({ schema: JsonSchema.nullish() }) })
    .transform((format) => format.json_schema.schema ?? {}),
])

export const ChatRequest = z.looseObject({
  model: z.string(),
  messages: z.array(ChatMessage).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: Count.nullish(),
  max_completion_tokens: Count.nullish(),
  n: z.literal(1, 'the demo model gives one choice').nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  tools: z.array(z.looseObject({ type: z.literal('function'), function: FunctionTool })).nullish(),
  tool_choice: Choice.nullish(),
  response_format: Format.nullish(),
})
export type ChatRequest = z.infer<typeof ChatRequest>

export const askOf = (request: ChatRequest, body: string): Ask => ({
  path: '/v1/chat/completions',
  body,
  model: request.model,
  messages: request.messages,
  maxTokens: request.max_completion_tokens ?? request.max_tokens ?? null,
  stop: [request.stop ?? []].flat().filter((word) => word !== ''),
  tools: (request.tools ?? []).map((tool) => tool.function),
  toolChoice: request.tool_choice ?? 'auto',
  schema: request.response_format ?? null,
})
