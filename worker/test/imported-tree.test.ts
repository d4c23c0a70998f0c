import { MessageStatus } from '@macro-ai/shared'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rowsOf, type Said, type SourceConversation } from '../src/archive/tree.ts'

const userId = '01900000-0000-7000-8000-000000000001'
const longAgo = '2020-01-01T00:00:00.000Z'
const century = Date.UTC(2100, 0, 1)

const said = (role: Said['role'], text: string, parentId: string | null, more: Partial<Said> = {}): Said => ({
  ...{ parentId, isKept: true, role, text, status: 'complete', model: null, sources: [], atMs: 1_000 },
  ...more,
})
const source = (nodes: [string, Said][], more: Partial<SourceConversation> = {}): SourceConversation => ({
  ...{ sourceId: 'x', title: 'A title', pinned: false, archived: false, model: null, assistantId: null },
  ...{ instructions: '', leafId: null, atMs: 500, nodes: new Map(nodes) },
  ...more,
})
const rows = async (from: SourceConversation) => {
  const found = await rowsOf(userId, from)
  if (!found) throw new Error('nothing was taken in')
  return found
}
const told = ({ messages }: Awaited<ReturnType<typeof rows>>) => messages.map(({ role, text }) => `${role}: ${text}`)

const moment = fc.oneof(
  fc.integer({ min: 0, max: 2_000_000_000_000 }),
  fc.constantFrom(undefined, -1, 0, 0.5, century - 1, century, NaN, Infinity, 1_790_000_000_000.7),
)
/** Nodes that hang from each other in any way at all, circles and missing ones among it. */
const graph = fc
  .array(
    fc.record({
      parent: fc.option(fc.nat(12), { nil: null }),
      isKept: fc.boolean(),
      role: fc.constantFrom('user' as const, 'assistant' as const),
      status: fc.constantFrom(...MessageStatus.options),
      model: fc.option(fc.constantFrom('gpt-5', 'a\0b'), { nil: null }),
      atMs: moment,
    }),
    { maxLength: 12 },
  )
  .map((nodes) =>
    nodes.map(({ parent, ...node }, at): [string, Said] => [
      `n${at}`,
      { ...node, text: `text ${at}.`, sources: [], parentId: parent === null ? null : `n${parent}` },
    ]),
  )

const expected = (ms: number | undefined) =>
  ms !== undefined && ms >= 0 && ms < century ? new Date(Math.floor(ms)).toISOString() : longAgo

test('whatever hangs from whatever, what is taken in is a tree of questions and answers, the same at every import', async () => {
  await fc.assert(
    fc.asyncProperty(graph, moment, async (nodes, atMs) => {
      const from = source(nodes, { atMs })
      const found = await rowsOf(userId, from)
      if (!found) return
      expect(await rowsOf(userId, from)).toEqual(found)
      const { conversation, messages } = found
      const byId = new Map(messages.map((message) => [message.id, message]))
      expect(byId.size).toBe(messages.length)
      const parents = new Set(messages.map(({ parentId }) => parentId))
      messages.forEach((message, at) => {
        const parent = message.parentId === null ? undefined : byId.get(message.parentId)
        // Parents come first, and nobody hangs from what is not there.
        if (message.parentId !== null) expect(messages.indexOf(parent ?? message)).toBeLessThan(at)
        expect(message.depth).toBe(parent ? parent.depth + 1 : 0)
        if (!parent) expect(message.role).toBe('user')
        if (message.role === 'user') expect(parent?.role).not.toBe('user')
        if (!parents.has(message.id)) expect(message.role).toBe('assistant')
        expect(message.turnId === null).toBe(message.role === 'user')
        expect(message.status).not.toBe('streaming')
        if (message.role === 'user') expect(message.status).toBe('complete')
        expect(message.sources).toEqual([])
        // A version 7 UUID of its moment.
        expect(message.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        expect(parseInt(message.id.replaceAll('-', '').slice(0, 12), 16)).toBe(Date.parse(message.createdAt))
      })
      for (const [name, node] of nodes) {
        const own = messages.filter(({ text }) => text.split('\n\n').includes(node.text))
        expect(own.length, name).toBeLessThanOrEqual(node.isKept ? 1 : 0)
        const [row] = own
        if (row?.text !== node.text) continue
        expect(row.createdAt).toBe(expected(node.atMs ?? atMs))
        expect(row.model).toBe(node.model?.replace('\0', '') ?? null)
        if (node.role === 'assistant')
          expect(row.status).toBe(node.status === 'streaming' ? 'interrupted' : node.status)
      }
      expect(conversation.createdAt).toBe(expected(atMs))
      const moments = [conversation.createdAt, ...messages.map(({ createdAt }) => createdAt)]
      expect(conversation.updatedAt).toBe(moments.sort().at(-1))
      expect(byId.get(conversation.leafId ?? '')?.role).toBe('assistant')
    }),
    { numRuns: 300 },
  )
})

test('an id has all the random bits that a version 7 UUID may have', async () => {
  const nodes = Array.from({ length: 100 }, (_, at): [string, Said] => [`${at}`, said('user', 'hello', null)])
  const ids = (await rows(source(nodes))).messages.map(({ id }) => id)
  const at = (place: number) => [...new Set(ids.map((id) => id[place]))].sort().join('')
  expect([at(14), at(15), at(19)]).toEqual(['7', '0123456789abcdef', '89ab'])
})

test('everybody gets ids of their own', async () => {
  const from = source([['a', said('user', 'hello', null)]])
  const [mine, other] = [await rows(from), await rowsOf('01900000-0000-7000-8000-000000000002', from)]
  expect(other?.conversation.id).not.toBe(mine.conversation.id)
  expect(other?.messages[0]?.id).not.toBe(mine.messages[0]?.id)
})

test('an answer in pieces is one answer; one of several to the same stays by itself', async () => {
  const question: [string, Said] = ['q', said('user', 'q', null)]
  const first: [string, Said] = ['a', said('assistant', 'a', 'q')]
  const pieces = await rows(source([question, first, ['b', said('assistant', 'b', 'a')]]))
  expect(told(pieces)).toEqual(['user: q', 'assistant: a\n\nb'])
  const several = await rows(
    source([question, first, ['b', said('assistant', 'b', 'a')], ['c', said('assistant', 'c', 'a')]]),
  )
  expect(told(several)).toEqual(['user: q', 'assistant: a', 'assistant: b', 'assistant: c'])
})

test('a question after a question, an answer to nothing and a last question have their places filled', async () => {
  const { messages } = await rows(
    source([
      ['a', said('assistant', 'a', null)],
      ['q', said('user', 'q', 'a')],
      ['r', said('user', 'r', 'q')],
    ]),
  )
  expect(messages.map(({ role, text, status }) => [role, text, status])).toEqual([
    ['user', '…', 'complete'],
    ['assistant', 'a', 'complete'],
    ['user', 'q', 'complete'],
    ['assistant', '', 'interrupted'],
    ['user', 'r', 'complete'],
    ['assistant', '', 'interrupted'],
  ])
})

test('what nobody said hands its replies on, also a long row of it, and what was shown is shown', async () => {
  const unsaid = Array.from({ length: 5 }, (_, at): [string, Said] => [
    `s${at}`,
    said('user', 'system', at === 0 ? 'q' : `s${at - 1}`, { isKept: false }),
  ])
  const from = source(
    [
      ['q', said('user', 'q', null)],
      ...unsaid,
      ['a', said('assistant', 'a', 's4')],
      ['b', said('assistant', 'b', 'q')],
      // It has no name, and is not what hangs from nothing hangs from.
      ['', said('user', 'system', 'q', { isKept: false })],
      ['other', said('user', 'other', null)],
      ['c', said('assistant', 'c', 'other')],
    ],
    { leafId: 's4' },
  )
  const { conversation, messages } = await rows(from)
  const idOf = (wanted: string) => messages.find(({ text }) => text === wanted)?.id
  const repliesTo = (id: string | null | undefined) =>
    messages.filter(({ parentId }) => parentId === id).map(({ text }) => text)
  expect([repliesTo(null), repliesTo(idOf('q')), repliesTo(idOf('other'))]).toEqual([['q', 'other'], ['a', 'b'], ['c']])
  // Only a question is left of what was shown, and a chat goes on from an answer.
  expect(conversation.leafId).toBe(idOf('b'))
  expect((await rows({ ...from, leafId: 'a' })).conversation.leafId).toBe(idOf('a'))
  expect((await rows({ ...from, leafId: 'nobody' })).conversation.leafId).toBe(idOf('c'))
})

test('a conversation keeps its model, assistant and id, and is named by what it says when it has no name', async () => {
  const nodes: [string, Said][] = [['q', said('user', 'What is this?', null)]]
  const { conversation: plain } = await rows(source(nodes, { title: ' ' }))
  expect(plain).toMatchObject({ title: 'What is this?', model: null, assistantId: null, sourceId: null })
  const { conversation: silent } = await rows(source([['q', said('user', ' ', null)]], { title: '' }))
  expect(silent.title).toBe('Imported chat')
  const sourceId = '0190aaaa-0000-7000-8000-0000000000ff'
  const { conversation } = await rows(source(nodes, { sourceId, model: 'gpt\0-5', assistantId: 'tutor' }))
  expect(conversation).toMatchObject({ sourceId, model: 'gpt-5', sourceAssistantId: 'tutor', title: 'A title' })
  expect(conversation.assistantId).toMatch(/^[0-9a-f-]{36}$/)
  const passage = { documentId: sourceId, n: 1, title: 'a\0b', text: 'c\0d' }
  const { messages } = await rows(source([...nodes, ['a', said('assistant', 'Tides.', 'q', { sources: [passage] })]]))
  expect(messages.at(-1)?.sources).toEqual([{ ...passage, title: 'ab', text: 'cd' }])
  for (const near of [`x${sourceId}`, `${sourceId}x`])
    expect((await rows(source(nodes, { sourceId: near }))).conversation.sourceId).toBeNull()
})

test('what is left out hands its replies on at a cost that grows with their number, not with its square', async () => {
  const looks = async (count: number) => {
    let found = 0
    const nodes = Array.from({ length: count }, (_, at): [string, Said][] => [
      [`step ${at}`, said('user', '', at > 0 ? `step ${at - 1}` : null, { isKept: false })],
      [`reply ${at}`, said('user', 'Hello', `step ${at}`)],
    ]).flat()
    class Counted extends Map<string, Said> {
      override get(id: string) {
        found++
        return super.get(id)
      }
    }
    const { messages } = await rows({ ...source([]), nodes: new Counted(nodes) })
    expect(messages).toHaveLength(2 * count)
    return found
  }
  expect(await looks(400)).toBeLessThanOrEqual(2 * (await looks(200)) + 10)
})

test('one question may have as many replies as fit an import', async () => {
  const replies = Array.from({ length: 130_000 }, (_, at): [string, Said] => [`${at}`, said('assistant', 'Hi', 'q')])
  const { messages } = await rows(source([['q', said('user', 'Hello', null)], ...replies]))
  expect(messages).toHaveLength(130_001)
})
