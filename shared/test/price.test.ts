import { knownModels, Model } from '@macro-ai/shared'
import fc from 'fast-check'
import * as cl100k from 'gpt-tokenizer/encoding/cl100k_base'
import * as o200k from 'gpt-tokenizer/encoding/o200k_base'
import { describe, expect, test } from 'vitest'
import { promptOf, systemTokens } from '../../worker/src/chat/prompt.ts'
import { most, passageTokens, type Retrieved } from '../../worker/src/knowledge/passages.ts'
import { periodsOf, resetOf } from '../../worker/src/spending/period.ts'
import {
  costMicros,
  forTitle,
  mostTokens,
  overhead,
  safeEstimate,
  sumOf,
  worstMicros,
} from '../../worker/src/spending/price.ts'
import { text } from './texts.ts'

const tokenizers = [o200k, cl100k]
/** What looks like a control token is ordinary text when a person writes it. */
const plain = { disallowedSpecial: new Set<string>() }

test('no text is more tokens than its bound', () => {
  fc.assert(
    fc.property(text, (said) => {
      for (const { encode } of tokenizers) expect(encode(said, plain).length).toBeLessThanOrEqual(mostTokens(said))
    }),
    { numRuns: 300 },
  )
})

test('no prompt is more tokens than was reserved for it', () => {
  const message = fc.record({
    id: fc.uuid(),
    role: fc.constantFrom('user' as const, 'assistant' as const),
    text,
    status: fc.constantFrom('complete' as const, 'stopped' as const, 'interrupted' as const, 'failed' as const),
  })
  const found = fc.option(
    fc
      .array(fc.record({ title: fc.string({ maxLength: 200, unit: 'grapheme' }), text }), { maxLength: most.passages })
      .map((passages): Retrieved => ({
        wentWrong: false,
        incomplete: true,
        sources: passages
          .filter(({ text }) => mostTokens(text) <= most.bytes / most.passages)
          .map(({ title, text }, at) => ({
            n: at + 1,
            documentId: '',
            page: 100_000,
            title: title.slice(0, 200),
            text,
          })),
      })),
    { nil: undefined },
  )
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 4, maxLength: 4 }),
      fc.array(message, { maxLength: 6 }),
      text,
      found,
      (around, path, said, retrieved) => {
        const [user = '', assistant = '', conversation = '', remembered = ''] = around
        const prompt = promptOf(
          { instructions: { user, assistant, conversation, remembered }, path },
          said,
          undefined,
          retrieved,
        )
        const sum = (parts: string[], more = 0) => parts.reduce((total, part) => total + mostTokens(part) + more, 0)
        const reserved =
          overhead.baseTokens +
          systemTokens +
          (retrieved ? passageTokens : 0) +
          sum([user, assistant, conversation, remembered]) +
          sum([...path.map((message) => message.text), said], overhead.tokensPerMessage)
        for (const { encode } of tokenizers) {
          // OpenAI's own account of a chat: three tokens around each message, its role and text, three for the answer.
          const sizes = prompt.map(
            ({ role, content }) => 3 + encode(role).length + encode(content as string, plain).length,
          )
          expect(sizes.reduce((total, size) => total + size, 3)).toBeLessThanOrEqual(reserved)
        }
      },
    ),
    { numRuns: 100 },
  )
})

const price = fc.nat(100_000_000)
const model = fc
  .record(
    {
      inputMicrosPerMTok: price,
      cachedInputMicrosPerMTok: price,
      cacheWriteMicrosPerMTok: price,
      outputMicrosPerMTok: price,
      maxOutputTokens: fc.integer({ min: 1, max: 200_000 }),
      hiddenReasoning: fc.boolean(),
    },
    { requiredKeys: ['inputMicrosPerMTok', 'outputMicrosPerMTok', 'maxOutputTokens'] },
  )
  .map((prices) =>
    Model.parse({ id: 'm', label: 'M', contextTokens: 1_000_000, source: 'test', asOf: '2026-01-01', ...prices }),
  )
const tokens = fc.nat(1_000_000)

test('a call within its bounds costs a whole number of micro-dollars, from 0 to what was reserved', () => {
  fc.assert(
    fc.property(model, tokens, tokens, tokens, tokens, (model, bound, input, cachedTokens, output) => {
      const inputTokens = Math.min(input, bound)
      const outputTokens = Math.min(output, model.maxOutputTokens)
      const cost = costMicros(model, { inputTokens, cachedTokens, outputTokens })
      expect(Number.isSafeInteger(cost)).toBe(true)
      expect(cost).toBeGreaterThanOrEqual(0)
      expect(cost).toBeLessThanOrEqual(worstMicros(model, bound))
    }),
  )
})

test('more tokens never cost less', () => {
  fc.assert(
    fc.property(model, tokens, tokens, tokens, tokens, (model, inputTokens, cachedTokens, outputTokens, more) => {
      const usage = { inputTokens, cachedTokens, outputTokens }
      const cost = costMicros(model, usage)
      expect(costMicros(model, { ...usage, inputTokens: inputTokens + more })).toBeGreaterThanOrEqual(cost)
      expect(costMicros(model, { ...usage, outputTokens: outputTokens + more })).toBeGreaterThanOrEqual(cost)
    }),
  )
})

test('an estimate for a call that never told is at least what its text took, and within what was reserved', () => {
  fc.assert(
    fc.property(model, tokens, text, (model, inputTokens, said) => {
      const { costMicros: estimate } = safeEstimate(model, inputTokens, said)
      const outputTokens = Math.min(o200k.encode(said, plain).length, model.maxOutputTokens)
      expect(estimate).toBeGreaterThanOrEqual(costMicros(model, { inputTokens, cachedTokens: 0, outputTokens }))
      expect(estimate).toBeLessThanOrEqual(worstMicros(model, inputTokens))
    }),
    { numRuns: 100 },
  )
})

test('a call that thinks unseen and never told is taken to have used every token it might', () => {
  fc.assert(
    fc.property(model, tokens, (model, inputTokens) => {
      const tokens = { inputTokens, cachedTokens: 0, outputTokens: model.maxOutputTokens }
      const { costMicros: estimate } = safeEstimate({ ...model, hiddenReasoning: true }, inputTokens, '')
      expect(estimate).toBe(costMicros(model, tokens))
    }),
  )
})

test('a model without a price, or with one below nothing, is refused', () => {
  for (const known of knownModels) {
    expect(Model.parse(known)).toEqual(known)
    for (const outputMicrosPerMTok of [-1, 0.5, NaN, Infinity, '1', null, undefined])
      expect(Model.safeParse({ ...known, outputMicrosPerMTok }).success).toBe(false)
  }
})

test('a cap starts anew at the first moment that counts against another period, and not before', () => {
  const moment = fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(moment, (now) => {
      for (const [cap, period] of [
        ['user-day', 'day'],
        ['user-month', 'month'],
        ['instance-month', 'month'],
      ] as const) {
        const reset = new Date(resetOf(cap, now) ?? '')
        expect(periodsOf(reset)[period]).not.toBe(periodsOf(now)[period])
        expect(periodsOf(new Date(reset.getTime() - 1))[period]).toBe(periodsOf(now)[period])
      }
    }),
  )
  expect(resetOf('turn', new Date())).toBeNull()
})

describe('reckoned by hand', () => {
  const simple: Model = {
    ...{ id: 'm', label: 'M', kind: 'chat', outputLimit: 'max_tokens', hiddenReasoning: false },
    ...{ inputMicrosPerMTok: 1_000_000, outputMicrosPerMTok: 4_000_000, contextTokens: 1_000, maxOutputTokens: 100 },
    ...{ source: 'here', asOf: '2026-11-26' },
  }
  const cached: Model = { ...simple, cachedInputMicrosPerMTok: 250_000, cacheWriteMicrosPerMTok: 1_250_000 }
  const tokens = { inputTokens: 10, cachedTokens: 4, outputTokens: 3 }

  test('a call is what each of its tokens costs, rounded up', () => {
    expect(costMicros(simple, tokens)).toBe(10 + 12)
    expect(costMicros(cached, tokens)).toBe(Math.ceil(6 * 1.25 + 4 * 0.25 + 12))
    // No more can have come from the cache than was sent.
    expect(costMicros(cached, { ...tokens, cachedTokens: 99 })).toBe(Math.ceil(10 * 0.25 + 12))
    expect(worstMicros(cached, 10)).toBe(Math.ceil(10 * 1.25) + 400)
    expect(worstMicros({ ...simple, cachedInputMicrosPerMTok: 3_000_000 }, 10)).toBe(30 + 400)
  })

  test('an estimate takes a token for every byte, what was not seen, and no more than there may be', () => {
    expect(safeEstimate(cached, 10, 'abc', 5)).toEqual({ ...tokens, cachedTokens: 0, outputTokens: 8, costMicros: 45 })
    expect(safeEstimate(simple, 10, 'x'.repeat(500)).outputTokens).toBe(100)
    expect(safeEstimate({ ...simple, hiddenReasoning: true }, 10, 'abc').outputTokens).toBe(100)
  })

  test('two calls are the sum of both, and a title is short', () => {
    const usage = { ...tokens, costMicros: 22 }
    const both = { inputTokens: 20, cachedTokens: 8, outputTokens: 6, costMicros: 44 }
    expect(sumOf(usage, usage)).toEqual(both)
    expect(forTitle(simple).maxOutputTokens).toBe(32)
    expect(forTitle({ ...simple, hiddenReasoning: true }).maxOutputTokens).toBe(100)
    expect(forTitle({ ...simple, hiddenReasoning: true, maxOutputTokens: 4_096 }).maxOutputTokens).toBe(512)
  })
})
