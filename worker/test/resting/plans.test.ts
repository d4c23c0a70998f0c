import { newId, type NewTurn } from '@macro-ai/shared'
import { abortAllDurableObjects, runDurableObjectAlarm } from 'cloudflare:test'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { FaultOrder } from '../../local/faults.ts'
import { call, newPerson, ok, owner, type Person } from '../support/api.ts'
import { chargeOf, wrongBooks } from '../support/books.ts'
import { fault, forgetCalls, modelCalls, noFaults, statements, tables, till } from '../support/platform.ts'
import { eventually, newTurn, open, post, readUntil, say, told } from '../support/turns.ts'

const numRuns = 8

let boss: Person
beforeAll(async () => {
  boss = await owner()
})
beforeEach(noFaults)
afterAll(async () => {
  await noFaults()
  await ok(call('patch', '/admin/instance', { token: boss.token, body: { monthlyCapMicros: null, paused: false } }))
})

const whose = fc.nat({ max: 1 })
const where = fc.nat({ max: 1 })
const said = { who: whose, where }
const is = <const T extends string>(...values: T[]) => fc.constantFrom(...values)

const action = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: is('go on'), ...said }) },
  { weight: 2, arbitrary: fc.record({ do: is('begin', 'edit', 'again', 'leave', 'repeat'), ...said }) },
  { weight: 2, arbitrary: fc.record({ do: is('open', 'list', 'rename', 'instruct'), ...said }) },
  { weight: 2, arbitrary: fc.record({ do: is('alarm', 'call in', 'die') }) },
  { weight: 2, arbitrary: fc.record({ do: is('cap'), who: whose, share: fc.constantFrom(0.5, 1, 1.5, 20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: is('fault'),
      target: is('database', 'cache'),
      kind: fc.constantFrom<FaultOrder['kind']>('down', '500', 'lost-reply', 'cut'),
      // Words of the Worker's own statements: those by which the tables are looked at here go through.
      match: fc.constantFrom(statements.begin, statements.finish),
      times: fc.nat({ max: 1 }).map((more) => more + 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: is('model fault'), kind: fc.constantFrom<FaultOrder['kind']>('500', 'cut') }),
  },
)
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

type Place = { conversationId: string; leafId: string | null; last?: NewTurn }
type Heard = { turn: NewTurn; person: Person; charge: number | undefined; text: string | undefined }

const play = async (plan: Action[]) => {
  await noFaults()
  const people = [await newPerson(), await newPerson()]
  const places: Place[][] = people.map(() => [0, 1].map(() => ({ conversationId: newId(), leafId: null })))
  const heard: Heard[] = []
  const placeOf = ({ who, where }: { who: number; where: number }) => {
    const [person, place] = [people[who], places[who]?.[where]]
    if (!person || !place) throw new Error('no such place')
    return { person, place }
  }

  const ask = async (person: Person, place: Place, turn: NewTurn, leaves = false) => {
    const answer = await post(person, turn)
    place.last = turn
    if (answer.status !== 200) {
      expect([402, 404, 409, 503]).toContain(answer.status)
      await answer.body?.cancel()
      return
    }
    let whole = false
    const raw = await readUntil(answer, (text) => {
      whole = text.includes('event: end')
      return leaves && text.includes('event: delta')
    })
    const start = /event: start\ndata: (.*)/.exec(raw)?.[1]
    place.leafId = (JSON.parse(start ?? '{}') as { messageId: string }).messageId
    const end = whole ? told(raw) : undefined
    if (!heard.some((one) => one.turn.turnId === turn.turnId))
      heard.push({ turn, person, charge: end?.end.usage.costMicros, text: end?.text })
  }

  const act = async (action: Action): Promise<void> => {
    switch (action.do) {
      case 'go on':
      case 'leave': {
        const { person, place } = placeOf(action)
        const turn = newTurn({
          conversationId: place.conversationId,
          parentId: place.leafId,
          text: `Say exactly: ${newId()}`,
        })
        return ask(person, place, turn, action.do === 'leave')
      }
      case 'begin': {
        const { person, place } = placeOf(action)
        Object.assign(place, { conversationId: newId(), leafId: null })
        return ask(person, place, newTurn({ conversationId: place.conversationId }))
      }
      case 'edit': {
        const { person, place } = placeOf(action)
        return ask(person, place, newTurn({ conversationId: place.conversationId, text: 'Say exactly: anew' }))
      }
      case 'again': {
        const { person, place } = placeOf(action)
        if (place.leafId === null) return
        return ask(person, place, newTurn({ conversationId: place.conversationId, text: '', regenerate: place.leafId }))
      }
      case 'repeat': {
        const { person, place } = placeOf(action)
        if (place.last) await ask(person, place, place.last)
        return
      }
      case 'open':
      case 'list':
      case 'rename':
      case 'instruct': {
        const { person, place } = placeOf(action)
        const path = `/conversations/${place.conversationId}`
        const { token } = person
        const answer =
          action.do === 'open'
            ? await call('get', path, { token })
            : action.do === 'list'
              ? await call('get', '/conversations', { token })
              : action.do === 'rename'
                ? await call('patch', path, { token, body: { title: 'Renamed' } })
                : await call('patch', '/me', { token, body: { instructions: `Rule ${newId()}` } })
        expect([200, 404, 503]).toContain(answer.status)
        await answer.body?.cancel()
        return
      }
      case 'alarm':
        await runDurableObjectAlarm(till())
        return
      case 'call in':
        await till()
          .callIn()
          .catch(() => undefined)
        return
      case 'die':
        await abortAllDurableObjects()
        return
      case 'cap': {
        const dailyCapMicros = Math.round(action.share * 20_000)
        const path = `/admin/users/${people[action.who]?.id}`
        const answer = await call('patch', path, { token: boss.token, body: { dailyCapMicros } })
        expect([200, 503]).toContain(answer.status)
        await answer.body?.cancel()
        return
      }
      case 'fault':
        await fault({
          ...{ target: action.target, kind: action.kind, times: action.times },
          ...(action.target === 'database' ? { match: action.match } : {}),
        })
        return
      case 'model fault':
        await fault({ target: 'model', kind: action.kind, times: 1 })
    }
  }

  for (const one of plan) {
    await act(one)
    expect(await wrongBooks(), JSON.stringify(one)).toEqual([])
  }

  await noFaults()
  // Whoever is still writing comes to an end by itself, also where its object has died.
  for (const { person, turn } of heard)
    await eventually(async () => {
      const { messages } = await open(person, turn.conversationId)
      expect(messages.filter(({ status }) => status === 'streaming')).toEqual([])
    })
  await till().bank()
  for (const { turn, person, charge, text } of heard) {
    const rows = await tables<{ text: string; status: string; cost_micros: string }>`
      select text, status, cost_micros from messages where turn_id = ${turn.turnId}::uuid and owner_id = ${person.id}::uuid`
    expect(rows, 'what was accepted is there, once').toHaveLength(1)
    if (text !== undefined) expect(rows[0]?.text).toBe(text)
    const charged = await chargeOf(turn.turnId)
    if (charge !== undefined) expect(charged, 'what was told is what was charged').toBe(charge)
    expect(Number(rows[0]?.cost_micros)).toBe(charged)
  }
  // What a cache missed while it was away shows after an hour.
  const missed = plan.some((one) => one.do === 'fault' && one.target === 'cache')
  for (const { token } of missed ? [] : people) {
    const shown = await ok<{ items: object[] }>(call('get', '/conversations', { token }))
    await ok(call('patch', '/me', { token, body: { name: newId() } }))
    const asked = await ok<{ items: object[] }>(call('get', '/conversations?limit=49', { token }))
    expect(shown.items, 'the list that is kept is the list').toEqual(asked.items)
  }
  expect(await wrongBooks()).toEqual([])
}

test('whatever happens in whatever order, nothing that was accepted is lost, and no cap is passed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 4, maxLength: 18 }), (plan) => play(plan)),
    { numRuns },
  )
})

test('a turn that begins at the till says to the model what it would say from the database, and holds as much', async () => {
  const size = fc.constantFrom(1, 40, 900, 6_000, 13_000)
  await fc.assert(
    fc.asyncProperty(fc.array(size, { minLength: 3, maxLength: 9 }), async (sizes) => {
      const person = await newPerson()
      const conversationId = newId()
      let parentId: string | null = null
      let waited = 0
      for (const bytes of sizes) {
        const turn = newTurn({ conversationId, parentId, text: `Say exactly: ${'é'.repeat(bytes / 2)}x` })
        await forgetCalls()
        const { start } = await say(person, turn)
        if ((await tables`select 1 from messages where turn_id = ${turn.turnId}::uuid`).length === 0) {
          waited += 1
          // The same question once more beside it is an edit, which only the database can begin.
          const edit = await say(person, newTurn({ ...turn, turnId: newId() }))
          const [atTill, inDatabase] = await modelCalls()
          expect(inDatabase?.messages).toEqual(atTill?.messages)
          expect(edit.start.reservedMicros).toBe(start.reservedMicros)
          parentId = edit.start.messageId
        } else parentId = start.messageId
      }
      expect(waited).toBeGreaterThan(0)
    }),
    { numRuns: Math.ceil(numRuns / 3) },
  )
})
