import fc from 'fast-check'
import { expect, test } from 'vitest'
import { oneLine, titleOf } from '../src/title.ts'

test.each([
  ['Say\n  hello', 'Say hello'],
  [
    'How do tides come about, and why are there two of them a day in most places?',
    'How do tides come about, and why are there two of them a…',
  ],
  [
    'Compare the rooms of the old lighthouse, keeper and family, with mine',
    'Compare the rooms of the old lighthouse, keeper and family…',
  ],
  [`Look at ${'x'.repeat(80)}`, `Look at ${'x'.repeat(51)}…`],
  ['東'.repeat(70), `${'東'.repeat(59)}…`],
])('a title ends with a whole word: %j', (text, title) => {
  expect(titleOf(text)).toBe(title)
})

test('a title is the beginning of its text, and no longer than 60 characters', () => {
  const words = fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 20 })
  fc.assert(
    fc.property(words, (said) => {
      const text = said.join(' ')
      const title = titleOf(text)
      expect([...title].length).toBeLessThanOrEqual(60)
      expect(oneLine(text).startsWith(title.replace(/…$/, ''))).toBe(true)
    }),
  )
})
