import { answer, type Reply } from './answer/index.ts'
import { CONTEXT_TOKENS, chatModel } from './catalogue.ts'
import { noCredit, tooLong } from './failure.ts'
import { MANY_BYTES, takeFault, type FaultSource, type ModelFault } from './faults.ts'
import type { JsonSchema, Message, Tool, ToolChoice } from './message.ts'
import { left, pacer, pause, type Pace } from './pace.ts'
import type { PrefixCache } from './prefixes.ts'
import type { Call, RequestLog } from './requests.ts'
import { byteLength, tokenise } from './tokens.ts'

export type Deps = {
  faults: FaultSource | undefined
  pace: (header: string | undefined) => Pace
  log: RequestLog
  cache: PrefixCache
}

/** What both chat APIs boil down to. */
export type Ask = {
  path: string
  /** The request as it came. */
  body: string
  model: string
  messages: Message[]
  maxTokens: number | null
  stop: string[]
  tools: Tool[]
  toolChoice: ToolChoice
  /** Set when the answer has to be JSON; empty when any object will do. */
  schema: JsonSchema | null
}

export type Usage = { promptTokens: number; cachedTokens: number; writtenTokens: number; completionTokens: number }
export type Generation = {
  reply: Reply
  fault: ModelFault | undefined
  finish: 'stop' | 'length' | 'tool_calls'
  /** The answer's tokens at their pace; ends early once `gone` fires. */
  speak: (gone: AbortSignal) => AsyncGenerator<string>
  usage: () => Usage
}

/** Each message is wrapped in two tokens and the answer is opened by one, much as hosted models do. */
const promptOf = ({ messages, tools }: Ask) => [
  ...(tools.length ? tokenise(JSON.stringify(tools)) : []),
  ...messages.flatMap(({ role, content }) => [`<|${role}|>`, ...tokenise(content), '<|end|>']),
  '<|assistant|>',
]

const cutAtStop = (text: string, stop: string[]) => {
  const ends = stop.map((word) => text.indexOf(word)).filter((at) => at >= 0)
  return text.slice(0, Math.min(text.length, ...ends))
}

const reply = (ask: Ask, fault: ModelFault | undefined): Reply => {
  if (fault === 'split-utf8') return { text: MANY_BYTES }
  const given = answer(ask)
  return 'text' in given ? { text: cutAtStop(given.text, ask.stop) } : given
}

function* forever(tokens: string[]) {
  for (;;) yield* [...tokens, '\n']
}

/** What a fault does to the pace begins after so many tokens. */
const FAULT_AFTER_TOKENS = 5
const DRIP_MS = 1000

/** `drips` fires when the answer no longer comes drop by drop. */
type Paces = { wait: ReturnType<typeof pacer>; stalls: boolean; drips: AbortSignal | undefined }

async function* paced(script: Iterable<string>, call: Call, { wait, stalls, drips }: Paces, gone: AbortSignal) {
  let ended = false
  try {
    for (const token of script) {
      await wait(call.sentTokens, gone)
      if (stalls && call.sentTokens === FAULT_AFTER_TOKENS) await left(gone)
      if (drips && call.sentTokens >= FAULT_AFTER_TOKENS) await pause(DRIP_MS, AbortSignal.any([drips, gone]))
      if (gone.aborted) return
      call.sentTokens += 1
      yield token
    }
    if (stalls) await left(gone)
    ended = !gone.aborted
  } finally {
    call.aborted = !ended
  }
}

/** Thinks up the whole answer at once, for it is quick; what takes time is saying it. */
export const generate = async (
  deps: Deps,
  ask: Ask,
  header: string | undefined,
  gone: AbortSignal,
): Promise<Generation> => {
  const { slowness } = chatModel(ask.model)
  const prompt = promptOf(ask)
  if (prompt.length > CONTEXT_TOKENS) throw tooLong(prompt.length, CONTEXT_TOKENS, 'messages')
  const { path, body, model, messages, maxTokens } = ask
  const call = deps.log.add({ path, model, bytes: byteLength(body), messages, maxTokens })
  const fault = takeFault(deps.faults, `POST ${path} ${body}`)
  if (fault === 'no-credit') throw noCredit()
  // Who leaves before the first token may do so before `paced` has begun and can take note.
  const leaving = left(gone).then(() => {
    if (call.sentTokens === 0) call.aborted = true
  })
  if (fault === 'no-first-byte') await leaving
  const cached = deps.cache(model, prompt)
  const given = reply(ask, fault)
  const whole = tokenise('text' in given ? given.text : given.arguments)
  const said = 'text' in given ? whole.slice(0, maxTokens ?? whole.length) : whole
  const script = fault === 'endless' ? forever(whole) : said
  const paces = {
    wait: pacer(deps.pace(header), slowness),
    stalls: fault === 'stall',
    drips: fault === 'drip' ? deps.faults?.cleared : undefined,
  }
  return {
    reply: given,
    fault,
    finish: 'tool' in given ? 'tool_calls' : said.length < whole.length ? 'length' : 'stop',
    speak: (gone) => paced(script, call, paces, gone),
    usage: () => ({ promptTokens: prompt.length, ...cached, completionTokens: call.sentTokens }),
  }
}

/** The whole text of an answer nobody streams. */
export const listen = async ({ speak, fault }: Generation, gone: AbortSignal) => {
  let text = ''
  for await (const token of speak(gone)) if (fault !== 'endless') text += token
  return text
}
