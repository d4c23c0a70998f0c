import { runDurableObjectAlarm } from 'cloudflare:test'
import { newId, type ConversationPage, type Me } from '@macro-ai/shared'
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { FaultOrder } from '../local/faults.ts'
import { openModels } from '../src/adapters/model.ts'
import { readSettings } from '../src/settings.ts'
import type { Held } from '../src/spending/purse.ts'
import { MANY_BYTES } from '../local/model/faults.ts'
import { call, newPerson, ok, owner, password, problem, signIn, type Person } from './support/api.ts'
import { chargeOf, checkBooks, ledgerOf, reservationsOf } from './support/books.ts'
import {
  counters,
  databaseTrips,
  fault,
  forgetCalls,
  modelCalls,
  noFaults,
  redis,
  resetCounters,
  sql,
  statements,
} from './support/platform.ts'
import { workerAndChatsWith } from './support/settings.ts'
import {
  answerOf,
  eventually,
  longTurn,
  newTurn,
  open,
  post,
  readUntil,
  say,
  streamOf,
  told,
  type Told,
} from './support/turns.ts'
import { newAssistant } from './support/walk.ts'

const question = 'Write 200 tokens about tides'

let person: Person
/** The answer when all goes well, and what it costs. */
let well: Told
beforeAll(async () => {
  await noFaults()
  person = await newPerson()
  well = await say(person, newTurn({ text: question }))
})
beforeEach(async () => {
  await noFaults()
  await forgetCalls()
  await resetCounters()
})
afterAll(noFaults)

type Charge = 'nothing' | 'as told' | 'a safe estimate'
type Outcome = {
  status: 'complete' | 'interrupted' | 'failed'
  charge: Charge
  /** Calls to the model, with the one retry. */
  calls?: number
  text?: string
  says?: RegExp
}
const fine: Outcome = { status: 'complete', charge: 'as told' }
const notBegun: Outcome = { status: 'failed', charge: 'nothing', text: '', says: /not answering/ }

describe('the model', () => {
  const cases: [Omit<FaultOrder, 'target'>, Outcome][] = [
    // Lost on the way there or back: it may have been billed, so it is not made again.
    [{ kind: 'down' }, notBegun],
    [{ kind: 'lost-reply', times: 1 }, notBegun],
    [{ kind: '500' }, { ...notBegun, calls: 2 }],
    [
      { kind: '500', times: 1 },
      { ...fine, calls: 2 },
    ],
    [{ kind: '429' }, { ...notBegun, says: /busy/ }],
    [{ kind: 'slow', ms: 300 }, fine],
    [{ kind: 'hang' }, { status: 'failed', charge: 'a safe estimate', text: '' }],
    [{ kind: 'no-first-byte' }, { status: 'failed', charge: 'a safe estimate', text: '' }],
    [{ kind: 'malformed' }, { status: 'failed', charge: 'a safe estimate', text: '' }],
    [{ kind: 'cut' }, { status: 'interrupted', charge: 'a safe estimate' }],
    [{ kind: 'stall' }, { status: 'interrupted', charge: 'a safe estimate' }],
    [{ kind: 'error-event' }, { status: 'interrupted', charge: 'a safe estimate' }],
    [{ kind: 'no-usage' }, { status: 'complete', charge: 'a safe estimate' }],
    [{ kind: 'duplicate-usage' }, fine],
    [{ kind: 'bad-json' }, fine],
    [{ kind: 'unknown-event' }, fine],
    [{ kind: 'split-utf8' }, { ...fine, text: MANY_BYTES }],
  ]

  test.for(cases)('with the fault %j leaves the answer, the table and the books right', async ([order, expected]) => {
    const turn = newTurn({ text: question })
    await fault({ target: 'model', ...order })
    const answer = await say(person, turn)
    // A model that pauses too long hears that nobody listens any more.
    if (order.kind === 'stall')
      await eventually(async () => expect(await modelCalls()).toMatchObject([{ aborted: true }]))
    await noFaults()
    await expectOutcome(turn.turnId, answer, expected)
    expect(await answerOf(person, turn)).toMatchObject({
      status: expected.status,
      text: answer.text,
      usage: answer.end.usage,
      error: answer.end.error ?? null,
    })
    expect(await streamOf(post(person, turn))).toBe(answer.raw)
    await checkBooks()
  })

  const expectOutcome = async (turnId: string, { text, end, start }: Told, expected: Outcome) => {
    const { status, calls = 1, says, charge } = expected
    expect(end.status).toBe(status)
    expect((await counters()).model).toBe(calls)
    if (status === 'complete') expect(end.error).toBeUndefined()
    else expect(end.error).toMatchObject({ code: 'upstream_failed', status: 502 })
    if (says) expect(end.error?.detail).toMatch(says)

    if (expected.text !== undefined) expect(text).toBe(expected.text)
    else if (status === 'complete') expect(text).toBe(well.text)
    else expect([text !== '', well.text.startsWith(text)]).toEqual([true, true])

    const charged = await chargeOf(turnId)
    expect(charged).toBe(end.usage.costMicros)
    expect(charged).toBeLessThanOrEqual(start.reservedMicros)
    expect(await reservationsOf(person.id)).toEqual([])
    if (charge === 'nothing') expect(charged).toBe(0)
    if (charge === 'as told' && expected.text === undefined) expect(charged).toBe(well.end.usage.costMicros)
    if (charge === 'a safe estimate') {
      // Nobody told: not below what the prompt and as many tokens as arrived really cost.
      const share = text.length / well.text.length
      expect(charged).toBeGreaterThanOrEqual(Math.floor(well.end.usage.costMicros * share))
      expect(end.usage.inputTokens).toBeGreaterThanOrEqual(well.end.usage.inputTokens)
    }
  }

  test('that is busy says when to come back', async () => {
    await fault({ target: 'model', kind: '429' })
    const { end } = await say(person, newTurn({ text: question }))
    expect(end.error?.retryAfterSeconds).toBe(1)
  })

  test('that answers with nothing at all is asked once more, and has failed', async () => {
    const real = globalThis.fetch
    let asked = 0
    const fetches = vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
      if (!new Request(input, init).url.endsWith('/chat/completions')) return real(input, init)
      asked += 1
      return Promise.resolve(new Response(null, { headers: { 'content-type': 'text/event-stream' } }))
    })
    const turn = newTurn({ text: question })
    // It takes its client's connection from when it starts, so it is a Worker of its own.
    const { end, text } = await workerAndChatsWith({})('post', '/turns', { token: person.token, body: turn })
      .then(streamOf)
      .then(told)
      .finally(() => fetches.mockRestore())
    expect([asked, end.status, text, end.usage.costMicros]).toEqual([2, 'failed', '', 0])
    expect(await chargeOf(turn.turnId)).toBe(0)
    await checkBooks()
  })

  /** The answer of a provider that streams what the stand-in never does. */
  const sayTo = async (body: () => BodyInit) => {
    const real = globalThis.fetch
    const fetches = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation((input, init) =>
        new Request(input, init).url.endsWith('/chat/completions')
          ? Promise.resolve(new Response(body(), { headers: { 'content-type': 'text/event-stream' } }))
          : real(input, init),
      )
    const turn = newTurn({ text: question })
    // It takes its client's connection from when it starts, so it is a Worker of its own.
    const { end } = await workerAndChatsWith({})('post', '/turns', { token: person.token, body: turn })
      .then(streamOf)
      .then(told)
      .finally(() => fetches.mockRestore())
    expect(await chargeOf(turn.turnId)).toBe(end.usage.costMicros)
    return end
  }
  const said = `data: {"choices":[{"delta":{"content":"${'x'.repeat(500)}"}}]}\n\n`

  test.for(['{}', '{"prompt_tokens":0,"completion_tokens":0}', '{"prompt_tokens":"many"}'])(
    'that counts what makes no sense (%s) is charged by what it said',
    async (usage) => {
      const end = await sayTo(() => `${said}data: {"choices":[],"usage":${usage}}\n\ndata: [DONE]\n\n`)
      expect(end).toMatchObject({ status: 'complete', usage: { outputTokens: 500 } })
      expect(end.usage.inputTokens).toBeGreaterThan(0)
    },
  )

  test('that never ends an event is not waited for', async () => {
    const [first, more] = [said + 'data: ', 'x'.repeat(60_000)].map((text) => new TextEncoder().encode(text))
    let sent = 0
    const endless = () =>
      new ReadableStream({
        type: 'bytes',
        pull: (controller) => controller.enqueue((sent++ === 0 ? first : more)?.slice() ?? new Uint8Array(1)),
      })
    expect((await sayTo(endless)).status).toBe('interrupted')
  })

  test('that goes on without end is cut off at the cap, in tokens and in money', async () => {
    await fault({ target: 'model', kind: 'endless', times: 1 })
    const turn = newTurn({ text: question })
    const { end, start } = await say(person, turn)
    expect(end.status).toBe('complete')
    expect(end.usage.outputTokens).toBe(4096)
    expect(await chargeOf(turn.turnId)).toBeLessThanOrEqual(start.reservedMicros)
    await eventually(async () => expect(await modelCalls()).toMatchObject([{ aborted: true }]))
  })

  test('that writes for longer than any answer may take is stopped, and what it said is kept, paid for and can be continued', async () => {
    const turn = longTurn()
    const answer = await post(person, turn)
    const [toWatch, toRead] = answer.body?.tee() ?? []
    await readUntil(new Response(toWatch, answer), (text) => text.includes('event: delta'))
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    const { text, end } = told(await streamOf(new Response(toRead, answer)))
    vi.useRealTimers()
    expect(end).toMatchObject({
      status: 'interrupted',
      error: { code: 'upstream_failed', detail: expect.stringMatching(/longer/) as string },
    })
    await eventually(async () => expect(await modelCalls()).toMatchObject([{ aborted: true }]))
    const [{ sentTokens } = { sentTokens: 0 }] = await modelCalls()
    expect(sentTokens).toBeLessThan(2_000)
    expect(await answerOf(person, turn)).toMatchObject({ text, status: 'interrupted' })
    expect(await chargeOf(turn.turnId)).toBeGreaterThanOrEqual(Math.ceil(sentTokens / 2))
  })

  test('that refuses our key says who must act, and nothing is charged', async () => {
    const turn = newTurn({ text: question })
    const worker = workerAndChatsWith({ OPENAI_API_KEY: ' ' })
    const { end } = told(await streamOf(worker('post', '/turns', { token: person.token, body: turn })))
    expect(end).toMatchObject({ status: 'failed', error: { detail: expect.stringMatching(/key.*owner/) as string } })
    expect(await chargeOf(turn.turnId)).toBe(0)
    expect((await counters()).model).toBe(1)
  })

  test('whose account has no credit is left alone for a minute, and the owner is told to act', async () => {
    await fault({ target: 'model', kind: 'no-credit', times: 1 })
    for (const turn of [newTurn({ text: question }), newTurn({ text: question })]) {
      const { end } = await say(person, turn)
      expect(end).toMatchObject({
        status: 'failed',
        error: { detail: expect.stringMatching(/credit.*owner/) as string },
      })
      expect(await chargeOf(turn.turnId)).toBe(0)
    }
    expect((await counters()).model).toBe(1)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
    expect((await say(person, newTurn({ text: question }))).text).toBe(well.text)
    vi.useRealTimers()
    expect((await say(person, newTurn({ text: question }))).text).toBe(well.text)
  })
})

test('no model is called without money held for it, whatever types are talked round', async () => {
  const models = openModels({ apiKey: 'x', baseUrl: 'https://model.test/v1' })
  const { signal } = new AbortController()
  const model = readSettings(env).models.get('demo')
  for (const forged of [{}, { id: newId(), model, inputTokens: 1, amountMicros: 1 }] as unknown[] as Held[]) {
    const ways = [
      () => models.stream(forged, [], signal),
      () => models.complete(forged, [], signal),
      () => models.embed(forged, ['x'], 2, signal),
      () => models.pass(forged, 'chat', {}, signal),
    ]
    for (const way of ways) await expect(way()).rejects.toThrow('A model can be called only with money held for it')
  }
})

const everywhere = ['down', 'hang', '429', '500', 'malformed', 'cut', 'lost-reply'] as const

describe('the database', () => {
  test.for(everywhere)(
    'being %s before a turn refuses it, calls no model, and the same turn works after',
    async (kind) => {
      const turn = newTurn({ text: question })
      await fault({ target: 'database', kind, match: statements.begin })
      const refused = await post(person, turn)
      expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
      await problem(refused, 'unavailable')
      expect(await modelCalls()).toEqual([])
      await noFaults()
      const { text } = await say(person, turn)
      expect(text).toBe(well.text)
      expect(await modelCalls()).toHaveLength(1)
      expect(await ledgerOf(turn.turnId)).toHaveLength(2)
      await checkBooks()
    },
  )

  test.for(everywhere)('being %s at the end still tells the answer, and is told it once it is back', async (kind) => {
    const turn = newTurn({ text: question })
    await fault({ target: 'database', kind, match: statements.finish })
    const { text, end } = await say(person, turn)
    expect([text, end.status]).toEqual([well.text, 'complete'])
    const isDone = kind === 'cut' || kind === 'lost-reply'
    expect(await reservationsOf(person.id)).toHaveLength(isDone ? 0 : 1)
    await noFaults()
    await runDurableObjectAlarm(env.CHAT.get(env.CHAT.idFromName(`${person.id}/${turn.conversationId}`)))
    expect(await chargeOf(turn.turnId)).toBe(well.end.usage.costMicros)
    expect(await reservationsOf(person.id)).toEqual([])
    expect(await answerOf(person, turn)).toMatchObject({ status: 'complete', text })
    await checkBooks()
  })

  test('being slow at both ends is waited for', async () => {
    await fault({ target: 'database', kind: 'slow', ms: 300 })
    expect((await say(person, newTurn({ text: question }))).text).toBe(well.text)
  })

  test.for(everywhere)('being %s leaves what the cache holds to be read', async (kind) => {
    const { token } = person
    const open = () => Promise.all(['/me', '/conversations'].map((path) => ok<object>(call('get', path, { token }))))
    const before = await open()
    await fault({ target: 'database', kind })
    expect(await open()).toEqual(before)
  })

  test.for(everywhere)('being %s is said by every other route, soon and as a problem', async (kind) => {
    await fault({ target: 'database', kind })
    const { conversationId, turnId } = well.start
    const paths = [
      `/conversations/${conversationId}`,
      '/conversations?view=archived',
      '/conversations?view=deleted',
      '/usage',
      `/turns/${turnId}/events`,
    ]
    const { token } = person
    const answers = [
      ...paths.map((path) => call('get', path, { token })),
      call('patch', `/conversations/${conversationId}`, { token, body: { title: 'Kept' } }),
    ]
    for (const answer of await Promise.all(answers)) {
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
      await problem(answer, 'unavailable')
    }
    await noFaults()
    expect((await open(person, conversationId)).conversation.title).toBeTypeOf('string')
  })
})

describe('a change that was made, though its answer got lost,', () => {
  const unheard = ['cut', 'lost-reply'] as const
  const list = async ({ token }: Person) => (await ok<ConversationPage>(call('get', '/conversations', { token }))).items
  const me = ({ token }: Person) => ok<Me>(call('get', '/me', { token }))
  /** Somebody whose list and self are in the cache. */
  const newcomer = async () => {
    const somebody = await newPerson()
    const { start } = await say(somebody)
    await eventually(async () => {
      await Promise.all([list(somebody), me(somebody)])
      await resetCounters()
      await Promise.all([list(somebody), me(somebody)])
      expect(await databaseTrips()).toBe(0)
    })
    return { ...somebody, path: `/conversations/${start.conversationId}` }
  }
  /** Makes a change whose answer gets lost; `match` finds its statement. */
  const lose = async (kind: (typeof unheard)[number], match: string, change: () => Promise<Response>) => {
    await fault({ target: 'database', kind, match, times: 1 })
    await problem(change(), 'unavailable')
  }

  test.for(unheard)('is in the list, with the next look: a name, and a deletion (%s)', async (kind) => {
    const somebody = await newcomer()
    const { token, path } = somebody
    await lose(kind, 'update conversations', () => call('patch', path, { token, body: { title: 'Renamed' } }))
    expect(await list(somebody)).toMatchObject([{ title: 'Renamed' }])
    await lose(kind, 'update conversations', () => call('delete', path, { token }))
    expect(await list(somebody)).toEqual([])
    await problem(call('delete', path, { token }), 'not_found')
    await lose(kind, 'update conversations', () => call('post', `${path}/restore`, { token }))
    expect(await list(somebody)).toMatchObject([{ title: 'Renamed' }])
  })

  test('is in the list also where the cache was away too, once it finds nothing to do', async () => {
    const somebody = await newcomer()
    const { token, path } = somebody
    await fault({ target: 'cache', kind: 'down', match: `page:1:${somebody.id}` })
    await lose('cut', 'update conversations', () => call('delete', path, { token }))
    await noFaults()
    await problem(call('delete', path, { token }), 'not_found')
    expect(await list(somebody)).toEqual([])
  })

  test('may even be made after it was given up on, and is in the list then', async () => {
    const somebody = await newcomer()
    const body = { title: 'Renamed' }
    await fault({ target: 'database', kind: 'down', match: 'update conversations', times: 1 })
    await problem(call('patch', somebody.path, { token: somebody.token, body }), 'unavailable')
    expect(await list(somebody)).toMatchObject([{ title: expect.not.stringMatching('Renamed') as string }])
    await sql`update conversations set title = 'Renamed' where owner_id = ${somebody.id}::uuid`
    await sql`update users set revision = revision + 1 where id = ${somebody.id}::uuid`
    expect(await list(somebody)).toMatchObject([body])
    expect(await redis<number>('TTL', `page:1:${somebody.id}`)).toBeLessThanOrEqual(60)
    // A doubt that is over keeps nothing out.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
    await list(somebody)
    vi.useRealTimers()
    expect(await redis<number>('TTL', `page:1:${somebody.id}`)).toBeGreaterThan(60)
  })

  test.for(unheard)('is on the page of whose it is: an own name, a ban, a sign-out (%s)', async (kind) => {
    const [somebody, admin] = [await newcomer(), await owner()]
    await me(admin)
    const { token } = somebody
    await lose(kind, 'update users', () => call('patch', '/me', { token, body: { name: 'Grace' } }))
    expect(await me(somebody)).toMatchObject({ name: 'Grace' })
    const body = { disabled: true }
    await lose(kind, 'update users', () => call('patch', `/admin/users/${somebody.id}`, { token: admin.token, body }))
    await problem(call('get', '/me', { token }), 'unauthenticated')

    const other = await newcomer()
    await lose(kind, 'signed_out_at =', () => call('post', '/auth/sign-out-everywhere', other))
    await problem(call('get', '/me', other), 'unauthenticated')
  })

  test('is in force also where only the look at what it made failed: a ban', async () => {
    const [somebody, admin] = [await newcomer(), await owner()]
    await me(admin)
    await fault({ target: 'database', kind: 'down', match: 'from users u where', times: 1 })
    const body = { disabled: true }
    await problem(call('patch', `/admin/users/${somebody.id}`, { token: admin.token, body }), 'unavailable')
    await problem(call('get', '/me', somebody), 'unauthenticated')
  })

  test.for(unheard)('is in the list: an assistant that went, conversations that came in (%s)', async (kind) => {
    const assistant = newAssistant()
    const maker = await newPerson()
    await ok(call('post', '/assistants', { token: maker.token, body: assistant }), 201)
    await say(maker, { ...newTurn(), assistantId: assistant.id })
    await eventually(async () => expect(await list(maker)).toMatchObject([{ assistantId: assistant.id }]))
    await lose(kind, 'assistants', () => call('delete', `/assistants/${assistant.id}`, maker))
    expect(await list(maker)).toMatchObject([{ assistantId: null }])

    const file = await call('get', '/me/export', { token: person.token })
    const body = new Uint8Array(await file.arrayBuffer())
    const taker = await newcomer()
    const headers = { 'content-type': 'application/x-ndjson' }
    await lose(kind, 'into conversations', () => call('post', '/me/import', { token: taker.token, body, headers }))
    expect((await list(taker)).length).toBeGreaterThan(1)
  })
})

describe('the cache', () => {
  test.for([...everywhere, 'slow'] as const)('being %s changes no answer and no charge', async (kind) => {
    await fault({ target: 'cache', kind })
    const turn = newTurn({ text: question })
    const { text } = await say(person, turn)
    expect(text).toBe(well.text)
    expect(await chargeOf(turn.turnId)).toBe(well.end.usage.costMicros)
    await checkBooks()
  })
})

describe('identity', () => {
  test('being slow is waited for', async () => {
    const { email } = await newPerson()
    await fault({ target: 'identity', kind: 'slow', ms: 1_500 })
    await signIn(email)
  })

  test.for(everywhere)('being %s is told at sign-in, and hinders nobody who is in', async (kind) => {
    const somebody = await newPerson()
    await fault({ target: 'identity', kind })
    const attempts = [
      call('post', '/auth/sign-in', { body: { email: somebody.email, password } }),
      call('post', '/auth/refresh', { body: { refreshToken: somebody.refreshToken } }),
    ]
    for (const answer of await Promise.all(attempts)) {
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
      await problem(answer, kind === '429' ? 'rate_limited' : 'unavailable')
    }
    expect((await say(somebody)).end.status).toBe('complete')
    await noFaults()
    await signIn(somebody.email)
  })
})
