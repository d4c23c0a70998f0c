import { newId, type NewTurn, type UsageReport, type UserPatch } from '@macro-ai/shared'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { call, newPerson, ok, owner, problem, type Person } from './support/api.ts'
import { chargeOf, checkBooks, ledgerOf, reservationsOf } from './support/books.ts'
import { workerAndChatsWith } from './support/settings.ts'
import { forgetCalls, modelCalls, noFaults, sql } from './support/platform.ts'
import { eventsOf, eventually, longTurn, newTurn, post, readUntil, say, stop } from './support/turns.ts'

let boss: Person
beforeAll(async () => {
  boss = await owner()
})
const setInstance = (body: object) => ok(call('patch', '/admin/instance', { token: boss.token, body }))
const setCaps = (person: Person, body: UserPatch) =>
  ok(call('patch', `/admin/users/${person.id}`, { token: boss.token, body }))
const usageOf = ({ token }: Person) => ok<UsageReport>(call('get', '/usage', { token }))

beforeEach(async () => {
  await noFaults()
  await forgetCalls()
})
afterEach(() => setInstance({ monthlyCapMicros: null, paused: false }))

const [year, month, day] = [new Date().getUTCFullYear(), new Date().getUTCMonth(), new Date().getUTCDate()]
const tomorrow = new Date(Date.UTC(year, month, day + 1)).toISOString()
const nextMonth = new Date(Date.UTC(year, month + 1)).toISOString()

/** What a short turn holds while it runs. */
const heldFor = async () => (await say(await newPerson())).start.reservedMicros

/** Asks again while the database, one for all fifty, is too busy to answer in time. */
const insist = async (person: Person, turn: NewTurn): Promise<Response> => {
  const answer = await post(person, turn)
  return answer.status === 503 ? insist(person, turn) : answer
}

test('fifty turns at once on a budget for three make three model calls', async () => {
  const person = await newPerson()
  const measure = longTurn({ text: 'Write 4000 tokens about tides' })
  const { data } =
    eventsOf(await readUntil(await post(person, measure), (text) => text.includes('event: start')))[0] ?? {}
  const each = (data as { reservedMicros: number }).reservedMicros
  await ok(stop(person, measure.turnId), 204)
  const spent = await chargeOf(measure.turnId)
  await setCaps(person, { dailyCapMicros: spent + 3 * each + (each - 1) })
  await forgetCalls()

  const turns = Array.from({ length: 50 }, () => longTurn({ text: 'Write 4000 tokens about tides' }))
  const answers = await Promise.all(turns.map((turn) => insist(person, turn)))
  const running = turns.filter((_, index) => answers[index]?.status === 200)
  expect(running).toHaveLength(3)
  for (const answer of answers.filter(({ status }) => status !== 200))
    expect(await problem(answer, 'budget_exhausted')).toMatchObject({ cap: 'user-day', resetsAt: tomorrow })
  await eventually(async () => expect(await modelCalls()).toHaveLength(3))
  const { today } = await usageOf(person)
  expect(today).toMatchObject({ spentMicros: spent, reservedMicros: 3 * each })
  expect(today.spentMicros + today.reservedMicros).toBeLessThanOrEqual(today.capMicros)

  for (const { turnId } of running) await ok(stop(person, turnId), 204)
  for (const { body, bodyUsed } of answers) if (!bodyUsed) await body?.cancel()
  expect(await reservationsOf(person.id)).toEqual([])
  expect(await modelCalls()).toHaveLength(3)
  for (const { turnId } of turns)
    expect(await ledgerOf(turnId)).toHaveLength(running.some((one) => one.turnId === turnId) ? 2 : 0)
  await checkBooks()
})

describe('a cap', () => {
  const refused = async (person: Person, cap: string, resetsAt: string) => {
    const turn = newTurn()
    expect(await problem(post(person, turn), 'budget_exhausted')).toMatchObject({ cap, resetsAt })
    expect(await ledgerOf(turn.turnId)).toEqual([])
    expect(await modelCalls()).toEqual([])
    await problem(call('get', `/conversations/${turn.conversationId}`, { token: person.token }), 'not_found')
  }

  test('of a day or a month holds to the last micro-dollar, and says which it is and when it starts anew', async () => {
    const held = await heldFor()
    await forgetCalls()
    const person = await newPerson()
    await setCaps(person, { dailyCapMicros: held - 1 })
    await refused(person, 'user-day', tomorrow)
    await setCaps(person, { dailyCapMicros: null, monthlyCapMicros: held - 1 })
    await refused(person, 'user-month', nextMonth)
    await setCaps(person, { dailyCapMicros: held, monthlyCapMicros: held })
    expect((await say(person)).end.status).toBe('complete')
  })

  test('of one turn says so, starts never anew, and holds nothing', async () => {
    const person = await newPerson()
    const worker = workerAndChatsWith({ TURN_CAP_MICROS: '2000' })
    const turn = newTurn({ text: 'x'.repeat(4_000) })
    const refusal = await problem(worker('post', '/turns', { token: person.token, body: turn }), 'budget_exhausted')
    expect(refusal).toMatchObject({ cap: 'turn', resetsAt: null })
    expect(refusal.detail).toMatch(/Shorten it/)
    expect([await modelCalls(), await ledgerOf(turn.turnId)]).toEqual([[], []])
    await problem(call('get', `/conversations/${turn.conversationId}`, { token: person.token }), 'not_found')
    expect((await say(person, turn)).end.status).toBe('complete')
  })

  test('of nothing lets nothing through', async () => {
    const person = await newPerson()
    await setCaps(person, { dailyCapMicros: 0 })
    await refused(person, 'user-day', tomorrow)
  })

  test('of the instance holds for everybody', async () => {
    await say(await newPerson())
    await forgetCalls()
    const person = await newPerson()
    const [row] = await sql<{ spent_micros: string }>`
      select spent_micros from budgets where scope = 'instance-month' order by period desc limit 1`
    await setInstance({ monthlyCapMicros: Number(row?.spent_micros) + 1 })
    await refused(person, 'instance-month', nextMonth)
    await refused(boss, 'instance-month', nextMonth)
    await setInstance({ monthlyCapMicros: null })
    expect((await say(person)).end.status).toBe('complete')
  })

  test('that is lowered below what is spent stops spending, undoes nothing, and opens again when raised', async () => {
    const person = await newPerson()
    const { end } = await say(person)
    await forgetCalls()
    await setCaps(person, { dailyCapMicros: end.usage.costMicros - 1 })
    await refused(person, 'user-day', tomorrow)
    expect((await usageOf(person)).today.spentMicros).toBe(end.usage.costMicros)
    await setCaps(person, { dailyCapMicros: null })
    await say(person)
  })

  test.for(['-1', '0.5', '1e309', '"5"', '9007199254740993'])('of %s is refused', async (cap) => {
    const person = await newPerson()
    const body = `{"dailyCapMicros":${cap}}`
    await problem(call('patch', `/admin/users/${person.id}`, { token: boss.token, body }), 'invalid')
    await problem(
      call('patch', '/admin/instance', { token: boss.token, body: body.replace('daily', 'monthly') }),
      'invalid',
    )
    expect(await sql`select daily_cap_micros from users where id = ${person.id}::uuid`).toEqual([
      { daily_cap_micros: null },
    ])
  })

  test('applies to an answer made again as to a first one', async () => {
    const person = await newPerson()
    const { start, end } = await say(person)
    await setCaps(person, { dailyCapMicros: end.usage.costMicros + 1 })
    const again = newTurn({ conversationId: start.conversationId, text: '', regenerate: start.messageId })
    await problem(post(person, again), 'budget_exhausted')
  })

  test('is not for its owner to change', async () => {
    const person = await newPerson()
    const body = { dailyCapMicros: 1e9 }
    await problem(call('patch', `/admin/users/${person.id}`, { token: person.token, body }), 'forbidden')
    await problem(call('patch', '/me', { token: person.token, body }), 'invalid')
    await problem(call('patch', `/admin/users/${newId()}`, { token: boss.token, body }), 'not_found')
  })
})

test('a paused instance answers nobody and is read as before', async () => {
  const person = await newPerson()
  const { start } = await say(person)
  await forgetCalls()
  await setInstance({ paused: true })
  const turn = newTurn({ conversationId: start.conversationId, parentId: start.messageId })
  const answer = await post(person, turn)
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
  await problem(answer, 'unavailable')
  await ok(call('get', `/conversations/${start.conversationId}`, { token: person.token }))
  expect([await modelCalls(), await ledgerOf(turn.turnId)]).toEqual([[], []])
  await setInstance({ paused: false })
  await say(person, turn)
})

test('who is disabled spends nothing, from that moment on', async () => {
  const person = await newPerson()
  await say(person)
  await forgetCalls()
  await setCaps(person, { disabled: true })
  const turn = newTurn()
  await problem(post(person, turn), 'unauthenticated')
  expect([await modelCalls(), await ledgerOf(turn.turnId)]).toEqual([[], []])
  await setCaps(person, { disabled: false })
  await say(person)
})

test('what was spent is told by day and by model, and adds up to the ledger', async () => {
  const person = await newPerson()
  const [one, two] = [await say(person), await say(person, newTurn({ model: 'demo-large' }))]
  const total = one.end.usage.costMicros + two.end.usage.costMicros
  const { today, month: thisMonth, byDay, byModel } = await usageOf(person)
  expect([today.spentMicros, thisMonth.spentMicros, byDay[0]?.costMicros]).toEqual([total, total, total])
  expect(byModel.map(({ model, calls }) => [model, calls]).sort()).toEqual([
    ['demo', 1],
    ['demo-large', 1],
  ])
  expect(byModel.reduce((sum, { costMicros }) => sum + costMicros, 0)).toBe(total)
})

test('the books agree after all of this', checkBooks)
