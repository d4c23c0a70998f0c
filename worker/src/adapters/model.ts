import type { Model, Usage } from '@macro-ai/shared'
import { OpenAI } from 'openai/client'
import { APIConnectionError, APIError } from 'openai/error'
import type { ChatCompletionCreateParams, EmbeddingCreateParams } from 'openai/resources'
import { tokensIn } from '../chat/completion.ts'
import { ModelFailure, type ModelFailureKind } from '../chat/failure.ts'
import { assertHeld, type Held } from '../spending/purse.ts'

/** Tokens as a provider counted them; nothing when it did not say. */
export type Told = Omit<Usage, 'costMicros'> | undefined

export type PromptPart = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } }
export type PromptMessage =
  { role: 'system' | 'assistant'; content: string } | { role: 'user'; content: string | PromptPart[] }

/** OpenAI's words for "the account has no money left", which only its owner can change. */
const noCredit = new Set(['insufficient_quota', 'project_spend_limit_exceeded', 'billing_hard_limit_reached'])

const noCreditMs = 60_000
/** What nobody's question was the cause of. */
const isTrouble = new Set<ModelFailureKind>(['lost', 'down', 'bad_key', 'no_credit'])
/** Another program may wait this long for an answer in one piece. */
const passMs = 10 * 60_000

const failureOf = (error: unknown): ModelFailure => {
  if (error instanceof ModelFailure) return error
  // No connection, or one that broke off, or nonsense: it may have been billed all the same.
  if (error instanceof APIConnectionError || !(error instanceof APIError))
    return new ModelFailure('lost', 'no connection, or no whole answer', undefined, { cause: error })
  const code = String(error.code ?? error.type ?? '')
  const retryAfter = Number((error.headers as Headers | undefined)?.get('retry-after') ?? NaN)
  const make = (kind: ModelFailureKind) =>
    new ModelFailure(kind, error.message, Number.isFinite(retryAfter) ? Math.ceil(retryAfter) : undefined, {
      cause: error,
    })
  if (noCredit.has(code)) return make('no_credit')
  if (error.status === 401 || error.status === 403) return make('bad_key')
  if (error.status === 429) return make('rate_limited')
  if (error.status !== undefined && error.status < 500) return make('refused')
  return make('down')
}

const requestOf = ({ model }: Held, messages: PromptMessage[]) => ({
  model: model.id,
  messages,
  [model.outputLimit]: model.maxOutputTokens,
})

type Provider = { apiKey: string; baseUrl: string }

const clientOf = ({ apiKey, baseUrl }: Provider) =>
  new OpenAI({ apiKey, baseURL: baseUrl, maxRetries: 0, timeout: 60_000 })

/** OpenAI, or whatever speaks its chat completions API. Deadlines and retries are the caller's: the SDK's are far too long. */
export const openModels = ({
  elsewhere,
  worked,
  failed,
  ...main
}: Provider & {
  /** Told whether the provider answers, as far as that is its own doing. */
  worked?: () => void
  failed?: (why: unknown) => void
  elsewhere?: (Provider & { model: string }) | undefined
}) => {
  /** While this moment is ahead nobody asks: an account without credit stays so until its owner acts. */
  let noCreditUntil = 0
  const client = clientOf(main)
  /** One model may live at another address. */
  const other = elsewhere && clientOf(elsewhere)
  const clientFor = ({ model }: Held) => (other && model.id === elsewhere.model ? other : client)

  /** Makes a call for which money is held: fails fast while the account has no credit, and names what went wrong. */
  const call = async <T>(held: Held, run: () => Promise<T>): Promise<T> => {
    assertHeld(held)
    const isMain = clientFor(held) === client
    if (isMain && Date.now() < noCreditUntil) throw new ModelFailure('no_credit', 'said so a moment ago')
    try {
      const result = await run()
      if (isMain) noCreditUntil = 0
      worked?.()
      return result
    } catch (error) {
      const failure = failureOf(error)
      if (failure.kind === 'no_credit' && isMain) noCreditUntil = Date.now() + noCreditMs
      if (isTrouble.has(failure.kind)) failed?.(failure.kind)
      throw failure
    }
  }

  return {
    /** The raw event stream of an answer. `held` proves that its worst case is reserved. */
    stream: (held: Held, prompt: PromptMessage[], signal: AbortSignal): Promise<ReadableStream<Uint8Array>> =>
      call(held, async () => {
        const { body } = await clientFor(held)
          .chat.completions.create(
            { ...requestOf(held, prompt), stream: true, stream_options: { include_usage: true } },
            { signal },
          )
          .asResponse()
        if (!body) throw new ModelFailure('down', 'an answer without a body')
        return body as ReadableStream<Uint8Array>
      }),

    /** Another program's own request, with our bound on its length, and the provider's own answer to it. */
    pass: (held: Held, kind: Model['kind'], request: object, signal: AbortSignal): Promise<Response> =>
      call(held, async () => {
        const { id: model, outputLimit, maxOutputTokens } = held.model
        const options = { signal, timeout: passMs }
        if (kind === 'embedding') {
          const { encoding_format = 'float', ...params } = request as EmbeddingCreateParams
          // Told always: where it is not, the SDK asks for base64, which only itself would decode.
          return client.embeddings.create({ ...params, model, encoding_format }, options).asResponse()
        }
        const usage = 'stream' in request && request.stream ? { stream_options: { include_usage: true } } : {}
        const params = { ...(request as ChatCompletionCreateParams), model, ...usage, [outputLimit]: maxOutputTokens }
        return clientFor(held).chat.completions.create(params, options).asResponse()
      }),

    /** An answer in one piece, for what nobody watches being written. */
    complete: (held: Held, prompt: PromptMessage[], signal: AbortSignal): Promise<{ text: string; usage: Told }> =>
      call(held, async () => {
        const { choices, usage } = await clientFor(held).chat.completions.create(requestOf(held, prompt), { signal })
        return { text: choices[0]?.message.content ?? '', usage: tokensIn(usage) }
      }),

    /** Embeddings of texts, in their order. */
    embed: (
      held: Held,
      texts: string[],
      dimensions: number,
      signal: AbortSignal,
    ): Promise<{ vectors: number[][]; usage: Told }> =>
      call(held, async () => {
        const { data, usage } = await client.embeddings.create(
          { model: held.model.id, input: texts, dimensions, encoding_format: 'float' },
          { signal },
        )
        const vectors = data.toSorted((a, b) => a.index - b.index).map(({ embedding }) => embedding)
        const isWhole = ({ length }: number[]) => length === dimensions
        // It may have been billed all the same.
        if (vectors.length !== texts.length || !vectors.every(isWhole)) throw new ModelFailure('lost', 'malformed')
        return { vectors, usage: tokensIn(usage) }
      }),

    /** Answers when the provider does; costs nothing. */
    ping: async (signal: AbortSignal) => {
      await client.models.list({ signal })
    },
  }
}

export type Models = ReturnType<typeof openModels>
