import { newId } from '@macro-ai/shared'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BeginTurn } from '../../worker/src/adapters/database/begin.ts'
import { knownAfter, nothingYet, withinWindow, type Known } from '../../worker/src/chat/known.ts'
import { mostTokens, windowStep } from '../../worker/src/spending/price.ts'
import { begin } from './begin.ts'
import { openBooks, type Books } from './books.ts'

/** How far back a conversation is read, and that its object, which spares the database the reading, reads as far. */

let books: Books
beforeAll(async () => {
  books = await openBooks()
})
afterAll(() => books?.stop())

type Window = BeginTurn['window']
const maxMessages = fc.integer({ min: 1, max: 30 })
const windows = fc.record({ maxBytes: fc.integer({ min: 1, max: 400 }), maxMessages })
/** Some of more bytes than letters; now and then one that fills a window by itself. */
const texts = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: fc.constantFrom('x', 'é', '🙂'), minLength: 1, maxLength: 12 }) },
  { weight: 1, arbitrary: fc.constant('y'.repeat(300)) },
)
const roleAt = (depth: number) => (depth % 2 === 0 ? ('user' as const) : ('assistant' as const))
const placed = (said: string[]) =>
  said.map((text, depth) => ({ id: `${depth}`, role: roleAt(depth), text, status: 'complete' as const, depth }))

/** From the newest back as far as there is room, the newest in any case; then on from a place that stays for a while. */
const reach = (path: ReturnType<typeof placed>, { maxBytes, maxMessages }: Window) => {
  const bytesFrom = (at: number) => path.slice(at).reduce((sum, { text }) => sum + mostTokens(text), 0)
  const near = path.filter(
    (_, at) => at === path.length - 1 || (bytesFrom(at) <= maxBytes && path.length - at <= maxMessages),
  )
  const starts = [
    near.findIndex(({ depth }) => depth % windowStep === 0),
    near.findIndex(({ role }) => role === 'user'),
    0,
  ]
  return near.slice(starts.find((at) => at >= 0))
}
const depthsOf = (path: { depth: number }[]) => path.map(({ depth }) => depth)

test('a window takes in the newest that it has room for, and begins at a depth that holds for some turns', () => {
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 40 }), windows, (said, window) => {
      const path = placed(said)
      expect(depthsOf(withinWindow(path, window))).toEqual(depthsOf(reach(path, window)))
    }),
    { numRuns: 1_000 },
  )
})

const turnWith = (change: Pick<BeginTurn, 'window' | 'text' | 'regenerate' | 'model'>) => change as BeginTurn
const answered = { status: 'complete', text: '' } as const

test('what is known after any number of turns is what all of the conversation would show, also once there is less room', () => {
  const turns = fc.array(fc.record({ question: texts, answer: texts, less: fc.integer({ min: 0, max: 40 }) }), {
    minLength: 1,
    maxLength: 20,
  })
  fc.assert(
    fc.property(turns, windows, (all, first) => {
      const said: string[] = []
      let window: Window = first
      let known: Omit<Known, 'epoch' | 'leafId'> = nothingYet(window)
      for (const { question, answer, less } of all) {
        window = { ...window, maxBytes: Math.max(1, window.maxBytes - less) }
        const path = withinWindow(known.path, window)
        expect(depthsOf(path)).toEqual(depthsOf(reach(placed(said), window)))
        const begun = {
          ...{ path: path.map(({ depth: _, ...message }) => message), depth: said.length, files: [] },
          ...{ userMessageId: `${said.length}`, messageId: `${said.length + 1}`, models: known.models },
          ...{ instructions: { ...known.instructions, user: '', remembered: '' } },
        } as unknown as Parameters<typeof knownAfter>[0]
        const turn = turnWith({ window, text: question, regenerate: null, model: null })
        const after = knownAfter(begun, { epoch: 1, turn, answer: { ...answered, text: answer }, isNew: false })
        if (!after) throw new Error('nothing is known')
        said.push(question, answer)
        expect(after.path).toEqual(reach(placed(said), window))
        expect(after.leafId).toBe(`${said.length - 1}`)
        known = after
      }
    }),
    { numRuns: 300 },
  )
})

test('another answer adds no question, a new conversation keeps the model it was begun with, and files make nothing known', () => {
  const before = {
    ...nothingYet({ maxBytes: 100, maxMessages: 10 }),
    models: { conversation: 'kept', assistant: null },
  }
  const begun = {
    ...{
      path: [{ id: 'asked', role: 'user', text: 'Why?', status: 'complete' }],
      depth: 1,
      files: [],
      model: 'wanted',
    },
    ...{ userMessageId: 'none', messageId: 'again', models: before.models },
    ...{
      instructions: { assistant: 'Be kind.', conversation: 'Be brief.', user: 'not of it', remembered: 'nor this' },
    },
  } as unknown as Parameters<typeof knownAfter>[0]
  const answer = { ...answered, text: 'Because.' }
  const after = (change: Pick<BeginTurn, 'regenerate' | 'model'>, isNew = false, files: object[] = []) =>
    knownAfter({ ...begun, files } as typeof begun, {
      ...{ epoch: 7, isNew, answer },
      turn: turnWith({ window: before.window, text: 'Why?', ...change }),
    })
  expect(after({ regenerate: 'old', model: null })).toEqual({
    epoch: 7,
    leafId: 'again',
    path: [
      { id: 'asked', role: 'user', text: 'Why?', status: 'complete', depth: 0 },
      { id: 'again', role: 'assistant', text: 'Because.', status: 'complete', depth: 1 },
    ],
    window: before.window,
    models: { conversation: 'kept', assistant: null },
    instructions: { assistant: 'Be kind.', conversation: 'Be brief.' },
  })
  const modelAfter = (model: string | null, isNew: boolean) =>
    after({ regenerate: null, model }, isNew)?.models.conversation
  expect([modelAfter('any', true), modelAfter(null, true), modelAfter('any', false)]).toEqual([
    'wanted',
    'kept',
    'kept',
  ])
  expect(after({ regenerate: null, model: null }, false, [{ id: 'file' }])).toBeUndefined()
  expect(before).toMatchObject({ path: [], instructions: { assistant: '', conversation: '' } })
})

const caps = { turn: 1_000, userDay: 1_000_000, userMonth: 1_000_000, instanceMonth: 1_000_000 }
const at = new Date('2026-11-22T12:00:00Z')

/** A conversation of these texts, and its messages from the first on. */
const conversationOf = async (userId: string, said: string[]) => {
  const conversationId = newId()
  const path = placed(said).map((message) => ({ ...message, id: newId() }))
  const rows = path.map(({ id, role, text, depth }) => ({
    ...{ id, role, text, depth, parent_id: path[depth - 1]?.id ?? null, turn_id: role === 'assistant' ? id : null },
  }))
  await books.sql`insert into conversations (id, owner_id, title) values (${conversationId}, ${userId}, 'Talk')`
  await books.sql`
    insert into messages (id, conversation_id, owner_id, parent_id, role, text, depth, turn_id)
    select id, ${conversationId}, ${userId}, parent_id, role::message_role, text, depth, turn_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as m (id uuid, parent_id uuid, role text, text text, depth int, turn_id uuid)`
  return { conversationId, path }
}

test('the database cuts a conversation where its object does', async () => {
  const userId = await books.introduce()
  const exchanges = fc.array(fc.tuple(texts, texts), { minLength: 1, maxLength: 16 })
  await fc.assert(
    fc.asyncProperty(exchanges, fc.array(windows, { minLength: 1, maxLength: 3 }), async (all, tried) => {
      const { conversationId, path } = await conversationOf(userId, all.flat())
      for (const window of tried) {
        const store = {
          ...books.store,
          beginTurn: (turn: BeginTurn) => books.store.beginTurn({ ...turn, window }),
        }
        const parentId = path.at(-1)?.id ?? null
        const ids = { userId, turnId: newId(), conversationId }
        const { begun } = await begin(store, { ...ids, amount: 0, at, caps, parentId })
        const wanted = withinWindow(path, window).map(({ depth: _, ...message }) => message)
        expect(begun.path).toEqual(wanted)
        expect(begun.depth).toBe(path.length)
      }
    }),
    { numRuns: 40 },
  )
})
