import { eventSplitter, newId, readTurnEvent, type NewTurn, type TurnEvent } from '@macro-ai/shared'
import type { Chance } from './chance.ts'

export type App = { url: URL; token: () => Promise<string> }

/** What somebody saw of a turn, to be held against what is kept of it. */
export type Seen = {
  turn: NewTurn
  /** The answer had begun: from here on it must not be lost. */
  accepted: boolean
  events: TurnEvent[]
  end?: Extract<TurnEvent, { type: 'end' }>['data']
  /** Requests that failed and that the page would have sent again by itself. */
  retries: number
  /** It stayed broken, and the page would have said so. */
  gaveUp?: string
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
/** As long as the page tries by itself. */
const patienceMs = 60_000

/** Reads a stream into what was seen; leaves early when told to, and when the connection breaks. */
const listen = async (answer: Response, seen: Seen, leaveAfter: number) => {
  const split = eventSplitter()
  const decoder = new TextDecoder()
  let heard = 0
  for await (const part of answer.body ?? []) {
    for (const raw of split(decoder.decode(part, { stream: true }))) {
      const event = readTurnEvent(raw)
      if (!event || event.id <= (seen.events.at(-1)?.id ?? 0)) continue
      seen.accepted = true
      seen.events.push(event)
      heard++
      if (event.type === 'end') seen.end = event.data
    }
    if (heard >= leaveAfter) return
  }
}

/** Says something as the page does: the same id again until there is an answer, and goes on where it broke off. */
export const say = async (
  app: () => App,
  chance: Chance,
  turn: NewTurn,
  onStatus: (status: number, path: string) => void,
): Promise<Seen> => {
  const seen: Seen = { turn, accepted: false, events: [], retries: 0 }
  const until = Date.now() + patienceMs
  const leavesAfter = chance.comes(0.3) ? chance.between(1, 4) : Infinity
  const stopsIt = chance.comes(0.1)
  const sendsTwice = chance.comes(0.15)
  let leaves = leavesAfter
  while (!seen.end && Date.now() < until) {
    try {
      const { url, token } = app()
      const headers = { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' }
      const signal = AbortSignal.timeout(40_000)
      const last = seen.events.at(-1)?.id ?? 0
      const send = () =>
        seen.accepted
          ? fetch(new URL(`/turns/${turn.turnId}/events?conversationId=${turn.conversationId}`, url), {
              headers: { ...headers, 'last-event-id': String(last) },
              signal,
            })
          : fetch(new URL('/turns', url), { method: 'POST', headers, body: JSON.stringify(turn), signal })
      if (sendsTwice && !seen.accepted)
        void send().then(
          (second) => second.body?.cancel(),
          () => undefined,
        )
      const answer = await send()
      onStatus(answer.status, seen.accepted ? 'events' : 'turns')
      if (answer.ok) {
        if (stopsIt && seen.accepted)
          await fetch(new URL(`/turns/${turn.turnId}/stop?conversationId=${turn.conversationId}`, url), {
            method: 'POST',
            headers,
            signal,
          }).then((stopped) => onStatus(stopped.status, 'stop'))
        await listen(answer, seen, leaves)
        leaves = Infinity
        continue
      }
      const problem = (await answer.json()) as { code: string }
      if (answer.status === 422 || answer.status === 402 || answer.status === 400) {
        seen.gaveUp = `${answer.status} ${problem.code}`
        return seen
      }
    } catch {
      // The connection was refused or broke: the page tries again.
    }
    seen.retries++
    await pause(chance.between(300, 1_500))
  }
  if (!seen.end) seen.gaveUp = 'no answer in time'
  return seen
}

export const textOf = ({ events }: Seen): string =>
  events.map((event) => (event.type === 'delta' ? event.data.text : '')).join('')

/** The next thing that somebody says: something new, a follow-up, or another version of what was said before. */
export const nextTurn = (chance: Chance, before: Seen[]): NewTurn => {
  const text = chance.one(['Say exactly: all is well', 'Write 120 words about tides', 'Write 400 tokens about rain'])
  const turnId = newId()
  const earlier = before.filter(({ end }) => end && end.status !== 'failed')
  const from = chance.comes(0.6) ? earlier.at(-1 - chance.between(0, Math.min(2, earlier.length - 1))) : undefined
  const start = from?.events.find((event) => event.type === 'start')
  return start?.type === 'start'
    ? { turnId, conversationId: start.data.conversationId, parentId: start.data.messageId, text }
    : { turnId, conversationId: newId(), parentId: null, text }
}
