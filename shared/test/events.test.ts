import { encodeEvent, eventSplitter, newId, readTurnEvent, type TurnEvent } from '@macro-ai/shared'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const usage = { inputTokens: 1, cachedTokens: 0, outputTokens: 1, costMicros: 1 }
const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '\n\nid: 9\nevent: end\ndata: {}\n\n',
    '\r\n\r\ndata: x\r\n\r\n',
    'event: end',
    ': comment',
    '\u2028\n\u2029',
  ),
)
const deltas = fc
  .array(nasty, { minLength: 1, maxLength: 8 })
  .map((texts): TurnEvent[] => [
    ...texts.map((text, index) => ({ id: index + 1, type: 'delta' as const, data: { text } })),
    { id: texts.length + 1, type: 'end', data: { status: 'complete', usage } },
  ])
const readAll = (pieces: string[]) => {
  const split = eventSplitter()
  return pieces.flatMap(split).map(readTurnEvent)
}

test('any cut of a stream gives the same events, and no text can forge one', () => {
  fc.assert(
    fc.property(deltas, fc.array(fc.nat(400)), (events, cuts) => {
      const stream = events.map((event) => `: still here\n\n${encodeEvent(event)}`).join('')
      const places = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b)
      const pieces = [...places, stream.length].map((end, index) => stream.slice(places[index - 1] ?? 0, end))
      expect(readAll(pieces)).toEqual(events)
      expect(readAll([...stream])).toEqual(events)
    }),
  )
})

test('lines may end in CRLF, and be cut between CR and LF', () => {
  const stream = encodeEvent({ id: 1, type: 'delta', data: { text: 'a' } }).replaceAll('\n', '\r\n')
  const expected = [{ id: 1, type: 'delta', data: { text: 'a' } }]
  expect(readAll([stream])).toEqual(expected)
  expect(readAll([...stream])).toEqual(expected)
})

test('an event of a type, shape or number that is not ours is passed over', () => {
  const raw = (id: string, event: string, data: string) => readTurnEvent({ id, event, data })
  expect(raw('1', 'delta', '{"text":"a"}')).toBeDefined()
  expect(raw('1', 'constructor', '{"text":"a"}')).toBeUndefined()
  expect(raw('1', '__proto__', '{"text":"a"}')).toBeUndefined()
  expect(raw('1', 'execute', '{"code":"alert(1)"}')).toBeUndefined()
  expect(raw('', 'delta', '{"text":"a"}')).toBeUndefined()
  expect(raw('-1', 'delta', '{"text":"a"}')).toBeUndefined()
  expect(raw('1', 'delta', '{"text":1}')).toBeUndefined()
  expect(raw('1', 'delta', '{')).toBeUndefined()
  expect(raw('1', 'end', `{"status":"done","usage":{}}`)).toBeUndefined()
  expect(raw('1', 'start', JSON.stringify({ turnId: newId() }))).toBeUndefined()
})
