import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Recital } from '../src/routes/(app)/chat/[[id]]/recital.ts'

const answer = [
  '# Tides',
  'They **rise**. They [fall](https://a.bc)!',
  '```js\nlet x = 1. \nlet y\n```',
  '- And so on',
  '~~~\nplain. \n~~~',
  'The end.',
].join('\n\n')
const words = 'Tides They rise. They fall! Code: js. And so on Some code. The end.'

it('says all of an answer once, wherever it is cut while it grows', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(answer.length)), (cuts) => {
      const recital = new Recital()
      const said = cuts.sort((a, b) => a - b).map((length) => recital.next(answer.slice(0, length), false))
      said.push(recital.next(answer, true))
      expect(said.filter((piece) => piece !== '').join(' ')).toBe(words)
    }),
    { numRuns: 2_000 },
  )
})
