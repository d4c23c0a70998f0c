/** A message as the engine sees it, whichever of the two chat APIs brought it. */
export type Message = { role: 'system' | 'user' | 'assistant' | 'tool'; content: string }

export type Tool = { name: string; description: string; parameters: JsonSchema }

/** As much of JSON Schema as filling in a value takes. */
export type JsonSchema = {
  type?: string | string[]
  enum?: unknown[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
}
