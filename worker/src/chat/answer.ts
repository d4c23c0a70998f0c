import type { MessageStatus, Usage } from '@macro-ai/shared'
import type { Models, PromptMessage } from '../adapters/model.ts'
import type { Problem } from '../problem.ts'
import { costMicros, nothingUsed, safeEstimate } from '../spending/price.ts'
import type { Held } from '../spending/purse.ts'
import { completionReader, type Piece } from './completion.ts'
import { openDeadline } from './deadline.ts'
import { failed, ModelFailure } from './failure.ts'
import { createPace } from './pace.ts'

/** Text past this many bytes a token is not an answer any more but a flood. */
const maxBytesPerToken = 16

export type Outcome = { status: MessageStatus; usage: Usage; error?: Problem }

/** Why an answer was ended from our side. */
export class Stopped extends Error {}

type Needs = {
  models: Pick<Models, 'stream'>
  now: () => number
  deadlines: { firstByteMs: number; stallMs: number; wholeMs: number }
}
type Call = { held: Held; prompt: PromptMessage[]; stop: AbortSignal; onText: (text: string) => void }

/**
 * Calls the model and hands on its text as it comes. Never throws: whatever happens is an outcome with what it cost.
 * One retry, and only while not a byte has come.
 */
export const answer = async (needs: Needs, call: Call): Promise<Outcome> => {
  const state: State = { text: '', tokens: 0, began: false, finished: false, usage: undefined }
  try {
    await attempt(needs, call, state).catch((error: unknown) => {
      if (state.began || !isWorthARetry(error)) throw error
      return attempt(needs, call, state)
    })
    return { status: 'complete', usage: usageOf(call.held, state) }
  } catch (error) {
    const { status, problem } = explain(error, state)
    const free = !state.began && error instanceof ModelFailure
    return {
      status,
      usage: free ? nothingUsed : usageOf(call.held, state),
      ...(problem ? { error: problem } : {}),
    }
  }
}

type State = {
  text: string
  tokens: number
  /** The provider has answered: from here on it may bill. */
  began: boolean
  finished: boolean
  usage: Omit<Usage, 'costMicros'> | undefined
}

const attempt = async ({ models, now, deadlines }: Needs, { held, prompt, stop, onText }: Call, state: State) => {
  const deadline = openDeadline(now, deadlines.firstByteMs)
  const signal = AbortSignal.any([stop, deadline.signal])
  const whole = now() + deadlines.wholeMs
  const most = held.model.maxOutputTokens
  try {
    signal.throwIfAborted()
    const body = await models.stream(held, prompt, signal)
    state.began = true
    const reader = body.getReader({ mode: 'byob' })
    // The body does not always end when its request is aborted: end the read ourselves.
    signal.addEventListener('abort', () => void reader.cancel(signal.reason).catch(() => undefined), { once: true })
    const read = completionReader()
    const pace = createPace()
    for (let buffer = new Uint8Array(16_384); ;) {
      const asked = now()
      const { done, value } = await reader.readAtLeast(Math.min(pace.next(), buffer.byteLength), buffer)
      signal.throwIfAborted()
      deadline.putOff(deadlines.stallMs)
      const took = now() - asked
      const piece = read(value)
      pace.took(took, value?.byteLength ?? 0, piece.tokens)
      keep(state, piece)
      if (piece.text !== '') onText(piece.text)
      if (piece.error !== undefined) throw new ModelFailure('down', piece.error)
      if (done) break
      const isFull = state.tokens > most || state.text.length > most * maxBytesPerToken
      const isLate = now() > whole
      if (isFull || isLate) await reader.cancel()
      if (isFull) return
      if (isLate) throw new ModelFailure('endless', 'the answer took longer than any may')
      buffer = new Uint8Array(value.buffer)
    }
    if (!state.finished) throw new ModelFailure('down', 'the stream ended in the middle')
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    deadline.clear()
  }
}

const keep = (state: State, piece: Piece) => {
  state.text += piece.text
  state.tokens += piece.tokens
  state.finished ||= piece.finished
  state.usage = piece.usage ?? state.usage
}

const usageOf = ({ model, inputTokens }: Held, { text, usage }: State): Usage =>
  usage ? { ...usage, costMicros: costMicros(model, usage) } : safeEstimate(model, inputTokens, text)

/** Only where the provider itself said that it failed: a call whose connection was lost may have been billed. */
const isWorthARetry = (error: unknown) => error instanceof ModelFailure && error.kind === 'down'

const explain = (error: unknown, state: State): { status: MessageStatus; problem?: Problem } => {
  if (error instanceof Stopped) return { status: 'stopped' }
  // What was written stays: it can be continued.
  return { status: state.text === '' ? 'failed' : 'interrupted', problem: failed(error) }
}
