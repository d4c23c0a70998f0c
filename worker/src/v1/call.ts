import { newId, type ChatCompletion, type Embeddings, type Model, type Usage } from '@macro-ai/shared'
import type { KeyHolder } from '../adapters/database/keys.ts'
import { tokensIn, type Counts } from '../chat/completion.ts'
import { ModelFailure } from '../chat/failure.ts'
import type { Deps } from '../deps.ts'
import { log } from '../log.ts'
import { Problem } from '../problem.ts'
import { costMicros, mostTokens, nothingUsed, overhead, safeEstimate } from '../spending/price.ts'
import { reserveCall, settleCall, type Held } from '../spending/purse.ts'
import { picturesIn } from './pictures.ts'
import { relay } from './relay.ts'

export type Needs = Pick<Deps, 'store' | 'caps' | 'now' | 'models' | 'modelProvider' | 'deadlines'>
/** Keeps work alive after the client has left. */
type Later = (work: Promise<unknown>) => void

/** A model of this instance, of one kind where that matters. */
export const modelOf = ({ models }: Pick<Needs, 'models'>, id: string, kind?: Model['kind']): Model => {
  const model = models.get(id)
  if (!model || (kind !== undefined && model.kind !== kind))
    throw new Problem('not_found', { detail: `The model ${id} does not exist.` })
  return model
}

/** A tool reaches a model in another spelling than ours, with words around it: never with more than twice its bytes. */
const spelledOut = 2

/** What is sent besides pictures; those are bounded by their number. */
const maxTextBytes = 512 * 1024

const boundOn = (model: Model, { messages, tools, tool_choice: choice, response_format: format }: ChatCompletion) => {
  const { texts, pictures } = picturesIn(messages, model)
  const bytes = mostTokens(JSON.stringify(texts))
  const others = mostTokens(JSON.stringify([tools, choice, format]))
  if (bytes + others > maxTextBytes)
    throw new Problem('too_large', { detail: `Besides pictures a request may have at most ${maxTextBytes} bytes.` })
  return (
    overhead.baseTokens +
    messages.length * overhead.tokensPerMessage +
    bytes +
    spelledOut * others +
    pictures * (model.imageTokens ?? 0)
  )
}

/** Settles whatever becomes of a call. What the database did not hear is charged in full when the hold runs out. */
const settle = async (needs: Needs, held: Held, usage: Usage): Promise<void> => {
  await settleCall(needs, held, usage).catch((error: unknown) =>
    log.warn('settle', { callId: held.id, error: String(error) }),
  )
}

/** Where the provider itself said no, nothing was made. Where we gave up on it, nobody knows. */
const costOf = (held: Held, error: unknown, signal: AbortSignal): Usage =>
  error instanceof ModelFailure && error.kind !== 'lost' && !signal.aborted
    ? nothingUsed
    : safeEstimate(held.model, held.inputTokens, '')

type Counted = { usage?: Counts | null }

/** An answer, where all of it came and it is JSON, and what it cost: where that is not told, it is charged by its size. */
const wholeOf = async ({ model, inputTokens }: Held, answer: Response): Promise<{ text?: string; usage: Usage }> => {
  const text = await answer.text().catch(() => undefined)
  // Of what broke off nobody knows how much was made.
  if (text === undefined) return { usage: safeEstimate(model, inputTokens, '', model.maxOutputTokens) }
  const bySize = safeEstimate(model, inputTokens, text)
  try {
    const tokens = tokensIn((JSON.parse(text) as Counted).usage)
    return { text, usage: tokens ? { ...tokens, costMicros: costMicros(model, tokens) } : bySize }
  } catch {
    return { usage: bySize }
  }
}

/** Makes a call that is answered in one piece. It is settled also when nobody waits any more. */
const whole = (needs: Needs, held: Held, ask: (signal: AbortSignal) => Promise<Response>, later: Later) => {
  const signal = AbortSignal.timeout(needs.deadlines.wholeMs)
  const work = ask(signal)
    .then((answer) => wholeOf(held, answer))
    .then(
      async ({ text, usage }) => {
        await settle(needs, held, usage)
        if (text === undefined) throw new ModelFailure('lost', 'not a whole answer')
        return text
      },
      async (error: unknown) => {
        await settle(needs, held, costOf(held, error, signal))
        throw error
      },
    )
  later(work.catch(() => undefined))
  return work
}

/** Messages as a provider takes them, without what it only tells of its own. */
const messagesOf = (messages: ChatCompletion['messages']): ChatCompletion['messages'] =>
  messages.map(({ annotations: _, audio: __, function_call: ___, tool_calls: calls, ...message }) =>
    calls?.length ? { ...message, tool_calls: calls } : message,
  )

/** A chat completion: its JSON, or its events as they come. */
export const complete = async (
  needs: Needs,
  key: KeyHolder,
  { max_tokens: most, max_completion_tokens: mostCompletion, messages, ...rest }: ChatCompletion,
  later: Later,
): Promise<string | ReadableStream<Uint8Array>> => {
  const request = { ...rest, messages: messagesOf(messages) }
  const known = modelOf(needs, request.model, 'chat')
  const wanted = mostCompletion ?? most ?? known.maxOutputTokens
  const held = await reserveCall(needs, {
    id: newId(),
    userId: key.ownerId,
    keyId: key.id,
    purpose: 'api',
    model: { ...known, maxOutputTokens: Math.min(wanted, known.maxOutputTokens) },
    inputTokens: boundOn(known, request),
  })
  const ask = (signal: AbortSignal) => needs.modelProvider.pass(held, 'chat', request, signal)
  if (!request.stream) return whole(needs, held, ask, later)

  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const gone = new AbortController()
  const upstream = open(needs, held, () => ask(gone.signal), gone)
  const wantsUsage = request.stream_options?.include_usage === true
  // All of it outlives the client: whoever leaves is charged all the same, and nothing stays held.
  later(
    upstream.then(
      async (body) => settle(needs, held, await relay(needs, { held, upstream: body, writable, wantsUsage, gone })),
      () => undefined,
    ),
  )
  await upstream
  return readable
}

/** The events of an answer that has begun. */
const open = async (needs: Needs, held: Held, ask: () => Promise<Response>, gone: AbortController) => {
  const timer = setTimeout(() => gone.abort(), needs.deadlines.firstByteMs)
  try {
    const { body } = await ask()
    if (!body) throw new ModelFailure('lost', 'an answer without a body')
    return body as ReadableStream<Uint8Array>
  } catch (error) {
    await settle(needs, held, costOf(held, error, gone.signal))
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Texts to embed, or their tokens; one text may be given alone. */
const inputsOf = (input: Embeddings['input']): (string | number[])[] => {
  if (typeof input === 'string') return [input]
  return input.every((item) => typeof item === 'number') ? [input] : input
}

/** Embeddings, as the provider words them. */
export const embed = async (needs: Needs, key: KeyHolder, request: Embeddings, later: Later): Promise<string> => {
  const most = (input: string | number[]) => (typeof input === 'string' ? mostTokens(input) : input.length)
  const held = await reserveCall(needs, {
    id: newId(),
    userId: key.ownerId,
    keyId: key.id,
    purpose: 'api-embedding',
    model: modelOf(needs, request.model, 'embedding'),
    inputTokens: inputsOf(request.input).reduce((sum, input) => sum + most(input) + overhead.tokensPerMessage, 0),
  })
  return whole(needs, held, (signal) => needs.modelProvider.pass(held, 'embedding', request, signal), later)
}
