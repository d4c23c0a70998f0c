import OpenAI, { APIConnectionError, APIError } from 'openai'
import { ModelFailure, type ModelFailureKind } from '../chat/failure.ts'
import { assertHeld, type Held } from '../spending/purse.ts'

export type PromptMessage = { role: 'system' | 'user' | 'assistant'; content: string }

/** OpenAI's words for "the account has no money left", which only its owner can change. */
const noCredit = new Set(['insufficient_quota', 'project_spend_limit_exceeded', 'billing_hard_limit_reached'])

const noCreditMs = 60_000

const failureOf = (error: unknown): unknown => {
  if (error instanceof APIConnectionError) return new ModelFailure('lost', 'no connection', undefined, { cause: error })
  if (!(error instanceof APIError)) return error
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

/** OpenAI, or whatever speaks its chat completions API. Deadlines and retries are the caller's: the SDK's are far too long. */
export const openModels = ({ apiKey, baseUrl }: { apiKey: string; baseUrl: string }) => {
  /** While this moment is ahead nobody asks: an account without credit stays so until its owner acts. */
  let noCreditUntil = 0
  const client = new OpenAI({ apiKey, baseURL: baseUrl, maxRetries: 0, timeout: 60_000 })

  return {
    /** The raw event stream of an answer. `held` proves that its worst case is reserved. */
    stream: async (held: Held, prompt: PromptMessage[], signal: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
      assertHeld(held)
      if (Date.now() < noCreditUntil) throw new ModelFailure('no_credit', 'said so a moment ago')
      const { id, maxOutputTokens, outputLimit } = held.model
      try {
        const response = await client.chat.completions
          .create(
            {
              model: id,
              messages: prompt,
              stream: true,
              stream_options: { include_usage: true },
              [outputLimit]: maxOutputTokens,
            },
            { signal },
          )
          .asResponse()
        noCreditUntil = 0
        if (!response.body) throw new ModelFailure('down', 'an answer without a body')
        return response.body
      } catch (error) {
        const failure = failureOf(error)
        if (failure instanceof ModelFailure && failure.kind === 'no_credit') noCreditUntil = Date.now() + noCreditMs
        throw failure
      }
    },

    /** Answers when the provider does; costs nothing. */
    ping: async (signal: AbortSignal) => {
      await client.models.list({ signal })
    },
  }
}

export type Models = ReturnType<typeof openModels>
