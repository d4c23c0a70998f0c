import * as z from 'zod'
import { Line, Micros } from './text.ts'

export const ModelId = Line.max(100)

/** What a model costs and can do. Prices are micro-dollars per million tokens: $0.10 is 100,000. */
export const Model = z.strictObject({
  id: ModelId,
  label: Line.max(60),
  kind: z.enum(['chat', 'embedding']).default('chat'),
  inputMicrosPerMTok: Micros,
  cachedInputMicrosPerMTok: Micros.optional().meta({ description: 'default: the input price' }),
  cacheWriteMicrosPerMTok: Micros.optional().meta({ description: 'default: the input price' }),
  outputMicrosPerMTok: Micros,
  contextTokens: z.int().positive(),
  maxOutputTokens: z.int().positive(),
  imageTokens: z
    .int()
    .positive()
    .optional()
    .meta({ description: 'the most one picture is billed as; absent: it cannot see' }),
  /** Thinks in tokens nobody sees: an aborted answer then costs all that was reserved. */
  hiddenReasoning: z.boolean().default(false),
  /** How the provider calls the bound on an answer's length. */
  outputLimit: z.enum(['max_completion_tokens', 'max_tokens']).default('max_tokens'),
  source: z.string(),
  asOf: z.iso.date(),
})
export type Model = z.infer<typeof Model>

/** The models we know the price of. A setting may add to them; a model that is in neither is refused. */
export const knownModels: readonly Model[] = [
  {
    id: 'gpt-6-luna',
    label: 'GPT-6 Luna',
    kind: 'chat',
    inputMicrosPerMTok: 100_000,
    cachedInputMicrosPerMTok: 10_000,
    cacheWriteMicrosPerMTok: 125_000,
    outputMicrosPerMTok: 500_000,
    contextTokens: 128_000,
    maxOutputTokens: 4_096,
    hiddenReasoning: true,
    outputLimit: 'max_completion_tokens',
    source: 'OpenAI price list (second-hand: check before you rely on it)',
    asOf: '2026-09-22',
  },
  {
    id: 'text-embedding-3-small',
    label: 'Embeddings, small',
    kind: 'embedding',
    inputMicrosPerMTok: 20_000,
    outputMicrosPerMTok: 0,
    contextTokens: 8_191,
    maxOutputTokens: 1,
    hiddenReasoning: false,
    outputLimit: 'max_tokens',
    source: 'OpenAI price list (second-hand: check before you rely on it)',
    asOf: '2026-09-22',
  },
]

export const ModelList = z
  .array(
    z.object({
      id: z.string(),
      label: z.string(),
      priceInMicrosPerMTok: Micros,
      priceOutMicrosPerMTok: Micros,
      contextTokens: z.int(),
      maxOutputTokens: z.int(),
      worst: z
        .object({
          baseTokens: z.int(),
          passageTokens: z.int().meta({ description: 'more where documents are used' }),
          tokensPerMessage: z.int(),
          maxContextBytes: z.int(),
          maxContextMessages: z.int(),
          inMicrosPerMTok: Micros,
          outMicros: Micros,
          titleMicros: Micros,
        })
        .meta({
          description:
            'what a turn is reserved for: (base + bytes of all texts + per message) * in + out, and the title of a new conversation',
        }),
      available: z.boolean(),
      reason: z.string().optional(),
    }),
  )
  .meta({ id: 'Models' })
export type ModelList = z.infer<typeof ModelList>
