import * as z from 'zod'
import { ModelId } from './models.ts'
import { Text } from './text.ts'

/** A picture, at its model's own bound. Where it may come from is checked where that model is known. */
const Picture = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({ url: z.string(), detail: z.enum(['auto', 'low', 'high', 'original']).optional() }),
})

/** Sound and files cost tokens that nobody can tell from their bytes: what cannot be bounded is refused. */
const Part = z.discriminatedUnion('type', [z.strictObject({ type: z.literal('text'), text: Text }), Picture])
const Content = z.union([Text, z.array(Part).max(100)])

const ToolCall = z.strictObject({
  id: z.string().max(200),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string().max(200), arguments: Text }),
})

/** Also what OpenAI says of its own answers and does not want back is taken, so that they can be sent as they came. */
const Message = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: Content.nullish(),
  name: z.string().max(200).optional(),
  refusal: z.string().nullish(),
  tool_calls: z.array(ToolCall).max(128).nullish(),
  tool_call_id: z.string().max(200).optional(),
  annotations: z.array(z.record(z.string(), z.unknown())).nullish(),
  audio: z.null('sound is not taken').optional(),
  function_call: z.null('is out of use: send tool_calls').optional(),
})

const Tool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: z.string().max(200),
    description: Text.optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    strict: z.boolean().nullish(),
  }),
})

const Count = z.int().min(1)

/** OpenAI's chat completions, as far as their cost can be bounded beforehand. What is not named here is refused. */
export const ChatCompletion = z
  .strictObject({
    model: ModelId,
    messages: z.array(Message).min(1).max(2_000),
    stream: z.boolean().nullish(),
    stream_options: z.strictObject({ include_usage: z.boolean().optional() }).nullish(),
    max_tokens: Count.nullish(),
    max_completion_tokens: Count.nullish(),
    n: z.literal(1, 'only one choice is given').nullish(),
    tools: z.array(Tool).max(128).optional(),
    tool_choice: z.union([z.string().max(20), z.record(z.string(), z.unknown())]).optional(),
    parallel_tool_calls: z.boolean().optional(),
    response_format: z.record(z.string(), z.unknown()).optional(),
    temperature: z.number().min(0).max(2).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    presence_penalty: z.number().min(-2).max(2).nullish(),
    frequency_penalty: z.number().min(-2).max(2).nullish(),
    stop: z.union([Text, z.array(Text).max(4)]).nullish(),
    seed: z.int().nullish(),
    reasoning_effort: z.string().max(20).nullish(),
    user: z.string().max(200).optional(),
  })
  .meta({ id: 'ChatCompletion' })
export type ChatCompletion = z.infer<typeof ChatCompletion>

/** A text as its tokens. */
const Tokens = z.array(z.int().min(0)).min(1).max(8_192)

export const Embeddings = z
  .strictObject({
    model: ModelId,
    input: z.union([Text.min(1), z.array(Text.min(1)).min(1).max(2_048), Tokens, z.array(Tokens).min(1).max(2_048)]),
    dimensions: z.int().min(1).max(4_096).optional(),
    encoding_format: z.enum(['float', 'base64']).optional(),
    user: z.string().max(200).optional(),
  })
  .meta({ id: 'Embeddings' })
export type Embeddings = z.infer<typeof Embeddings>

export const OpenAiError = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .meta({ id: 'OpenAIError' })

/** Their answers are the provider's own, handed on. */
export const ChatCompletionAnswer = z.looseObject({ id: z.string(), choices: z.array(z.unknown()) })
export const EmbeddingsAnswer = z.looseObject({ data: z.array(z.unknown()) })
export const ModelAnswer = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
})
export const ModelsAnswer = z.object({ object: z.literal('list'), data: z.array(ModelAnswer) })
