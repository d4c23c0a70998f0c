import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPace } from '../src/chat/pace.ts'

/** Reads a stream of events that come so many ms apart: when each read ended, by a clock of its own. */
const readsOf = (sizes: number[], apartMs: number): number[] => {
  const pace = createPace()
  const ends: number[] = []
  let [at, now] = [0, 0]
  while (at < sizes.length) {
    const least = pace.next()
    const asked = now
    let [bytes, events] = [0, 0]
    for (; bytes < least && at < sizes.length; events++) {
      bytes += sizes[at] ?? 0
      at += 1
      now = at * apartMs
    }
    pace.took(now - asked, bytes, events)
    ends.push(now)
  }
  return ends
}

const sizes = fc.array(fc.integer({ min: 180, max: 220 }), { minLength: 300, maxLength: 400 })

test('the first event is handed on alone, and no two frames are further apart than 100 ms or one event', () => {
  fc.assert(
    fc.property(sizes, fc.double({ min: 0.5, max: 200, noNaN: true }), (events, apartMs) => {
      const ends = readsOf(events, apartMs)
      expect(ends[0]).toBe(apartMs)
      const gaps = ends.map((end, at) => end - (ends[at - 1] ?? 0))
      expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.max(100, apartMs) + 1e-6)
    }),
  )
})

test('of a quick model far fewer frames are made than events come', () => {
  expect(readsOf(Array<number>(1_000).fill(200), 5).length).toBeLessThan(75)
  expect(readsOf(Array<number>(1_000).fill(200), 1).length).toBeLessThan(30)
  expect(readsOf(Array<number>(100).fill(200), 50)).toHaveLength(100)
})
