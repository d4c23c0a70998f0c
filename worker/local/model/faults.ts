/** What can go wrong with an answer on demand; each is taken once, at the start of a call. */
export const MODEL_FAULTS = [
  'no-usage',
  'duplicate-usage',
  'split-utf8',
  'endless',
  'stall',
  'drip',
  'no-credit',
  'bad-json',
  'error-event',
  'no-first-byte',
  'unknown-event',
] as const
export type ModelFault = (typeof MODEL_FAULTS)[number]

/** `request` is the path and the body, for a source that picks its calls. `cleared` aborts when all faults are taken back. */
export type FaultSource = { takeModelFault(request?: string): string | undefined; readonly cleared?: AbortSignal }

export const takeFault = (source: FaultSource | undefined, request: string): ModelFault | undefined => {
  const kind = source?.takeModelFault(request)
  return MODEL_FAULTS.find((fault) => fault === kind)
}

/** What the model says under `split-utf8`: characters of two, three and four bytes, and ones made of several code points. */
export const MANY_BYTES = 'Καλημέρα κόσμε · 日本語のテキスト · 👩‍👩‍👧‍👦 🇯🇵 ❤️‍🔥 · नमस्ते दुनिया · مرحبا بالعالم · 👋🏽 naïve café'

const NOISE = [
  ': a comment line\n\n',
  'event: demo.unknown\ndata: {"type":"demo.unknown","text":"<b>ignore me</b>"}\n\n',
  'retry: 3000\nid: 7\nx-field: unknown\n\n',
]
/** Faults that need an answer under way begin after this many events. */
const AFTER = 4

/** The same events with the fault among them; `outage` is how this API says mid-stream that it broke. */
export async function* spoil(
  events: AsyncIterable<string>,
  fault: ModelFault | undefined,
  outage: string,
): AsyncGenerator<string> {
  let count = 0
  for await (const event of events) {
    if (count === AFTER && fault === 'error-event') {
      yield outage
      return
    }
    if (count === AFTER && fault === 'bad-json') yield 'data: {"id":"broken","choices":[{"del\n\n'
    if (count <= AFTER && fault === 'unknown-event') yield NOISE[count % NOISE.length] ?? ''
    count += 1
    yield event
  }
}

/** The bytes of an event in the pieces they are sent in: one, or cut within every character of more than one byte. */
export const pieces = (event: string, fault: ModelFault | undefined): Uint8Array[] => {
  const bytes = new TextEncoder().encode(event)
  if (fault !== 'split-utf8') return [bytes]
  const isLead = (byte: number) => byte >= 0xc0
  const cuts = [...bytes.keys()].filter((at) => isLead(bytes[at] ?? 0)).map((at) => at + 1)
  return [0, ...cuts].map((from, at) => bytes.subarray(from, cuts[at] ?? bytes.length))
}
