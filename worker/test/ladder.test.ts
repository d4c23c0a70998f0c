import type { Model } from '@macro-ai/shared'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ladderOf, offerOn, openLadder, shareOf } from '../src/spending/ladder.ts'
import { window } from '../src/spending/price.ts'

const used = (share: number, degrade = true) => ({ usedMicros: share * 1_000_000, capMicros: 1_000_000, degrade })
const now = Date.UTC(2026, 10, 26, 12)
const nextMonth = Date.UTC(2026, 11, 1)

describe('the step', () => {
  test.for([
    [0, 'none'],
    [0.69, 'none'],
    [0.7, 'cheaper'],
    [0.79, 'cheaper'],
    [0.8, 'shorter'],
    [0.9, 'plain'],
    [0.99, 'plain'],
    [1, 'read-only'],
    [1.4, 'read-only'],
  ] as const)('at %d of the month is %s, and says why', ([share, step]) => {
    const ladder = ladderOf(used(share), false, now)
    expect(ladder.step).toBe(step)
    if (step === 'none') expect(ladder).toEqual({ step, reason: null, share: null, resetsAt: null })
    else {
      expect(ladder).toMatchObject({ share, resetsAt: new Date(nextMonth).toISOString() })
      expect(ladder.reason).toContain(`${Math.min(100, Math.round(share * 100))} %`)
    }
    expect(ladderOf(used(share, false), false, now).step).toBe('none')
  })

  test('says no more than is used', () => {
    expect(ladderOf(used(0.7999), false, now).reason).toMatch(/^79 %/)
  })

  test('is the last one where there is no budget at all', () => {
    expect(shareOf({ usedMicros: 0, capMicros: 0, degrade: true })).toBe(1)
    expect(ladderOf({ usedMicros: 0, capMicros: 0, degrade: true }, false, now).step).toBe('read-only')
  })

  test('is a free model in place of the last one, and only of that', () => {
    const [free, plain] = [ladderOf(used(1), true, now), ladderOf(used(0.9), true, now)]
    expect([free.step, plain]).toEqual(['free', ladderOf(used(0.9), false, now)])
    expect(free.reason).toMatch(/free model answers/)
    expect(ladderOf(used(1), false, now).reason).toMatch(/Answers stop/)
  })
})

describe('what an isolate has heard', () => {
  const isolate = (hasFree = false) => {
    const warned: number[] = []
    const ladder = openLadder({ hasFree, warn: () => void warned.push(1) })
    return { ladder, warnings: () => warned.length }
  }
  const month = '2026-11-01'

  test('holds until the month ends, and before it what was noted', () => {
    const { ladder } = isolate()
    expect([ladder.at(now).step, ladder.heard(now)]).toEqual(['none', undefined])
    expect(ladder.at(now, used(0.8)).step).toBe('shorter')
    ladder.hear(now, used(0.9))
    expect([ladder.at(now, used(0.8)).step, ladder.heard(nextMonth - 1)]).toEqual(['plain', used(0.9)])
    expect([ladder.at(nextMonth).step, ladder.heard(nextMonth)]).toEqual(['none', undefined])
    expect(ladder.at(nextMonth, used(0.7)).step).toBe('cheaper')
  })

  test('turns to the free model where there is one', () => {
    const { ladder } = isolate(true)
    ladder.learn(month, used(1))
    expect(ladder.at(now).step).toBe('free')
  })

  test('tells whether the owner wants steps at all, who does as long as nothing else was heard', () => {
    const { ladder } = isolate()
    expect(ladder.mayDegrade()).toBe(true)
    ladder.learn(month, used(0.1, false))
    expect(ladder.mayDegrade()).toBe(false)
    ladder.hear(now, used(0.1))
    expect(ladder.mayDegrade()).toBe(true)
  })

  test('warns once at every threshold, again in another month, and not of what somebody else was told', () => {
    const { ladder, warnings } = isolate()
    const after = [0.49, 0.5, 0.69, 0.7, 0.71, 0.8, 0.9, 0.99, 1, 1.2].map((share) => {
      ladder.learn(month, used(share))
      return warnings()
    })
    expect(after).toEqual([0, 1, 1, 2, 2, 3, 4, 4, 5, 5])
    ladder.learn('2026-12-01', used(0.6))
    expect(warnings()).toBe(6)
    ladder.hear(Date.UTC(2026, 11, 2), used(0.85))
    ladder.learn('2026-12-01', used(0.86))
    expect(warnings()).toBe(6)
  })

  test('warns one time of several thresholds that are passed together', () => {
    const { ladder, warnings } = isolate()
    ladder.learn(month, used(0.95))
    expect(warnings()).toBe(1)
  })
})

describe('what a step leaves', () => {
  const modelOf = (id: string, inputMicrosPerMTok: number, outputMicrosPerMTok: number): Model => ({
    ...{ id, label: id, kind: 'chat', outputLimit: 'max_tokens', hiddenReasoning: false, contextTokens: 8_000 },
    ...{ inputMicrosPerMTok, outputMicrosPerMTok, maxOutputTokens: 1_000, source: 'test', asOf: '2026-11-26' },
  })
  /** For a typical prompt of 2,000 tokens with the longest answer. */
  const [dear, cheap, free] = [
    modelOf('dear', 100_000_000, 900_000_000),
    modelOf('cheap', 400_000_000, 100_000_000),
    modelOf('free', 0, 0),
  ]
  const models = [dear, cheap, free]
  const short = { maxBytes: window.maxBytes / 4, maxMessages: window.maxMessages / 4 }

  test('is everything, then the cheapest model that has a price, then a quarter of the context, then no titles', () => {
    expect(offerOn('none', models, free)).toEqual({ models, window, titles: true })
    expect(offerOn('cheaper', models, free)).toEqual({ models: [cheap], window, titles: true })
    expect(offerOn('shorter', models, free)).toEqual({ models: [cheap], window: short, titles: true })
    for (const step of ['plain', 'read-only'] as const)
      expect(offerOn(step, models, free)).toEqual({ models: [cheap], window: short, titles: false })
    expect(offerOn('free', models, free)).toEqual({ models: [free], window: short, titles: false })
    expect([short.maxBytes, short.maxMessages]).toEqual([12_000, 10])
  })

  test('is what there is where nothing is free, or nothing has a price', () => {
    expect(offerOn('free', models, undefined).models).toEqual([cheap])
    expect(offerOn('plain', [free], undefined).models).toEqual([free])
  })

  test('is never dearer at worst than any other model with a price, also one that bills input or output alone', () => {
    const price = fc.nat(1_000)
    const priced = fc.tuple(price, price).filter(([input, output]) => input + output > 0)
    fc.assert(
      fc.property(fc.array(priced, { minLength: 1, maxLength: 5 }), (prices) => {
        const offered = prices.map(([input, output], at) => modelOf(`m${at}`, input * 1_000_000, output * 1_000_000))
        const [only, ...more] = offerOn('plain', [...offered, free], free).models
        const worst = (model?: Model) => (model ? 2 * model.inputMicrosPerMTok + model.outputMicrosPerMTok : NaN)
        expect([worst(only), more]).toEqual([Math.min(...offered.map(worst)), []])
      }),
    )
  })
})
