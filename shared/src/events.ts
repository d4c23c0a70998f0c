import { turnEvents, type TurnEvent, type TurnEventType } from './turns.ts'

/** One event of a text/event-stream, before its data is understood. */
export type RawEvent = { id: string; event: string; data: string }

/** Splits a text/event-stream that arrives in any pieces into events. Comments and unknown fields are dropped. */
export const eventSplitter = () => {
  let rest = ''
  return (piece: string): RawEvent[] => {
    const blocks = (rest + piece).split(/\r?\n\r?\n/)
    rest = blocks.pop() ?? ''
    return blocks.map(readBlock).filter((event) => event.data !== '')
  }
}

const readBlock = (block: string): RawEvent => {
  const event: RawEvent = { id: '', event: 'message', data: '' }
  const data: string[] = []
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') data.push(value)
    else if (field === 'id' || field === 'event') event[field] = value
  }
  return { ...event, data: data.join('\n') }
}

const isTurnEvent = (type: string): type is TurnEventType => Object.hasOwn(turnEvents, type)

/** Reads a turn's event, or nothing when its type or shape is not ours: the types are an allowlist. */
export const readTurnEvent = (raw: RawEvent): TurnEvent | undefined => {
  if (!isTurnEvent(raw.event) || !/^\d+$/.test(raw.id)) return undefined
  try {
    const data = turnEvents[raw.event].safeParse(JSON.parse(raw.data))
    return data.success ? ({ id: Number(raw.id), type: raw.event, data: data.data } as TurnEvent) : undefined
  } catch {
    return undefined
  }
}
