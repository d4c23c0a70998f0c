import fc from 'fast-check'
import { expect, it } from 'vitest'
import { completionReader } from '../src/chat/completion.ts'

/** What a person may be told, quotes, backslashes and pieces of JSON among it. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', 'a', ' the', '"', '\\', '\\"', '"}', '","role":"x', '"content":"a"', '\u2028', '\u0000', '🙂'),
)
const padding = fc.option(
  fc.oneof(
    fc.array(fc.constantFrom('a', 'Z', '9'), { maxLength: 8 }).map((letters) => ({ obfuscation: letters.join('') })),
    text.map((obfuscation) => ({ obfuscation })),
  ),
  { nil: {} },
)
const usage = { prompt_tokens: 7, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 2 } }

/** Events of an answer: mostly words, and between them whatever else a provider may send. */
const event = fc
  .record({
    delta: fc.oneof(
      { weight: 8, arbitrary: text.map((content) => ({ content })) },
      { weight: 1, arbitrary: text.map((content) => ({ role: 'assistant', content, refusal: null })) },
      { weight: 1, arbitrary: text.map((reasoning) => ({ reasoning, content: reasoning })) },
      { weight: 1, arbitrary: fc.constantFrom({}, { content: null }, { content: 1 }) },
    ),
    finish_reason: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.constant('stop') }),
    counts: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.constant(usage) }),
    padding,
  })
  .map(({ delta, finish_reason, counts, padding }) => ({
    id: 'chatcmpl-1',
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    usage: counts,
    ...padding,
  }))

const cuts = fc.array(fc.nat(400), { maxLength: 40 })
const lineEnd = fc.constantFrom('\n', '\r\n')

type Event = typeof event extends fc.Arbitrary<infer Value> ? Value : never

/** The same, in the simplest way: every event parsed. */
const plainly = (events: Event[]) => {
  const contents = events.map(({ choices }) => (choices[0]?.delta as { content?: unknown }).content)
  const words = contents.filter((content): content is string => typeof content === 'string' && content !== '')
  return {
    text: words.join('').toWellFormed(),
    tokens: words.length,
    finished: events.some(({ choices }) => choices[0]?.finish_reason === 'stop'),
    usage: events.some(({ usage }) => usage !== null),
  }
}

it('reads of a stream, in whatever pieces it comes, just what parsing every event would give', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), cuts, lineEnd, (events, cuts, lineEnd) => {
      const lines = events.map((event) => `data: ${JSON.stringify(event)}${lineEnd}${lineEnd}`)
      const bytes = new TextEncoder().encode(lines.join(''))
      const read = completionReader()
      const pieces = []
      let at = 0
      for (const cut of cuts) {
        pieces.push(read(bytes.slice(at, at + cut)))
        at += cut
      }
      pieces.push(read(bytes.slice(at)), read(undefined))
      expect({
        text: pieces.map(({ text }) => text).join(''),
        tokens: pieces.reduce((sum, { tokens }) => sum + tokens, 0),
        finished: pieces.some(({ finished }) => finished),
        usage: pieces.some(({ usage }) => usage !== undefined),
      }).toEqual(plainly(events))
    }),
    { numRuns: 2_000 },
  )
})

it('takes no text from an event that is no JSON, however much it looks like the one before', () => {
  const read = completionReader()
  const send = (inside: string) =>
    read(new TextEncoder().encode(`data: {"choices":[{"delta":{"content":"${inside}"}}]}\n\n`)).text
  expect(['one', ' two', '\\x', '\\u12', ' three', '\\n'].map(send)).toEqual(['one', ' two', '', '', ' three', '\n'])
})
