import type { Context } from 'hono'
import { z } from 'zod'
import { EMBEDDING_MODEL, modelCard } from './catalogue.ts'
import { Failure, readBody, tooLong } from './failure.ts'
import type { Deps } from './generation.ts'
import { byteLength, tokenise } from './tokens.ts'
import { isStopWord, stem, words } from './stems.ts'

const DIMENSIONS = 1536
const MOST_TOKENS = 8192

const Ids = z.array(z.int().min(0)).min(1)
const EmbeddingsRequest = z.looseObject({
  model: z.string(),
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(2048), Ids, z.array(Ids).min(1).max(2048)]),
  dimensions: z.int().min(1).max(DIMENSIONS).nullish(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
})
type Input = z.infer<typeof EmbeddingsRequest>['input']

/** Token ids are embedded by their numbers: near lists are near, though not near to the text they came from. */
const textsOf = (input: Input): string[] => {
  if (typeof input === 'string') return [input]
  const spelled = input.map((item) => (Array.isArray(item) ? item.join(' ') : item))
  return spelled.every((item) => typeof item === 'string') ? spelled : [spelled.join(' ')]
}

/** How many tokens each is: ids are that many. */
const countsOf = (input: Input, texts: string[]): number[] => {
  if (typeof input !== 'string' && input.every((item) => typeof item === 'number')) return [input.length]
  return texts.map((text, at) => {
    const item = input[at]
    return Array.isArray(item) ? item.length : tokenise(text).length
  })
}

const STOP_WORD_WEIGHT = 0.05
const TRIGRAM_WEIGHT = 0.2
const PAIR_WEIGHT = 0.5
const WHOLE_WEIGHT = 0.05
/** The second time a text has a word counts for less than the first: with 1 all would count the same, with 0 only the first. */
const REPEATED = 0.7

/** FNV-1a with a last stir, so that low and high bits are both good. */
const hash = (text: string) => {
  let state = 2166136261
  for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), 16777619)
  state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d)
  return (state ^ (state >>> 13)) >>> 0
}

/**
 * What a text is made of and how often: word stems, pairs of them that stand side by side, letter trigrams within them,
 * and, barely, the text itself. The weights are those that found most in half of the questions of `pnpm bench retrieval`.
 */
const features = (text: string): Map<string, { weight: number; count: number }> => {
  const found = new Map<string, { weight: number; count: number }>()
  const add = (name: string, weight: number) => {
    const feature = found.get(name)
    if (feature) feature.count += 1
    else found.set(name, { weight, count: 1 })
  }
  let before = ''
  for (const word of words(text)) {
    const root = stem(word)
    add(`word ${root}`, isStopWord(word) ? STOP_WORD_WEIGHT : 1)
    if (before !== '' && !isStopWord(word)) add(`pair ${before} ${root}`, PAIR_WEIGHT)
    before = isStopWord(word) ? '' : root
    if (isStopWord(word)) continue
    const framed = `^${root}$`
    for (let at = 0; at + 3 <= framed.length; at += 1) add(`tri ${framed.slice(at, at + 3)}`, TRIGRAM_WEIGHT)
  }
  add(`whole ${text}`, WHOLE_WEIGHT)
  return found
}

/** A vector of length one in which texts that share words and parts of words lie close. */
export const embed = (text: string, dimensions = DIMENSIONS): Float32Array => {
  const vector = new Float32Array(dimensions)
  for (const [name, { weight, count }] of features(text)) {
    const code = hash(name)
    const at = (code >>> 1) % dimensions
    vector[at] = (vector[at] ?? 0) + (code & 1 ? 1 : -1) * weight * count ** REPEATED
  }
  const length = Math.hypot(...vector)
  // With few dimensions opposite signs can cancel out altogether; any fixed direction will do then.
  if (length === 0) return vector.fill(1, 0, 1)
  return vector.map((value) => value / length)
}

const base64 = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64')

/** `POST /v1/embeddings`. No faults here: one armed for an answer must not be spent on the look-up that runs beside it. */
export const embeddings = (deps: Pick<Deps, 'log'>) => async (c: Context) => {
  const { request, body } = await readBody(c, EmbeddingsRequest)
  modelCard(request.model)
  if (request.model !== EMBEDDING_MODEL)
    throw new Failure(400, `You are not allowed to generate embeddings from ${request.model}.`, { param: 'model' })
  const texts = textsOf(request.input)
  const counts = countsOf(request.input, texts)
  const longest = Math.max(...counts)
  if (longest > MOST_TOKENS) throw tooLong(longest, MOST_TOKENS, 'input')
  const messages = texts.map((content) => ({ role: 'user' as const, content }))
  deps.log.add({ path: '/v1/embeddings', model: request.model, bytes: byteLength(body), messages, maxTokens: null })
  const promptTokens = counts.reduce((sum, count) => sum + count, 0)
  const data = texts.map((text, index) => {
    const vector = embed(text, request.dimensions ?? DIMENSIONS)
    return {
      object: 'embedding',
      index,
      embedding: request.encoding_format === 'base64' ? base64(vector) : [...vector],
    }
  })
  const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens }
  return c.json({ object: 'list', data, model: request.model, usage })
}
