import { newId, type Cap, type Model } from '@macro-ai/shared'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { files } from '../../worker/src/files/limits.ts'
import { openLadder } from '../../worker/src/spending/ladder.ts'
import { forTitle, overhead, worstMicros } from '../../worker/src/spending/price.ts'
import {
  assertHeld,
  reserveCall,
  reserveTurn,
  settleCall,
  type Call,
  type Caps,
} from '../../worker/src/spending/purse.ts'
import { openBooks, type Books } from './books.ts'

const at = new Date('2026-11-22T12:00:00Z')
const [tomorrow, december] = ['2026-11-23T00:00:00.000Z', '2026-12-01T00:00:00.000Z']
const holdMs = 2 * 60 * 60 * 1000

let books: Books
let someone: string
beforeAll(async () => {
  books = await openBooks()
})
afterAll(() => books?.stop())
beforeEach(async () => {
  await books.clear()
  someone = await books.introduce()
  asked = 0
})

const much = Number.MAX_SAFE_INTEGER
const noCaps: Caps = { turn: much, userDay: much, userMonth: much, instanceMonth: much }
/** A prompt costs a micro-dollar a token, an answer at most `outMicros`. */
const modelOf = (id: string, outMicros: number, change: Partial<Model> = {}): Model => ({
  ...{ id, label: id, kind: 'chat', outputLimit: 'max_tokens', hiddenReasoning: false, source: 'test', asOf: '2026' },
  ...{ inputMicrosPerMTok: 1_000_000, outputMicrosPerMTok: outMicros * 10_000, maxOutputTokens: 100 },
  contextTokens: 100_000,
  ...change,
})
const cheap = modelOf('cheap', 100)
const dear = modelOf('dear', 9_000)
const free = modelOf('free', 0, { inputMicrosPerMTok: 0 })
const embedding = modelOf('embedding', 0, { kind: 'embedding' })
const priced = new Map([dear, cheap, free, embedding].map((model) => [model.id, model]))

/** An isolate that has heard how the month stands. */
const heard = (share: number, degrade = true) => {
  const ladder = openLadder({ hasFree: true, warn: () => undefined })
  ladder.hear(at.getTime(), { usedMicros: share * 1_000, capMicros: 1_000, degrade })
  return ladder
}
const unheard = () => openLadder({ hasFree: false, warn: () => undefined })

type Change = {
  caps?: Partial<Caps>
  ladder?: ReturnType<typeof openLadder>
  freeModel?: string
  models?: ReadonlyMap<string, Model>
  isFree?: boolean
  turn?: Partial<Parameters<typeof reserveTurn>[1]>
}
let asked = 0
const beginTurn: Books['store']['beginTurn'] = (turn) => {
  asked += 1
  return books.store.beginTurn(turn)
}
const begin = ({ caps, ladder = unheard(), models = priced, freeModel, isFree, turn = {} }: Change = {}) =>
  reserveTurn(
    { store: { beginTurn }, models, defaultModel: 'dear', freeModel, ladder, caps: { ...noCaps, ...caps } },
    {
      ...{ userId: someone, issuedAt: at, now: at, turnId: newId(), digest: 'same', conversationId: newId() },
      ...{ parentId: null, regenerate: null, assistantId: null, text: 'Hello', title: 'Hello', model: null },
      ...{ userMessageId: newId(), messageId: newId(Date.now() + 1) },
      ...{ systemTokens: 10, newTextTokens: 5, titleTokens: 0 },
      ...turn,
    },
    ...(isFree === undefined ? [] : [{ isFree }]),
  )
/** Of the prompt of such a turn. */
const tokens = overhead.baseTokens + 10 + 5 + overhead.tokensPerMessage

const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )
const nothingHappened = async () => {
  expect(await books.sql`select id from messages union all select id from reservations`).toEqual([])
  expect(await books.broken()).toEqual([])
}

describe('a turn', () => {
  test('holds its worst case for two hours, and proves it', async () => {
    const turnId = newId()
    const { held, heldForTitle, begun } = await begin({ turn: { turnId } })
    expect(heldForTitle).toBeNull()
    expect(held).toMatchObject({
      id: turnId,
      model: dear,
      inputTokens: tokens,
      amountMicros: worstMicros(dear, tokens),
    })
    expect(begun).toMatchObject({ verdict: 'new', model: 'dear', titleMicros: 0 })
    expect(
      await books.sql`select amount_micros::int as amount, created_at, expires_at from reservations where id = ${turnId}`,
    ).toEqual([{ amount: held?.amountMicros, created_at: at, expires_at: new Date(at.getTime() + holdMs) }])
    expect(() => held && assertHeld(held)).not.toThrow()
    expect(() => assertHeld({ ...held })).toThrow(TypeError)
  })

  test('holds the money for its title apart, as for the short call that it is', async () => {
    const { held, heldForTitle } = await begin({ turn: { titleTokens: 50 } })
    const titleMicros = worstMicros(forTitle(dear), 50)
    expect(held?.amountMicros).toBe(worstMicros(dear, tokens))
    expect(heldForTitle).toMatchObject({
      id: held?.id,
      model: forTitle(dear),
      inputTokens: 50,
      amountMicros: titleMicros,
    })
  })

  test('holds what a picture costs the model that sees it, and nothing for one that does not', async () => {
    const id = newId()
    await books.sql`insert into files (id, owner_id, name, type, bytes, sha256, stored_at)
      values (${id}, ${someone}, 'dot.png', 'image/png', 68, 'x', now())`
    const turn = () => ({ attachments: [id], turnId: newId() })
    const seeing = new Map([['dear', { ...dear, imageTokens: 300 }]])
    const [blind, sees] = [await begin({ turn: turn() }), await begin({ models: seeing, turn: turn() })]
    expect(blind.held?.inputTokens).toBe(tokens + files.tokensAround)
    expect(sees.held?.inputTokens).toBe(tokens + files.tokensAround + 300)
    expect(sees.held?.amountMicros).toBe(worstMicros(dear, tokens + files.tokensAround + 300))
  })

  test('that is over holds nothing when it is sent again', async () => {
    const turn = { turnId: newId(), conversationId: newId() }
    await begin({ turn })
    const usage = { inputTokens: 1, cachedTokens: 0, outputTokens: 1, costMicros: 1 }
    const ended = { userId: someone, turnId: turn.turnId, text: 'Hi', status: 'complete' as const, usage, now: at }
    await books.store.finishTurn({ ...ended, error: null })
    const again = await begin({ turn })
    expect([again.held, again.heldForTitle, again.begun.verdict]).toEqual([null, null, 'again'])
  })

  test('sent again is not answered on that money once its instructions grew past it', async () => {
    const turn = { turnId: newId(), conversationId: newId() }
    const { held } = await begin({ turn })
    expect(await begin({ turn })).toMatchObject({
      begun: { verdict: 'again' },
      held: { amountMicros: held?.amountMicros },
    })
    await books.store.changePerson(someone, { instructions: 'Be thorough. '.repeat(100) })
    expect(await refusalOf(begin({ turn }))).toMatchObject({ code: 'conflict' })
    expect(await books.broken()).toEqual([])
  })

  test('sent again is not answered either once its model has lost its price', async () => {
    const turn = { turnId: newId(), conversationId: newId(), model: 'dear' }
    await begin({ turn })
    const refused = await refusalOf(begin({ turn, models: new Map([[cheap.id, cheap]]) }))
    expect(refused).toMatchObject({ code: 'invalid', message: 'The model dear has no known price.' })
    expect(await books.broken()).toEqual([])
  })

  test('tells its isolate how the month stands', async () => {
    const ladder = unheard()
    await begin({ ladder, caps: { instanceMonth: 100_000 } })
    await begin({ ladder, caps: { instanceMonth: 100_000 } })
    // Before the second there was the first.
    expect(ladder.heard(at.getTime())).toEqual({
      usedMicros: worstMicros(dear, tokens),
      capMicros: 100_000,
      degrade: true,
    })
  })
})

describe('on a step of the ladder a turn is answered', () => {
  test('by the model that it asks for, where nothing is used up', async () => {
    expect((await begin({ ladder: heard(0.1), turn: { model: 'cheap' } })).begun.model).toBe('cheap')
    expect((await begin({ ladder: heard(0.1), turn: { model: 'dear' } })).begun.model).toBe('dear')
  })

  test('by the cheapest, whatever it asks for, and then without a title', async () => {
    for (const [share, hasTitle] of [
      [0.75, true],
      [0.95, false],
    ] as const) {
      const { begun, heldForTitle } = await begin({ ladder: heard(share), turn: { model: 'dear', titleTokens: 50 } })
      expect([begun.model, heldForTitle !== null]).toEqual(['cheap', hasTitle])
    }
  })

  test('by the free model at the end, or where that is asked for', async () => {
    for (const change of [{ ladder: heard(1) }, { isFree: true }]) {
      const { begun, held } = await begin({ ...change, freeModel: 'free', turn: { model: 'dear' } })
      expect([begun.model, held?.amountMicros]).toEqual(['free', 0])
    }
  })
})

describe('where a cap has no room', () => {
  const full = { userDay: 10 }

  test('a free model answers, if there is one and the owner wants steps', async () => {
    const { begun, held } = await begin({ caps: full, freeModel: 'free', turn: { model: 'dear' } })
    expect([begun.model, held?.amountMicros]).toEqual(['free', 0])
  })

  test.for<[string, Change]>([
    ['there is none', {}],
    ['the owner wants no steps', { freeModel: 'free', ladder: heard(0, false) }],
  ])('nobody answers where %s', async ([, change]) => {
    const refused = await refusalOf(begin({ caps: full, ...change }))
    expect(refused).toMatchObject({ code: 'budget_exhausted', extra: { cap: 'user-day', resetsAt: tomorrow } })
    await nothingHappened()
  })

  test('there is no cheaper one in place of what was asked for', async () => {
    const refused = await refusalOf(begin({ caps: { userDay: 500 }, turn: { model: 'dear' } }))
    expect(refused).toMatchObject({ code: 'budget_exhausted' })
    expect((await begin({ caps: { userDay: 500 }, turn: { model: 'cheap' } })).begun.model).toBe('cheap')
  })

  test('nothing else than money is a reason to ask the free model', async () => {
    const turn = { turnId: newId(), model: 'dear' }
    await begin({ turn })
    asked = 0
    const other = { ...turn, conversationId: newId(), digest: 'other' }
    expect(await refusalOf(begin({ freeModel: 'free', turn: other }))).toMatchObject({ code: 'conflict' })
    expect(asked).toBe(1)
  })

  test.for<[keyof Caps, Cap, string | null, RegExp]>([
    ['turn', 'turn', null, /Shorten it/],
    ['userDay', 'user-day', tomorrow, /today/],
    ['userMonth', 'user-month', december, /Your budget for this month/],
    ['instanceMonth', 'instance-month', december, /whole instance/],
  ])('of %s it says so, and when that starts anew', async ([name, cap, resetsAt, says]) => {
    const refused = await refusalOf(begin({ caps: { [name]: 10 } }))
    expect(refused).toMatchObject({ code: 'budget_exhausted', extra: { cap, resetsAt } })
    expect((refused as Error).message).toMatch(says)
    await nothingHappened()
  })
})

describe('a turn is refused', () => {
  const setInstance = (paused: boolean) => books.store.changeInstance(someone, { paused }, newId())

  test('while the owner has paused everything', async () => {
    await setInstance(true)
    const refused = await refusalOf(begin())
    await setInstance(false)
    expect(refused).toMatchObject({ code: 'unavailable', extra: { retryAfterSeconds: 3600 } })
    await nothingHappened()
  })

  test.for<[string, () => Promise<Change['turn']>]>([
    ['nobody knows', async () => ({ userId: newId() })],
    [
      'is disabled',
      async () => {
        await books.sql`update users set disabled_at = now() where id = ${someone}`
        return {}
      },
    ],
    [
      'has signed out everywhere',
      async () => {
        await books.store.signOutEverywhere(someone, at, at)
        return {}
      },
    ],
  ])('of somebody who %s', async ([, make]) => {
    expect(await refusalOf(begin({ turn: (await make()) ?? {} }))).toMatchObject({ code: 'unauthenticated' })
    await nothingHappened()
  })

  test('that follows a question, or what is not there', async () => {
    const conversationId = newId()
    const { begun } = await begin({ turn: { conversationId } })
    const refused = await refusalOf(begin({ turn: { conversationId, parentId: begun.userMessageId } }))
    expect(refused).toMatchObject({ code: 'invalid', extra: { errors: [{ path: 'parentId' }] } })
    for (const turn of [{ parentId: newId() }, { regenerate: newId() }])
      expect(await refusalOf(begin({ turn: { conversationId, ...turn } }))).toMatchObject({ code: 'not_found' })
    expect(await books.sql`select id from reservations`).toHaveLength(1)
  })
})

describe('a call that is no turn', () => {
  const hold = (change: Partial<Call> = {}, caps: Partial<Caps> = {}) =>
    reserveCall(
      { store: books.store, caps: { ...noCaps, ...caps }, now: () => at.getTime() },
      { id: newId(), userId: someone, purpose: 'test', model: cheap, inputTokens: 20, ...change },
    )

  test('holds its worst case for two hours, once', async () => {
    const id = newId()
    const held = await hold({ id })
    expect(held).toMatchObject({ id, model: cheap, inputTokens: 20, amountMicros: 120 })
    expect(
      await books.sql`select purpose, model, amount_micros::int as amount, expires_at, day::text, month::text from reservations`,
    ).toEqual([
      {
        ...{ purpose: 'test', model: 'cheap', amount: 120, expires_at: new Date(at.getTime() + holdMs) },
        ...{ day: '2026-11-22', month: '2026-11-01' },
      },
    ])
    expect(await refusalOf(hold({ id }))).toMatchObject({ code: 'conflict' })
  })

  test('is settled at what it cost, once, and holds nothing any more', async () => {
    const held = await hold()
    const settle = (costMicros: number) =>
      settleCall({ store: books.store, now: () => at.getTime() }, held, {
        inputTokens: 20,
        cachedTokens: 0,
        outputTokens: 3,
        costMicros,
      })
    await settle(23)
    await settle(99)
    expect(await books.sql`select kind, amount_micros::int as amount, at from ledger where kind <> 'reserve'`).toEqual([
      { kind: 'settle', amount: 23, at },
    ])
    expect(await books.sql`select id from reservations`).toEqual([])
    expect(await books.broken()).toEqual([])
  })

  test.for<[Partial<Call>, Partial<Caps>, object]>([
    [{}, { turn: 119 }, { code: 'budget_exhausted', extra: { cap: 'turn' } }],
    [{}, { userDay: 119 }, { code: 'budget_exhausted', extra: { cap: 'user-day', resetsAt: tomorrow } }],
    [{ leaves: 0.5 }, { userMonth: 239 }, { code: 'budget_exhausted', extra: { cap: 'user-month' } }],
    [{ keyId: newId() }, {}, { code: 'unauthenticated' }],
    [{ userId: newId() }, {}, { code: 'unauthenticated' }],
  ])('with %j and caps of %j is refused', async ([change, caps, as]) => {
    expect(await refusalOf(hold(change, caps))).toMatchObject(as)
    await nothingHappened()
  })

  test('for a key says that it was the key’s budget', async () => {
    const key = { id: newId(), ownerId: someone, name: 'A program', capMicros: 119 }
    await books.sql`insert into keys (id, owner_id, name, cap_micros, digest, hint)
      values (${key.id}, ${key.ownerId}, ${key.name}, ${key.capMicros}, ${newId()}, 'mk_')`
    const refused = await refusalOf(hold({ keyId: key.id }))
    expect(refused).toMatchObject({ code: 'budget_exhausted', extra: { cap: 'key-month', resetsAt: december } })
    expect((refused as Error).message).toContain('this API key')
    await nothingHappened()
  })
})
