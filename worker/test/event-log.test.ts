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
