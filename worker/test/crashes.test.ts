import type { NewTurn } from '@macro-ai/shared'
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FaultOrder } from '../local/faults.ts'
import { newPerson, ok, type Person } from './support/api.ts'
import { chargeOf, checkBooks, reservationsOf } from './support/books.ts'
import {
  counters,
  fault,
  forgetCalls,
  modelCalls,
  noFaults,
  resetCounters,
  sql,
  statements,
} from './support/platform.ts'
import { answerOf, eventually, newTurn, open, post, resume, say, stop, streamOf, told } from './support/turns.ts'

let person: Person
beforeAll(async () => {
  await noFaults()
  person = await newPerson()
})
beforeEach(async () => {
  await noFaults()
  await forgetCalls()
  await resetCounters()
})

const chatOf = ({ conversationId }: NewTurn) => env.CHAT.get(env.CHAT.idFromName(`${person.id}/${conversationId}`))
/** What the object has written down of how far the turn is. */
const journalled = (turn: NewTurn) =>
  runInDurableObject(
    chatOf(turn),
    (_, { storage }) => [...storage.sql.exec('select state from turns where id = ?', turn.turnId)][0]?.['state'],
  )
const rowOf = async ({ turnId }: NewTurn) => {
  const [row] = await sql<{ id: string; status: string; text: string }>`
    select id, status, text from messages where turn_id = ${turnId}::uuid`
  return row
}

/** Sends a turn and listens. Neither a refusal nor a broken stream is an error here. */
const send = (turn: NewTurn) => {
  const sent = { turn, heard: '', over: Promise.resolve() }
  sent.over = (async () => {
    const decoder = new TextDecoder()
    for await (const bytes of (await post(person, turn)).body ?? [])
      sent.heard += decoder.decode(bytes as Uint8Array, { stream: true })
  })().catch(() => undefined)
  return sent
}
const words = ({ heard }: Sent) => heard.match(/event: delta/g)?.length ?? 0
const until = (check: () => unknown) => eventually(async () => expect(await check()).toBe(true))

type Sent = ReturnType<typeof send>
type Step = {
  /** What holds the turn up there. */
  fault?: FaultOrder
  reached: (sent: Sent) => Promise<unknown>
  status: 'interrupted' | 'complete'
  /** Before the model was asked: the same turn, sent again, is answered after all. */
  early?: true
}

const database = (order: Omit<FaultOrder, 'target'>): FaultOrder => ({ target: 'database', ...order })

const steps: Record<string, Step> = {
  'while the reservation is on its way': {
    fault: database({ kind: 'hang', times: 1, match: statements.begin }),
    reached: () => until(async () => (await counters()).database > 0),
    // The Worker itself asks the object's next life.
    status: 'complete',
  },
  'when the reservation is stored and nobody was told': {
    fault: database({ kind: 'lost-reply', times: 1, match: statements.begin }),
    reached: ({ over }) => over,
    status: 'interrupted',
    early: true,
  },
  'when the model was asked and has said nothing': {
    fault: { target: 'model', kind: 'no-first-byte', times: 1 },
    reached: () => until(async () => (await counters()).model === 1),
    status: 'interrupted',
  },
  'at the first words': { reached: (sent) => until(() => words(sent) > 0), status: 'interrupted' },
  'in the middle': { reached: (sent) => until(() => words(sent) > 4), status: 'interrupted' },
  'after the last word, while it is saved': {
    fault: database({ kind: 'hang', times: 1, match: statements.finish }),
    reached: ({ turn }) => until(async () => (await journalled(turn)) === 'ending'),
    status: 'complete',
  },
  'when it is saved and nobody was told': {
    fault: database({ kind: 'lost-reply', times: 1, match: statements.finish }),
    reached: ({ turn }) => until(async () => (await rowOf(turn))?.status === 'complete'),
    status: 'complete',
  },
  'when it is told and could not be saved': {
    fault: database({ kind: 'down', match: statements.finish }),
    reached: ({ over }) => over,
    status: 'complete',
  },
}

/** What the next life of the object first hears of it. */
const ways: Record<string, (turn: NewTurn) => Promise<unknown>> = {
  'is opened': (turn) => open(person, turn.conversationId),
  'is sent again': async (turn) => told(await streamOf(post(person, turn))),
  'is listened to': (turn) => streamOf(resume(person, turn.turnId)),
  'is stopped': (turn) => ok(stop(person, turn.turnId), 204),
  'is left to its alarm': (turn) => runDurableObjectAlarm(chatOf(turn)),
  'is gone on from': async (turn) => {
    const { conversationId } = turn
    await say(person, newTurn({ conversationId, parentId: (await rowOf(turn))?.id ?? null }))
  },
}

describe.for(Object.entries(steps))('a turn whose object dies %s', ([, step]) => {
  test.for(Object.entries(ways))('and that then %s, is told, stored and paid once', async ([name, way]) => {
    const tokens = step.status === 'complete' || step.early ? 150 : 2_000
    const turn = newTurn({ text: `Write ${tokens} tokens about tides` })
    if (step.fault) await fault(step.fault)
    const sent = send(turn)
    await step.reached(sent)
    await abortAllDurableObjects()
    await noFaults()
    await sent.over
    await way(turn)

    const status = step.early && name === 'is sent again' ? 'complete' : step.status
    const shown = await answerOf(person, turn)
    expect(shown.status).toBe(status)
    expect(await rowOf(turn)).toMatchObject({ status, text: shown.text })
    const { events, text, end } = told(await streamOf(resume(person, turn.turnId)))
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1))
    expect([text, end.status]).toEqual([shown.text, status])

    const asked = (await modelCalls()).filter(({ messages }) => messages.at(-1)?.content === turn.text)
    expect(asked).toHaveLength(step.early && name !== 'is sent again' ? 0 : 1)
    expect(await reservationsOf(person.id)).toEqual([])
    const charge = await chargeOf(turn.turnId)
    expect(charge).toBe(shown.usage?.costMicros)
    // At $0.50 per million: what the model had said when it was left is paid for.
    expect(charge).toBeGreaterThanOrEqual(Math.ceil((asked[0]?.sentTokens ?? 0) / 2))
    if (status === 'complete') expect(asked[0]?.sentTokens).toBe(tokens)

    const { conversationId } = turn
    const next = await say(person, newTurn({ conversationId, parentId: shown.id, text: 'Say exactly: and on' }))
    expect([next.text, next.end.status]).toEqual(['and on', 'complete'])
    await checkBooks()
  })
})
