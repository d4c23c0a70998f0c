import type { NewTurn, TurnEvent, TurnEventData } from '@macro-ai/shared'
import { call } from './api'
import type { Entry } from './entry.svelte'
import { readEvents } from './events'
import { Patience } from './patience.svelte'
import { CallFailed, problemOf, type Problem } from './problem'

type Heard = {
  started: (data: TurnEventData<'start'>) => void
  titled: (title: string) => void
  /** Nothing more will be heard: the answer has ended, the turn was given up, or a problem stands in the way for good. */
  over: (problem?: Problem) => void
}

/** What following an answer needs: a turn to send, or one that was sent before and is only read again. */
export type Order = Pick<NewTurn, 'turnId' | 'conversationId'> & { body?: NewTurn }

/**
 * One running answer as this tab follows it: sent once, read to its end over as many connections as that takes. The
 * turn's id makes sending it again harmless, and event ids make reading it again exact.
 */
export class Turn {
  readonly order: Order
  readonly patience = new Patience()
  accepted = $state(false)
  #answer: Entry
  #heard: Heard
  #text = ''
  #lastEventId = 0
  #ended = false
  #stopWanted = false
  #leave = new AbortController()

  constructor(order: Order, answer: Entry, heard: Heard) {
    this.order = order
    this.accepted = !order.body
    this.#answer = answer
    this.#heard = heard
  }

  async follow(): Promise<void> {
    try {
      await this.patience.until(() => this.#readOn(), this.#leave.signal)
      this.#heard.over()
    } catch (thrown) {
      this.#heard.over(this.#leave.signal.aborted ? undefined : problemOf(thrown))
    }
  }

  /** Ends the answer where it is. A turn that is on its way to the API is stopped as soon as it has arrived. */
  async stop() {
    if (this.accepted) await call(`/turns/${this.order.turnId}/stop`, { method: 'POST' })
    else if (this.patience.wait) this.abandon()
    else this.#stopWanted = true
  }

  /** Gives up a turn that waits to be sent again. */
  abandon() {
    this.#leave.abort()
    this.patience.hurry()
  }

  async #readOn() {
    await readEvents(
      (lost) => this.#connect(AbortSignal.any([lost, this.#leave.signal])),
      (event) => this.#hear(event),
    )
    if (!this.#ended) throw new CallFailed({ code: 'network' })
  }

  #connect(signal: AbortSignal): Promise<Response> {
    const { turnId, conversationId, body } = this.order
    if (body && !this.accepted) return call('/turns', { method: 'POST', body, signal })
    const headers = this.#lastEventId > 0 ? { 'last-event-id': String(this.#lastEventId) } : undefined
    return call(`/turns/${turnId}/events?conversationId=${conversationId}`, { headers, signal })
  }

  #hear(event: TurnEvent) {
    if (event.id <= this.#lastEventId) return
    this.#lastEventId = event.id
    this.patience.progress()
    switch (event.type) {
      case 'start':
        this.accepted = true
        this.#answer.model = event.data.model
        if (this.#stopWanted) this.stop().catch(() => {})
        return this.#heard.started(event.data)
      case 'sources':
        this.#answer.sources = event.data.items
        return
      case 'delta':
        this.#text += event.data.text
        // A replay starts from nothing: what is already on the page stays until it is passed.
        if (this.#text.length > this.#answer.text.length) this.#answer.text = this.#text
        return
      case 'title':
        return this.#heard.titled(event.data.title)
      case 'end':
        this.#ended = true
        this.#answer.update(event.data)
    }
  }
}
