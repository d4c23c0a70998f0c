import { Model, newId } from '@macro-ai/shared'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { mostTokens, overhead, worstMicros } from '../../worker/src/spending/price.ts'
import { reserveTurn } from '../../worker/src/spending/purse.ts'
import { noLadder } from './begin.ts'
import { openBooks, type Books } from './books.ts'

const at = new Date('2026-11-22T12:00:00Z')
const much = Number.MAX_SAFE_INTEGER
const caps = { turn: much, userDay: much, userMonth: much, instanceMonth: much }
const usage = { inputTokens: 1, cachedTokens: 0, outputTokens: 1, costMicros: 1 }
const systemTokens = 150

let books: Books
let someone: string
beforeAll(async () => {
  books = await openBooks()
})
afterAll(() => books?.stop())
beforeEach(async () => {
  await books.clear()
  someone = await books.introduce()
})

const modelOf = (prices: Partial<Model>) =>
  Model.parse({
    id: 'm',
    label: 'M',
    inputMicrosPerMTok: 1_000_000,
    outputMicrosPerMTok: 1_000_000,
    contextTokens: 1_000_000,
    maxOutputTokens: 10,
    source: 'test',
    asOf: '2026-01-01',
    ...prices,
  })

type Said = { text: string; turnId?: string; parentId?: string | null; conversationId?: string; regenerate?: string }
const begin = (said: Said, model = modelOf({}), userId = someone) =>
  reserveTurn(
    { store: books.store, models: new Map([[model.id, model]]), defaultModel: model.id, caps, ...noLadder() },
    {
      turnId: newId(),
      conversationId: newId(),
      parentId: null,
      regenerate: null,
      ...said,
      userId,
      issuedAt: at,
      digest: 'same',
      title: 'Talk',
      userMessageId: newId(),
      messageId: newId(Date.now() + 1),
      model: null,
      assistantId: null,
      now: at,
      systemTokens,
      newTextTokens: said.regenerate ? 0 : mostTokens(said.text),
      titleTokens: 0,
    },
  )
const finish = (turnId: string, text: string, spent = usage) =>
  books.store.finishTurn({ userId: someone, turnId, text, status: 'complete', usage: spent, error: null, now: at })

test('the statement reserves what TypeScript reckons, for every text, history, instruction and price', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 }).map((text) => text.replaceAll('\0', ''))
  const price = fc.nat(100_000_000)
  const prices = fc.record({
    inputMicrosPerMTok: price,
    cacheWriteMicrosPerMTok: price,
    outputMicrosPerMTok: price,
    maxOutputTokens: fc.integer({ min: 1, max: 100_000 }),
  })
  await fc.assert(
    fc.asyncProperty(
      prices,
      text,
      fc.array(fc.tuple(text, text), { maxLength: 3 }),
      text,
      async (prices, instructions, history, said) => {
        const model = modelOf(prices)
        const conversationId = newId()
        await books.store.changePerson(someone, { instructions })
        let parentId: string | null = null
        let tokens = overhead.baseTokens + systemTokens + mostTokens(instructions)
        for (const [question, reply] of [...history, [said, '']] as const) {
          const turnId = newId()
          const { begun, held } = await begin({ text: question, turnId, parentId, conversationId }, model)
          tokens += mostTokens(question) + overhead.tokensPerMessage
          expect(begun.inputTokens).toBe(tokens)
          expect(held?.amountMicros).toBe(worstMicros(model, tokens))
          const again = await begin({ text: question, turnId, parentId, conversationId }, model)
          expect(again.begun).toMatchObject({
            verdict: 'again',
            inputTokens: tokens,
            reservedMicros: held?.amountMicros,
          })
          await finish(turnId, reply)
          tokens += mostTokens(reply) + overhead.tokensPerMessage
          parentId = begun.messageId
          const other = await begin({ text: '', regenerate: begun.messageId, conversationId }, model)
          expect(other.begun.inputTokens).toBe(begun.inputTokens)
        }
      },
    ),
    { numRuns: Number(process.env['FC_RUNS'] ?? 8) },
  )
})

test('somebody else’s conversation, answer or turn is not there, and costs nothing', async () => {
  const mine = { turnId: newId(), conversationId: newId(), text: 'Hello' }
  const { begun } = await begin(mine)
  await finish(mine.turnId, 'Hi')
  const thief = await books.introduce()
  const tries: [Said, string][] = [
    [{ ...mine, turnId: newId() }, 'not_found'],
    [{ text: 'x', parentId: begun.messageId }, 'not_found'],
    [{ text: '', regenerate: begun.messageId }, 'not_found'],
    [mine, 'conflict'],
  ]
  for (const [said, code] of tries) await expect(begin(said, modelOf({}), thief)).rejects.toMatchObject({ code })
  expect(await books.sql`select * from ledger where user_id = ${thief}`).toEqual([])
  expect(await books.broken()).toEqual([])
})

test('an answer is kept whatever the model wrote and the provider reported', async () => {
  const turn = { turnId: newId(), conversationId: newId(), text: 'Hello' }
  const { begun } = await begin(turn)
  const absurd = { inputTokens: much, cachedTokens: much, outputTokens: much, costMicros: 1e300 }
  await finish(turn.turnId, 'a\0b\ud800c', absurd)
  const thread = await books.store.openThread(someone, turn.conversationId, begun.messageId, 1)
  expect(thread?.messages[0]).toMatchObject({
    status: 'complete',
    text: 'a\ufffdb\ufffdc',
    usage: { costMicros: begun.reservedMicros },
  })
  expect(await books.broken()).toEqual([])
})

test('an answer given up for dead takes the text of its holder after all, at the price that was charged', async () => {
  const late = { turnId: newId(), conversationId: newId(), text: 'Hello' }
  const { begun } = await begin(late)
  const tomorrow = new Date(at.getTime() + 86_400_000)
  const done = { userId: someone, text: 'Late', status: 'complete' as const, usage, error: null, now: tomorrow }
  await books.store.finishTurn({ ...done, turnId: newId() })
  const open = () => books.store.openThread(someone, late.conversationId, begun.messageId, 1)
  const usageThen = { costMicros: begun.reservedMicros }
  expect((await open())?.messages[0]).toMatchObject({ status: 'interrupted', text: '', usage: usageThen })
  await books.store.finishTurn({ ...done, turnId: late.turnId })
  await books.store.finishTurn({ ...done, turnId: late.turnId, text: 'Twice' })
  expect(await open()).toMatchObject({
    conversation: { costMicros: begun.reservedMicros },
    messages: [{ status: 'complete', text: 'Late', usage: usageThen }],
  })
  expect(await books.broken()).toEqual([])
})

test('a cost below nothing is refused and changes nothing', async () => {
  const turn = { turnId: newId(), conversationId: newId(), text: 'Hello' }
  await begin(turn)
  await expect(finish(turn.turnId, 'Hi', { ...usage, costMicros: -1 })).rejects.toThrow('not_negative')
  expect(await books.sql`select * from reservations`).toHaveLength(1)
  expect(await books.broken()).toEqual([])
})
