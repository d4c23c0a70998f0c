import {
  eventSplitter,
  newId,
  readTurnEvent,
  type Message,
  type NewTurn,
  type OpenConversation,
  type TurnEvent,
  type TurnEventData,
} from '@macro-ai/shared'
import { expect, vi } from 'vitest'
import { call, ok, type Person } from './api.ts'

export const newTurn = (change: Partial<NewTurn> = {}): NewTurn => ({
  turnId: newId(),
  conversationId: newId(),
  parentId: null,
  text: 'Say exactly: all is well',
  ...change,
})

/** Fills about four seconds at the suite's pace. */
export const longText = 'Write 2000 tokens about tides'
export const longTurn = (change: Partial<NewTurn> = {}) => newTurn({ text: longText, model: 'demo-large', ...change })

export const post = (person: Pick<Person, 'token'>, turn: unknown) =>
  call('post', '/turns', { token: person.token, body: turn })

export const resume = (person: Pick<Person, 'token'>, turnId: string, after?: number | string) =>
  call('get', `/turns/${turnId}/events`, {
    token: person.token,
    ...(after !== undefined && { headers: { 'last-event-id': String(after) } }),
  })

export const stop = (person: Pick<Person, 'token'>, turnId: string) =>
  call('post', `/turns/${turnId}/stop`, { token: person.token })

/** A stream's text as it comes, until `enough` says so or it ends. */
export const readUntil = async (answer: Response, enough: (text: string) => boolean): Promise<string> => {
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    text += decoder.decode(value, { stream: !done })
    if (done) return text
    if (enough(text)) {
      await reader.cancel()
      return text
    }
  }
}

/** The whole stream as text. */
export const streamOf = async (answer: Response | Promise<Response>): Promise<string> => {
  const got = await answer
  expect(got.status, got.status === 200 ? '' : await got.clone().text()).toBe(200)
  return readUntil(got, () => false)
}

/** A stream's events, each of which must be one of the contract's. */
export const eventsOf = (text: string): TurnEvent[] =>
  eventSplitter()(text).map((raw) => {
    const event = readTurnEvent(raw)
    if (!event) throw new Error(`Not an event of the contract: ${JSON.stringify(raw)}`)
    return event
  })

export type Told = {
  events: TurnEvent[]
  start: TurnEventData<'start'>
  text: string
  end: TurnEventData<'end'>
  raw: string
}

/** What a whole stream tells. */
export const told = (raw: string): Told => {
  const events = eventsOf(raw)
  const [first, last] = [events[0], events.at(-1)]
  if (first?.type !== 'start' || last?.type !== 'end') throw new Error(`Not from start to end: ${raw}`)
  const text = events.map((event) => (event.type === 'delta' ? event.data.text : '')).join('')
  return { events, start: first.data, text, end: last.data, raw }
}

/** Says something and hears the answer to its end. */
export const say = async (person: Person, turn: NewTurn = newTurn()): Promise<Told> =>
  told(await streamOf(post(person, turn)))

export const open = (person: Person, conversationId: string) =>
  ok<OpenConversation>(call('get', `/conversations/${conversationId}`, { token: person.token }))

export const answerOf = async (person: Person, turn: NewTurn): Promise<Message> => {
  const { messages } = await open(person, turn.conversationId)
  const message = messages.find(({ turnId }) => turnId === turn.turnId)
  if (!message) throw new Error('The conversation has no such answer')
  return message
}

/** Waits for what happens by itself in a moment. */
export const eventually = <Value>(check: () => Promise<Value>) => vi.waitFor(check, { timeout: 60_000, interval: 50 })
