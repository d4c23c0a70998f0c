import type { Model, Usage } from '@macro-ai/shared'

const perMillion = 1_000_000

/** Tokens that a chat format puts around each message and around the whole, with room to spare (OpenAI's are 4 and 3). */
export const overhead = { tokensPerMessage: 16, baseTokens: 64 }

/**
 * Context sent at most: about 12,000 tokens of English. The bound on messages keeps a turn's cost flat however long a
 * conversation of short messages grows.
 */
export const window = { maxBytes: 48_000, maxMessages: 40 }

/** A window of context starts at a depth that is a multiple of this, so that a provider's prefix cache holds for a while. */
export const windowStep = 8

/**
 * The most tokens a text can be. Every tokenizer we call works on bytes, and no token is shorter than one: bytes bound
 * tokens from above, whatever the vocabulary.
 */
export const mostTokens = (text: string): number => new TextEncoder().encode(text).byteLength

/** The dearest way an input token can be billed: fresh, written to the provider's cache, or read from it. */
export const worstInputMicrosPerMTok = (model: Model): number =>
  Math.max(model.inputMicrosPerMTok, model.cacheWriteMicrosPerMTok ?? 0, model.cachedInputMicrosPerMTok ?? 0)

/** What the longest answer this model may give costs, in micro-dollars. */
export const worstOutputMicros = (model: Model): number =>
  Math.ceil((model.maxOutputTokens * model.outputMicrosPerMTok) / perMillion)

/** What a call with at most `inputTokens` costs at worst, in micro-dollars. The statement that begins a turn reckons alike. */
export const worstMicros = (model: Model, inputTokens: number): number =>
  Math.ceil((inputTokens * worstInputMicrosPerMTok(model)) / perMillion) + worstOutputMicros(model)

/** A model as it is called for a title: few words, though one that thinks first needs room for that. */
export const forTitle = (model: Model): Model => ({
  ...model,
  maxOutputTokens: Math.min(model.maxOutputTokens, model.hiddenReasoning ? 512 : 32),
})

export const sumOf = (one: Usage, other: Usage): Usage => ({
  inputTokens: one.inputTokens + other.inputTokens,
  cachedTokens: one.cachedTokens + other.cachedTokens,
  outputTokens: one.outputTokens + other.outputTokens,
  costMicros: one.costMicros + other.costMicros,
})

/** What a call cost, in micro-dollars, rounded up. Tokens that were not read from the cache may have been written to it. */
export const costMicros = (model: Model, tokens: Omit<Usage, 'costMicros'>): number => {
  const cached = Math.min(tokens.cachedTokens, tokens.inputTokens)
  const micros =
    (tokens.inputTokens - cached) * worstInputMicrosPerMTok(model) +
    cached * (model.cachedInputMicrosPerMTok ?? model.inputMicrosPerMTok) +
    tokens.outputTokens * model.outputMicrosPerMTok
  return Math.ceil(micros / perMillion)
}

/**
 * Usage of a call whose provider never told: never below the real one. `unseenTokens` is what may have been made after
 * the last text that reached us.
 */
export const safeEstimate = (model: Model, inputTokens: number, text: string, unseenTokens = 0): Usage => {
  const outputTokens = model.hiddenReasoning
    ? model.maxOutputTokens
    : Math.min(model.maxOutputTokens, mostTokens(text) + unseenTokens)
  const tokens = { inputTokens, cachedTokens: 0, outputTokens }
  return { ...tokens, costMicros: costMicros(model, tokens) }
}

export const nothingUsed: Usage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, costMicros: 0 }
