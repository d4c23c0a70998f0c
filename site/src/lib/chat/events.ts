import type { TurnEvent, TurnEventType } from '@macro-ai/shared'

/** The events a turn may have. What is not here is ignored, whoever sent it. (The schemas in shared would load zod.) */
const types: readonly TurnEventType[] = ['start', 'sources', 'delta', 'title', 'end']

/** Turns a text/event-stream that arrives in any pieces into a turn's events. Comments and strangers are dropped. */
export const eventReader = () => {
  let rest = ''
  return (piece: string): TurnEvent[] => {
    const blocks = (rest + piece).split(/\r?\n\r?\n/)
    rest = blocks.pop() ?? ''
    return blocks.map(readEvent).filter((event) => event !== undefined)
  }
}

const readEvent = (block: string): TurnEvent | undefined => {
  const fields: Record<string, string> = {}
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^(id|event|data): ?(.*)$/s.exec(line) ?? []
    if (name !== undefined) fields[name] = value ?? ''
  }
  const type = types.find((known) => known === fields.event)
  if (!type || !/^\d+$/.test(fields.id ?? '')) return undefined
  try {
    const data: unknown = JSON.parse(fields.data ?? '')
    return typeof data === 'object' && data !== null ? ({ id: Number(fields.id), type, data } as TurnEvent) : undefined
  } catch {
    return undefined
  }
}

/** The API says every 15 s that it is still there: a connection that is silent for this long was lost on its way. */
const silenceMs = 40_000

/** Hands over each event of a streamed answer. Ends when the stream does, throws when it breaks or falls silent. */
export const readEvents = async (
  connect: (signal: AbortSignal) => Promise<Response>,
  heard: (event: TurnEvent) => void,
): Promise<void> => {
  const lost = new AbortController()
  const inTime = <Result>(waited: Promise<Result>): Promise<Result> => {
    const silence = setTimeout(() => lost.abort(), silenceMs)
    return waited.finally(() => clearTimeout(silence))
  }
  const { body } = await inTime(connect(lost.signal))
  const read = eventReader()
  const decoder = new TextDecoder()
  const reader = body?.getReader()
  while (reader) {
    const { value, done } = await inTime(reader.read())
    if (done) return
    for (const event of read(decoder.decode(value, { stream: true }))) heard(event)
  }
}
