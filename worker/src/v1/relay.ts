import type { Usage } from '@macro-ai/shared'
import { mostPending, tokensIn, type Counts } from '../chat/completion.ts'
import { createPace } from '../chat/pace.ts'
import type { Deps } from '../deps.ts'
import { costMicros, safeEstimate } from '../spending/price.ts'
import type { Held } from '../spending/purse.ts'
import { failureBody } from './failure.ts'

/** Tokens a provider may make between our last read and noticing that we are gone. */
const unseenTokens = 512
/** Text past this many bytes a token is not an answer any more but a flood. */
const maxBytesPerToken = 16

type Call = {
  held: Held
  upstream: ReadableStream<Uint8Array>
  writable: WritableStream<Uint8Array>
  /** The client asked for the usage; else the event that we had asked for is taken out. */
  wantsUsage: boolean
  /** Ends the upstream call. */
  gone: AbortController
}

type Delta = {
  content?: string | null
  refusal?: string | null
  reasoning_content?: string | null
  tool_calls?: { function?: { name?: string; arguments?: string } }[] | null
}
type Chunk = {
  choices?: { delta?: Delta | null; finish_reason?: string | null }[] | null
  usage?: Counts | null
}

const textOf = ({ content, refusal, reasoning_content: thought, tool_calls: calls }: Delta): string =>
  [
    content,
    refusal,
    thought,
    ...(calls ?? []).flatMap(({ function: called }) => [called?.name, called?.arguments]),
  ].join('')

/** A connection that was lost brings no more. */
const lost = () => ({ done: true, value: undefined }) as const

/** Follows what goes by: what was said, what the provider counted, whether it came to its end. */
const follow = () => {
  const seen = { text: '', finished: false, usage: undefined as Omit<Usage, 'costMicros'> | undefined }
  /** Gives false for an event that is there for our sake only. */
  const pass = (event: string): boolean => {
    const data = /^data: ?(.*)$/m.exec(event)?.[1]
    if (data === undefined) return true
    if (data === '[DONE]') return (seen.finished = true)
    try {
      const { choices, usage } = JSON.parse(data) as Chunk
      for (const { delta, finish_reason: reason } of choices ?? []) {
        seen.text += textOf(delta ?? {})
        seen.finished ||= Boolean(reason)
      }
      seen.usage = tokensIn(usage) ?? seen.usage
      return (choices ?? []).length > 0 || !usage
    } catch {
      return true
    }
  }
  return { seen, pass }
}

/**
 * Hands a model's events on in pieces of about 80 ms, whole events only, and gives what they cost. Never throws: a
 * client that leaves, a model that breaks off, both are charged by what was said, and never less than it cost.
 */
export const relay = async (
  { now, deadlines }: Pick<Deps, 'now' | 'deadlines'>,
  { held, upstream, writable, wantsUsage, gone }: Call,
): Promise<Usage> => {
  const { seen, pass } = follow()
  const reader = upstream.getReader({ mode: 'byob' })
  const writer = writable.getWriter()
  const decoder = new TextDecoder()
  const [encoder, pace, until] = [new TextEncoder(), createPace(), now() + deadlines.wholeMs]
  const end = () => {
    gone.abort()
    void reader.cancel().catch(() => undefined)
  }
  // Also while the model is silent: a client that left must not keep it talking.
  writer.closed.catch(end)
  let rest = ''
  try {
    for (let buffer = new Uint8Array(16_384); ;) {
      const asked = now()
      const timer = setTimeout(end, deadlines.stallMs)
      const { done, value } = await reader.readAtLeast(Math.min(pace.next(), buffer.byteLength), buffer).catch(lost)
      clearTimeout(timer)
      const took = now() - asked
      const events = (rest + decoder.decode(value, { stream: !done })).replaceAll('\r\n', '\n').split('\n\n')
      rest = done ? '' : (events.pop() ?? '')
      pace.took(took, value?.byteLength ?? 0, events.length)
      const passed = events.filter((event) => event.trim() !== '' && (pass(event) || wantsUsage))
      if (passed.length > 0) await writer.write(encoder.encode(`${passed.join('\n\n')}\n\n`))
      if (done) break
      const isFlood = seen.text.length > held.model.maxOutputTokens * maxBytesPerToken || rest.length > mostPending
      if (isFlood || now() > until) break
      buffer = new Uint8Array(value.buffer)
    }
    if (!seen.finished)
      await writer.write(encoder.encode(`data: ${failureBody('The model broke off.', 'server_error')}\n\n`))
    await writer.close()
  } catch {
    // The client has left.
    await writer.abort().catch(() => undefined)
  } finally {
    end()
  }
  if (!seen.usage) return safeEstimate(held.model, held.inputTokens, seen.text, seen.finished ? 0 : unseenTokens)
  return { ...seen.usage, costMicros: costMicros(held.model, seen.usage) }
}
