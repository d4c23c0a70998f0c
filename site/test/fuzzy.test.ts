import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitness, isMeant } from '../src/routes/(app)/palette/fuzzy'

const best = (typed: string, texts: string[]) =>
  texts
    .map((text) => ({ text, score: fitness(typed, text) }))
    .filter(({ score }) => score !== undefined)
    .sort((a, b) => (b.score ?? 0) - (a.score ?? 0))[0]?.text

test('the first letters of words, letters in a row and letters without accents find what was meant', () => {
  const texts = ['New chat', 'Rename the conversation', 'Notes on the chateau', 'Café in Zürich', 'Archive']
  expect(best('nc', texts)).toBe('New chat')
  expect(best('chat', texts)).toBe('New chat')
  expect(best('cafe zur', texts)).toBe('Café in Zürich')
  expect(best('xyz', texts)).toBeUndefined()
})

test('letters that stand anywhere in a text are told from those that say what is meant', () => {
  for (const [typed, text] of [
    ['tide', 'Tides and their causes'],
    ['nc', 'New chat'],
    ['dark', 'Theme: Dark'],
    ['nvers', 'Rename the conversation'],
  ] as const)
    expect(isMeant(typed, text), typed).toBe(true)
  expect(isMeant('tide', 'Motion: Same as this device')).toBe(false)
  expect(isMeant('chat', 'Search everything that was said')).toBe(false)
})

test('whatever letters of a text are typed in their order, it is found; others do not find it', () => {
  const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(words, fc.infiniteStream(fc.boolean()), (text, chosen) => {
      const typed = Array.from(text)
        .filter(() => chosen.next().value)
        .join('')
      expect(fitness(typed, text)).toBeDefined()
      expect(fitness(`${text}!`, text)).toBeUndefined()
    }),
  )
})
