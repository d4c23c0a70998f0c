import { afterEach, expect, test, vi } from 'vitest'
import { EventLog } from '../src/chat/event-log.ts'

afterEach(() => vi.useRealTimers())

const reading = (log: EventLog, after = 0) => {
  const reader = log.read(after).getReader()
  return async () => new TextDecoder().decode((await reader.read()).value)
}

test('every reader hears a comment after 15 seconds without an event, and none sooner', async () => {
  vi.useFakeTimers()
  const log = new EventLog()
  const [one, two] = [reading(log), reading(log)]
  const first = Promise.all([one(), two()])
  await vi.advanceTimersByTimeAsync(10_000)
  log.append('delta', { text: 'a' })
  expect(await first).toEqual([log.frames[0], log.frames[0]])

  let heard: string[] = []
  const second = Promise.all([one(), two()]).then((texts) => (heard = texts))
  await vi.advanceTimersByTimeAsync(14_000)
  expect(heard).toEqual([])
  await vi.advanceTimersByTimeAsync(1_000)
  await second
  expect(heard).toEqual([': still here\n\n', ': still here\n\n'])

  const third = one()
  log.append('delta', { text: 'b' })
  expect(await third).toBe(log.frames[1])
  log.end()
  expect(vi.getTimerCount()).toBe(0)
})

test('who reads slowly is kept a place and nothing else, however much is said meanwhile', async () => {
  const log = new EventLog()
  const encode = vi.spyOn(TextEncoder.prototype, 'encode')
  const readers = Array.from({ length: 50 }, () => reading(log))
  log.append('delta', { text: 'first' })
  for (const read of readers) expect(await read()).toBe(log.frames[0])
  encode.mockClear()
  for (let at = 0; at < 10_000; at++) log.append('delta', { text: `word ${at}` })
  await new Promise((resolve) => queueMicrotask(() => resolve(undefined)))
  // Nothing was made ready for anybody.
  expect(encode).not.toHaveBeenCalled()
  expect(await readers[0]?.()).toBe(log.frames.slice(1).join(''))
  expect(encode).toHaveBeenCalledOnce()
  encode.mockRestore()
  log.end()
})
