import {
  Code,
  contract,
  ConversationPatch,
  Email,
  Id,
  Line,
  newId,
  NewPassword,
  NewTurn,
  problems,
  Text,
  VisibleText,
} from '@macro-ai/shared'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const turn = { turnId: newId(), conversationId: newId(), parentId: null, text: 'Hello' }
const accepts = (schema: { safeParse: (value: unknown) => { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success

test('ids are version 7 UUIDs that sort by the moment they were made', () => {
  const moment = fc.nat(2 ** 48 - 1)
  fc.assert(
    fc.property(moment, moment, (one, other) => {
      const [first, second] = [newId(one), newId(other)]
      expect(Id.parse(first)).toBe(first)
      expect(first[14]).toBe('7')
      expect(parseInt(first.replaceAll('-', '').slice(0, 12), 16)).toBe(one)
      if (one !== other) expect(first < second).toBe(one < other)
    }),
  )
  expect(new Set(Array.from({ length: 1_000 }, () => newId(0))).size).toBe(1_000)
})

test('an id is one id however it is written, and nothing else is one', () => {
  expect(Id.parse(turn.turnId.toUpperCase())).toBe(turn.turnId)
  for (const value of ['', 'x', `${turn.turnId} `, `{${turn.turnId}}`, turn.turnId.replaceAll('-', ''), null, 7])
    expect(accepts(Id, value)).toBe(false)
})

test('text is what UTF-8 and PostgreSQL can hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(accepts(Text, text)).toBe(!text.includes('\0'))
    }),
  )
  for (const text of ['\0', 'a\0b', '\ud800', 'a\udc00', '\udc00\ud800']) expect(accepts(Text, text)).toBe(false)
})

test('text that nobody can see is empty', () => {
  for (const text of [
    '',
    ' \t\r\n',
    '\u200b\u200d',
    '\u202e\u2066',
    '\u00a0\u3000',
    '\u3164',
    '\u115f',
    '\u2800',
    '\ufeff',
    '\u00ad',
  ])
    expect(accepts(VisibleText, text), JSON.stringify(text)).toBe(false)
  for (const text of ['.', ' a ', '👩‍👩‍👧', 'ا', '\u200b0']) expect(accepts(VisibleText, text)).toBe(true)
})

test('a line has no breaks and no control characters', () => {
  for (const text of ['a\nb', 'a\rb', 'a\u0085b', 'a\u2028b', 'a\u2029b', 'a\u0007b', '\t', ''])
    expect(accepts(Line, text), JSON.stringify(text)).toBe(false)
  for (const text of ['A title', 'Ein Titel — 日本', '😀']) expect(accepts(Line, text)).toBe(true)
})

test('a turn is taken as it is, and nothing besides it', () => {
  expect(NewTurn.parse(turn)).toEqual(turn)
  expect(accepts(NewTurn, { ...turn, text: '', regenerate: newId() })).toBe(true)
  const bad: Record<string, unknown>[] = [
    { text: '' },
    { text: '\u200b ' },
    { text: 'x'.repeat(32_001) },
    { text: undefined },
    { text: ['Hello'] },
    { parentId: undefined },
    { parentId: 'root' },
    { turnId: 'mine' },
    { model: '' },
    { attachments: Array.from({ length: 11 }, newId) },
    { attachments: 'file' },
    { role: 'system' },
    { maxTokens: -1 },
    { userId: newId() },
    { ['__proto__x']: {} },
  ]
  for (const change of bad) expect(accepts(NewTurn, { ...turn, ...change }), JSON.stringify(change)).toBe(false)
  for (const body of [null, undefined, [], [turn], 'turn', 1, true]) expect(accepts(NewTurn, body)).toBe(false)
})

test('a field that the contract does not know is refused on every route, whatever comes with it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const known = typeof value === 'object' && !Array.isArray(value) ? value : {}
      for (const { path, body } of contract)
        if (body) expect(accepts(body, { ...known, unheardOf: value }), path).toBe(false)
    }),
  )
  expect(accepts(ConversationPatch, JSON.parse('{"__proto__": {"title": "x"}}'))).toBe(false)
})

test('every route and every error is there once', () => {
  const routes = contract.map(({ method, path }) => `${method} ${path}`)
  expect(new Set(routes).size).toBe(routes.length)
  for (const { status, title } of Object.values(problems)) {
    expect(status).toBeGreaterThanOrEqual(400)
    expect(title).not.toBe('')
  }
})

test('a code keeps its leading zeros, and is nothing but six digits', () => {
  expect(Code.parse('012345')).toBe('012345')
  for (const wrong of [12345, 123456, '12345', '1234567', ' 123456', '123 456', '１２３４５６', '12345a', '', null])
    expect(Code.safeParse(wrong).success, String(wrong)).toBe(false)
})

test('an address is one however it is typed, and one that only looks like it is none', () => {
  expect(Email.parse('  Ada@Example.ORG ')).toBe('ada@example.org')
  for (const wrong of [
    'аda@example.org',
    'ada@exаmple.org',
    'ada＠example.org',
    'ada@example。org',
    'ad\u200ba@example.org',
    'ada@example.org\r\nBcc: x@y.z',
    'ada',
  ])
    expect(Email.safeParse(wrong).success, wrong).toBe(false)
})

test('a password may be long and of any letters, and counts exactly as it was typed', () => {
  const long = `Aa1!${'ö 漢 '.repeat(40)}`
  expect(NewPassword.parse(long)).toBe(long)
  expect(NewPassword.parse('  Spaced 1!  ')).toBe('  Spaced 1!  ')
  expect(NewPassword.safeParse('Short1!').success).toBe(false)
})
