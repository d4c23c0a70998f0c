import { setImmediate } from 'node:timers/promises'
import { serverError } from './failure.ts'
import { pieces, spoil, type ModelFault } from './faults.ts'

export type Event = { event?: string; data: unknown }

const encode = ({ event, data }: Event) =>
  `${event ? `event: ${event}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

async function* encoded(events: AsyncIterable<Event>): AsyncGenerator<string> {
  for await (const event of events) yield encode(event)
}

async function* written(events: AsyncIterable<string>, fault: ModelFault | undefined): AsyncGenerator<Uint8Array> {
  for await (const event of events) {
    const parts = pieces(event, fault)
    for (const part of parts) {
      yield part
      // A turn of the event loop between them, or the socket would join what the fault has cut.
      if (parts.length > 1) await setImmediate()
    }
  }
}

/** Streams the events as they are made, none ahead of the reader; `events` hears through `gone` that the reader has left. */
export const stream = (
  events: (gone: AbortSignal) => AsyncIterable<Event>,
  { fault, outage }: { fault: ModelFault | undefined; outage: Event },
): Response => {
  const leaving = new AbortController()
  const bytes = written(spoil(encoded(events(leaving.signal)), fault, encode(outage)), fault)
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await bytes.next()
        if (leaving.signal.aborted) return
        if (next.done) controller.close()
        else controller.enqueue(next.value)
      },
      async cancel() {
        leaving.abort()
        await bytes.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, no-transform' },
  })
}

/** The answer in one piece, or what the fault makes of it. */
export const answerWhole = (answer: object, fault: ModelFault | undefined): Response => {
  if (fault === 'error-event') throw serverError()
  const json = JSON.stringify(answer)
  const text = fault === 'bad-json' ? json.slice(0, json.length / 2) : json
  return new Response(text, { headers: { 'content-type': 'application/json' } })
}
