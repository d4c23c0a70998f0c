import { newId, type NewTurn } from '@macro-ai/shared'
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { call, newPerson, ok, owner, password, problem, signIn, type Person } from '../support/api.ts'
import { chargeOf, checkBooks, ledgerOf } from '../support/books.ts'
import {
  databaseTrips,
  forgetCalls,
  modelCalls,
  noFaults,
  resetCounters,
  settle,
  sql,
  tables,
  till,
} from '../support/platform.ts'
import { workerAndChatsWith } from '../support/settings.ts'
import { eventually, newTurn, open, post, say } from '../support/turns.ts'

let boss: Person
beforeAll(async () => {
  boss = await owner()
})
beforeEach(async () => {
  await noFaults()
  await settle()
  await forgetCalls()
})
afterEach(() =>
  ok(call('patch', '/admin/instance', { token: boss.token, body: { monthlyCapMicros: null, paused: false } })),
)

const asBoss = (path: string, body: object) => ok(call('patch', path, { token: boss.token, body }))

/** Somebody for whom the till holds a lease, and the next turn of their conversation. */
const lent = async (person?: Person) => {
  const who = person ?? (await newPerson())
  const first = newTurn()
  const { start } = await say(who, first)
  const next = (change: Partial<NewTurn> = {}) =>
    newTurn({ conversationId: first.conversationId, parentId: start.messageId, ...change })
  await resetCounters()
  return { person: who, conversationId: first.conversationId, next }
}
const systemText = async () => String((await modelCalls()).at(-1)?.messages[0]?.content)

describe('what is changed holds for the very next turn, though the till knew better a moment ago:', () => {
  test('instructions, of the person and of the conversation', async () => {
    const { person, conversationId, next } = await lent()
    await ok(call('patch', '/me', { token: person.token, body: { instructions: 'Answer in rhyme.' } }))
    const { start } = await say(person, next())
    expect(await systemText()).toContain('Answer in rhyme.')
    await resetCounters()
    await say(person, next({ parentId: start.messageId }))
    expect(await databaseTrips()).toBe(0)
    expect(await systemText()).toContain('Answer in rhyme.')
    const body = { instructions: 'Be brief.' }
    await ok(call('patch', `/conversations/${conversationId}`, { token: person.token, body }))
    await say(person, next())
    expect(await systemText()).toContain('Be brief.')
  })

  test('signing out everywhere, a ban and a pause', async () => {
    const { person, next } = await lent()
    await ok(call('post', '/auth/sign-out-everywhere', { token: person.token }), 204)
    await problem(post(person, next()), 'unauthenticated')

    const banned = await lent()
    await asBoss(`/admin/users/${banned.person.id}`, { disabled: true })
    await problem(post(banned.person, banned.next()), 'unauthenticated')

    const paused = await lent()
    await asBoss('/admin/instance', { paused: true })
    await problem(post(paused.person, paused.next()), 'unavailable')
    await asBoss('/admin/instance', { paused: false })
    await say(paused.person, paused.next())
    expect(await modelCalls()).toHaveLength(4)
  })

  test('signing out everywhere, also once somebody has signed in again and money is lent anew', async () => {
    const { person } = await lent()
    await ok(call('post', '/auth/sign-out-everywhere', { token: person.token }), 204)
    // A token of the very second of a sign-out is out too.
    let again = person
    await eventually(async () => {
      again = await signIn(person.email)
      await ok(call('get', '/me', { token: again.token }))
    })
    await say(again)
    await resetCounters()
    await say(again)
    expect(await databaseTrips()).toBe(0)
    await problem(post(person, newTurn()), 'unauthenticated')
    expect(await modelCalls()).toHaveLength(3)
  })

  test('a cap, and a conversation that is deleted', async () => {
    const { person, conversationId, next } = await lent()
    await asBoss(`/admin/users/${person.id}`, { dailyCapMicros: 1 })
    expect(await problem(post(person, next()), 'budget_exhausted')).toMatchObject({ cap: 'user-day' })
    await asBoss(`/admin/users/${person.id}`, { dailyCapMicros: null })
    await ok(call('delete', `/conversations/${conversationId}`, { token: person.token }), 204)
    await problem(post(person, next()), 'not_found')
    expect(await modelCalls()).toHaveLength(1)
    await checkBooks()
  })
})

test('money that is only lent out keeps nobody from spending it', async () => {
  const { person } = await lent()
  const [row] = await tables<{ used: string; lent: string }>`
    select (select spent_micros + reserved_micros from budgets where scope = 'instance-month' order by period desc limit 1) as used,
      (select sum(amount_micros) from reservations where purpose = 'lease') as lent`
  expect(Number(row?.lent)).toBeGreaterThan(0)
  await asBoss('/admin/instance', { monthlyCapMicros: Number(row?.used) })
  // There is room for this turn only where the lent is: all of the cap is reserved.
  expect((await say(await newPerson())).end.status).toBe('complete')
  const { today } = await ok<{ today: { reservedMicros: number } }>(call('get', '/usage', { token: person.token }))
  expect(today.reservedMicros).toBe(0)
  await checkBooks()
})

describe('ids', () => {
  test('of a conversation that waits at the till are its owner’s: another gets 404, and nothing is spent', async () => {
    const [a, b] = [await lent(), await lent()]
    const turn = newTurn()
    await say(a.person, turn)
    expect(await databaseTrips()).toBe(0)
    const theirs = newTurn({ conversationId: turn.conversationId })
    await problem(post(b.person, theirs), 'not_found')
    await problem(post(b.person, b.next({ conversationId: turn.conversationId })), 'not_found')
    await problem(call('get', `/conversations/${turn.conversationId}`, { token: b.person.token }), 'not_found')
    expect(await ledgerOf(theirs.turnId)).toEqual([])
    expect((await open(a.person, turn.conversationId)).messages).toHaveLength(2)
  })

  test('of what a turn follows must be there: a conversation that nobody knows has nothing to follow', async () => {
    const { person, conversationId, next } = await lent()
    for (const parentId of [newId(), next().parentId]) {
      const turn = newTurn({ parentId })
      await problem(post(person, turn), 'not_found')
      expect(await ledgerOf(turn.turnId)).toEqual([])
    }
    expect((await open(person, conversationId)).messages).toHaveLength(2)
    expect(await modelCalls()).toHaveLength(1)
  })

  test('of a turn name one turn, also in another conversation and after it went in', async () => {
    const { person, next } = await lent()
    const turn = next()
    await say(person, turn)
    await problem(post(person, newTurn({ turnId: turn.turnId })), 'conflict')
    await problem(post(person, { ...turn, text: 'Say exactly: other' }), 'conflict')
    await till().bank()
    await problem(post(person, newTurn({ turnId: turn.turnId })), 'conflict')
    expect(await modelCalls()).toHaveLength(2)
  })

  test('of a turn that was taken, though nobody heard so, name the same turn when it is sent again', async () => {
    const { person } = await lent()
    const turn = newTurn()
    const deaf = {
      idFromName: (name: string) => env.TILL.idFromName(name),
      get: () => ({
        begin: async (asking: Parameters<ReturnType<typeof till>['begin']>[0]) => {
          await till().begin(asking)
          throw new Error('Network connection lost.')
        },
        bank: () => till().bank(),
      }),
    }
    await problem(
      workerAndChatsWith({ TILL: deaf })('post', '/turns', { token: person.token, body: turn }),
      'unavailable',
    )
    await till().bank()
    const { start, end } = await say(person, turn)
    const { messages } = await open(person, turn.conversationId)
    expect(messages.map(({ id }) => id)).toEqual([start.userMessageId, start.messageId])
    expect(messages.at(-1)).toMatchObject({ status: 'complete', usage: end.usage })
    expect(await chargeOf(turn.turnId)).toBe(end.usage.costMicros)
    expect(await modelCalls()).toHaveLength(2)
    await checkBooks()
  })

  test('that the database refuses after all keep nothing else out, and what was said and paid is kept', async () => {
    const another = await newPerson()
    await say(another)
    const { person, next } = await lent()
    const [turn, other] = [next(), newTurn({ text: 'Say exactly: other' })]
    const { end } = await say(person, turn)
    await say(person, other)
    // As if the same id had come in by a way that the till knows nothing of.
    const taken =
      await tables`update messages set turn_id = ${turn.turnId}::uuid where owner_id = ${another.id}::uuid and role = 'assistant' returning 1`
    expect(taken).toHaveLength(1)
    expect((await open(person, other.conversationId)).messages.at(-1)?.text).toBe('other')
    const { messages } = await open(person, turn.conversationId)
    expect(messages.at(-1)).toMatchObject({ status: 'complete', usage: end.usage })
    expect(await chargeOf(messages.at(-1)?.turnId ?? '')).toBe(end.usage.costMicros)
    await tables`update messages set turn_id = ${newId()}::uuid where owner_id = ${another.id}::uuid and role = 'assistant'`
  })
})

test('an account that is erased leaves nothing at the till, and costs nobody what was lent to it', async () => {
  const { person, next } = await lent()
  const turn = next()
  await say(person, turn)
  const spent = () =>
    tables<{
      micros: string
    }>`select coalesce(sum(spent_micros), 0) as micros from budgets where scope = 'instance-month'`
  await till().bank()
  const before = await spent()
  await ok(call('delete', '/me', { token: person.token, body: { password } }), 204)
  expect(await spent()).toEqual(before)
  const left = await runInDurableObject(till(), (_, { storage }) =>
    ['people', 'turns', 'claims'].map((table) => JSON.stringify([...storage.sql.exec(`select * from ${table}`)])),
  )
  expect(left.join()).not.toContain(person.id)
  expect(await sql`select 1 from reservations where user_id = ${person.id}::uuid`).toEqual([])
  await checkBooks()
})
