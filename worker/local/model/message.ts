import { z } from 'zod'

/** A message as the engine sees it, whichever of the two chat APIs brought it. */
export type Message = { role: 'system' | 'user' | 'assistant' | 'tool'; content: string }

/** As much of JSON Schema as filling in a value takes. */
export type JsonSchema = {
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  anyOf?: JsonSchema[]
  properties?: Record<string, JsonSchema>
  items?: JsonSchema
}
export const JsonSchema = z.custom<JsonSchema>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
)

export type Tool = { name: string; description: string; parameters: JsonSchema }

/** A name forces that tool. */
export type ToolChoice = 'auto' | 'none' | 'required' | { name: string }

export const FunctionTool = z
  .looseObject({ name: z.string(), description: z.string().nullish(), parameters: JsonSchema.nullish() })
  .transform(({ name, description, parameters }): Tool => ({
    name,
    description: description ?? '',
    parameters: parameters ?? {},
  }))

export const Role = z
  .enum(['system', 'developer', 'user', 'assistant', 'tool', 'function'])
  .transform((role): Message['role'] => (role === 'developer' ? 'system' : role === 'function' ? 'tool' : role))

const Part = z.looseObject({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() })

/** A message's text. Of a picture or a file it says only that there was one: this model is blind, its bytes are not text. */
export const Content = z
  .union([z.string(), z.array(Part)])
  .transform((content) =>
    typeof content === 'string'
      ? content
      : content
          .map(({ type, text, refusal }) => text ?? refusal ?? `(${type.replace(/^input_|_url$/g, '')})`)
          .join('\n'),
  )

export const Count = z.int().min(1)
