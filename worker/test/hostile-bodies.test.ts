import { contract, type Endpoint, type ProblemBody } from '@macro-ai/shared'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { call } from './support/api.ts'
import { checkBooks } from './support/books.ts'
import { noFaults } from './support/platform.ts'
import { rowsWith } from './support/tables.ts'
import { keyOf, newWorld, pathOf, type World } from './support/walk.ts'

let world: World
beforeAll(async () => {
  await noFaults()
  world = await newWorld()
})

const withBody = contract.flatMap((endpoint) =>
  endpoint.body && endpoint.who !== 'key' ? [[keyOf(endpoint), endpoint, endpoint.body] as const] : [],
)

const send = (endpoint: Endpoint, body: string) =>
  call(endpoint.method, pathOf(endpoint, world), {
    token: endpoint.who === 'anybody' ? undefined : world.owner.token,
    body,
  })

/** The answer is a problem of the client's making. */
const expectRefused = async (answer: Response, why: string) => {
  const text = await answer.text()
  expect([400, 413, 422], `${why}: ${text}`).toContain(answer.status)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  return JSON.parse(text) as ProblemBody
}

const deep = (open: string, close: string) => open.repeat(10_000) + close.repeat(10_000)
const nasty: Record<string, string> = {
  nothing: '',
  null: 'null',
  'an array': '[{}]',
  text: '"text"',
  'a number': '7',
  'half of it': '{"email":',
  'two of them': '{}{}',
  'a comment': '/* */{}',
  NaN: '{"text":NaN}',
  'an unknown key': '{"unknown":1}',
  'the key __proto__': '{"__proto__":{"admin":true}}',
  'the key constructor': '{"constructor":{"prototype":{"admin":true}}}',
  'arrays 10,000 deep': deep('[', ']'),
  'objects 10,000 deep': `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  'brackets that never close': '['.repeat(50_000),
  'a key 60 KB long': `{"${'k'.repeat(60_000)}":1}`,
}

/** Values that break a field of any type, as JSON. */
const junk = [
  'null',
  '[]',
  '{}',
  '-1',
  '1e309',
  '-0.5',
  '9007199254740993',
  'true',
  '"a\\u0000b"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u202e\\u200b"',
  '"\\r\\nSet-Cookie: x=y"',
  '"../../etc/passwd"',
  '"\'; drop table users; --"',
  '"%00"',
  '"00000000-0000-0000-0000-00000000000g"',
  '{"__proto__":null}',
  `"${'x'.repeat(33_000)}"`,
]

describe.for(withBody)('the body of %s', ([, endpoint, schema]) => {
  const fields = Object.keys(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties ?? {})

  let before: unknown
  beforeAll(async () => {
    before = await rowsWith(world.owner.id, world.person.id)
  })

  test.for(Object.entries(nasty))('is refused when it is %s', async ([why, body]) => {
    await expectRefused(await send(endpoint, body), why)
  })

  test('is refused when it is not UTF-8, and nothing of all this has changed anything', async () => {
    const answer = await call(endpoint.method, pathOf(endpoint, world), {
      token: endpoint.who === 'anybody' ? undefined : world.owner.token,
      body: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    })
    await expectRefused(answer, 'not UTF-8')
    expect(await rowsWith(world.owner.id, world.person.id)).toEqual(before)
  })

  test('is refused with a list of errors exactly when its schema refuses it, whatever it is made of', async () => {
    const value = fc.oneof(
      fc.constantFrom(...junk),
      fc.jsonValue().map((json) => JSON.stringify(json)),
      fc.uuid().map((id) => `"${id}"`),
    )
    const field = fc.tuple(fc.constantFrom(...fields, '__proto__', 'role'), value)
    // As text, so that a key may come twice and a number be out of range.
    const bodies = fc
      .array(field, { maxLength: 8 })
      .map((list) => `{${list.map(([key, json]) => `"${key}":${json}`).join()}}`)
    // Every field with every bad value by itself, and then all of it mixed.
    const alone = fields.flatMap((field) => junk.map((json): [string] => [`{"${field}":${json}}`]))
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const valid = schema.safeParse(JSON.parse(body)).success
        const answer = await send(endpoint, body)
        expect(answer.status, body).toBeLessThan(500)
        if (valid) return void (await answer.body?.cancel())
        const { code, errors } = await expectRefused(answer, body)
        if (answer.status === 413) return
        expect(code).toBe('invalid')
        expect(errors?.length).toBeGreaterThan(0)
      }),
      { examples: alone, numRuns: alone.length + 25 },
    )
  })
})

test('the books agree after all of this', checkBooks)
