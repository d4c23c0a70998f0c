import { DurableObject } from 'cloudflare:workers'
import type { MessageStatus, Usage } from '@macro-ai/shared'
import { depsOf, type Deps } from '../deps.ts'
import type { Env } from '../env.ts'
import { log } from '../log.ts'
import { Problem, unavailable } from '../problem.ts'
import { mostTokens, nothingUsed, safeEstimate } from '../spending/price.ts'
import { reserveTurn, type Held } from '../spending/purse.ts'
import { answer, Stopped, type Outcome } from './answer.ts'
import { openJournal, type Journal, type TurnRecord } from './journal.ts'
import { EventLog, textOf } from './log.ts'
import { promptOf, systemText } from './prompt.ts'
import { digestOf, messageIds, titleOf, type AskedTurn } from './turn.ts'
import type { PromptMessage } from '../adapters/model.ts'

const checkpointMs = 1_000
/** While a turn runs an alarm looks in this often, so that an evicted object wakes and finishes it. */
const watchMs = 20_000
const retryMs = { first: 1_000, most: 5 * 60_000 }
/** Tokens a provider may have made between the last checkpoint and noticing that we are gone. */
const unseenTokens = 512

type Live = { record: TurnRecord; log: EventLog; stop: AbortController; written: number; checkpointAt: number }

/** What is known of an answer that the database still calls `streaming`. */
export type Peek = { status: MessageStatus; text: string; usage: Usage | null } | null

/**
 * Owns one conversation's running answer. Readers come and go; the answer goes on, is written down about once a second,
 * and ends in the database whatever happens to this object in between.
 */
export class Chat extends DurableObject<Env> {
  readonly #deps: Deps
  readonly #journal: Journal
  readonly #starting = new Map<string, Promise<EventLog>>()
  #live: Live | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#deps = depsOf(env)
    this.#journal = openJournal(ctx.storage.sql)
  }

  /** `POST /turns`: the answer's events from the first on. The same turn again attaches to the same answer. */
  override async fetch(request: Request): Promise<Response> {
    const asked = await request.json<AskedTurn>()
    try {
      const log = await this.#ask(asked)
      return new Response(log.read(0), { headers: streamHeaders })
    } catch (error) {
      if (error instanceof Problem) return error.response(asked.requestId)
      throw error
    }
  }

  /** The events of a turn after number `after`, live or finished; nothing when this conversation has no such turn. */
  async events(turnId: string, after: number): Promise<ReadableStream<Uint8Array> | null> {
    await this.#recover()
    const log = await this.#logOf(turnId)
    return log ? log.read(Math.min(after, log.frames.length)) : null
  }

  /** Ends a running answer and keeps what was written. False when there is no such turn here. */
  async stop(turnId: string): Promise<boolean> {
    await this.#starting.get(turnId)?.catch(() => undefined)
    if (this.#live?.record.id === turnId) this.#live.stop.abort(new Stopped())
    return this.#journal.find(turnId) !== undefined
  }

  /** The state of an answer that the database has not got yet. */
  async peek(turnId: string): Promise<Peek> {
    await this.#recover()
    const record = this.#journal.find(turnId)
    if (!record || record.state === 'done' || record.state === 'begun') return null
    if (record.result) return record.result
    return { status: 'streaming', text: textOf(this.#live?.log.frames ?? []), usage: null }
  }

  override async alarm(): Promise<void> {
    if (this.#live) return this.ctx.storage.setAlarm(this.#deps.now() + watchMs)
    await this.#recover()
  }

  async #ask({ user, turn, requestId }: AskedTurn): Promise<EventLog> {
    const digest = await digestOf(turn)
    const earlier = this.#journal.find(turn.turnId)
    if (earlier && earlier.digest !== digest)
      throw new Problem('conflict', { detail: 'This turn was sent before with other content.' })
    const running = await this.#logOf(turn.turnId)
    if (running) return running
    if (this.#live || this.#starting.size > 0)
      throw new Problem('conflict', { detail: 'An answer is still being written in this conversation. Stop it or wait.' })

    const starting = this.#start({ user, turn, requestId }, digest).finally(() => this.#starting.delete(turn.turnId))
    this.#starting.set(turn.turnId, starting)
    this.ctx.waitUntil(starting.catch(() => undefined))
    return starting
  }

  /** The events of a turn that runs, is starting, or is over; nothing for one that never got as far as the model. */
  async #logOf(turnId: string): Promise<EventLog | undefined> {
    const starting = this.#starting.get(turnId)
    if (starting) return starting
    if (this.#live?.record.id === turnId) return this.#live.log
    const frames = this.#journal.frames(turnId)
    return frames.length > 0 ? new EventLog(frames, true) : undefined
  }

  async #start({ user, turn, requestId }: AskedTurn, digest: string): Promise<EventLog> {
    await this.#recover(turn.turnId)
    const { store, now } = this.#deps
    const at = now()
    const record: TurnRecord = {
      id: turn.turnId,
      state: 'begun',
      digest,
      userId: user.id,
      conversationId: turn.conversationId,
      messageId: '',
      model: '',
      inputTokens: 0,
      result: null,
      failures: 0,
    }
    this.#journal.write(record)
    await this.ctx.storage.setAlarm(at + watchMs)

    const { begun, held } = await reserveTurn(this.#deps, {
      userId: user.id,
      issuedAt: new Date(user.issuedAt * 1000),
      turnId: turn.turnId,
      digest,
      conversationId: turn.conversationId,
      parentId: turn.regenerate ? null : turn.parentId,
      regenerate: turn.regenerate ?? null,
      text: turn.text,
      title: titleOf(turn.text),
      ...messageIds(at),
      model: turn.model ?? null,
      now: new Date(at),
      systemTokens: mostTokens(systemText),
      newTextTokens: turn.regenerate ? 0 : mostTokens(turn.text),
    }).catch((error: unknown) => {
      // Without an answer nobody knows whether money is held: the same turn again, or the alarm, will find out.
      if (!(error instanceof Problem && error.code === 'unavailable')) this.#journal.forget(turn.turnId)
      throw error
    })

    const log = new EventLog()
    const full = { ...record, messageId: begun.messageId, model: begun.model, inputTokens: begun.inputTokens }
    log.append('start', {
      turnId: turn.turnId,
      conversationId: turn.conversationId,
      userMessageId: begun.userMessageId,
      messageId: begun.messageId,
      model: begun.model,
      reservedMicros: begun.reservedMicros,
    })
    if (begun.verdict === 'again' && begun.status !== 'streaming') return this.#replay(full, log, begun.messageId)

    const isNewText = begun.verdict === 'new' && !turn.regenerate
    const prompt = promptOf(begun.instructions, begun.path, isNewText ? turn.text : null)
    this.#live = { record: full, log, stop: new AbortController(), written: 0, checkpointAt: at }
    this.#checkpoint('running')
    if (begun.revision !== null) this.ctx.waitUntil(this.#deps.pages.stale(user.id, begun.revision))
    this.ctx.waitUntil(this.#run(this.#live, held, prompt, requestId, store))
    return log
  }

  /** A turn that the database finished, but whose events this object has lost: they are told again from the text. */
  async #replay(record: TurnRecord, log: EventLog, messageId: string): Promise<EventLog> {
    const thread = await this.#deps.store.openThread(record.userId, record.conversationId, messageId, 1)
    const message = thread?.messages[0]
    if (!message) throw new Problem('not_found')
    if (message.text !== '') log.append('delta', { text: message.text })
    log.append('end', {
      status: message.status,
      usage: message.usage ?? nothingUsed,
      ...(message.error ? { error: message.error } : {}),
    })
    log.end()
    this.#journal.write({ ...record, state: 'done' })
    this.#journal.addFrames(record.id, 1, log.frames)
    return log
  }

  async #run(live: Live, held: Held, prompt: PromptMessage[], requestId: string, store: Deps['store']) {
    const outcome = await answer({ models: this.#deps.modelProvider, now: this.#deps.now }, {
      held,
      prompt,
      stop: live.stop.signal,
      onText: (text) => {
        live.log.append('delta', { text })
        if (this.#deps.now() - live.checkpointAt >= checkpointMs) this.#checkpoint('running')
      },
    })
    if (outcome.error) log.warn('model', { requestId, turnId: live.record.id, cause: String(outcome.error.cause) })
    await this.#finish(live, outcome, requestId, store)
  }

  #checkpoint(state: 'running' | 'ending') {
    const live = this.#live
    if (!live) return
    const { record, log: events, written } = live
    if (events.frames.length > written)
      this.#journal.addFrames(record.id, written + 1, events.frames.slice(written))
    live.written = events.frames.length
    live.checkpointAt = this.#deps.now()
    if (record.state === state) return
    record.state = state
    this.#journal.write(record)
  }

  async #finish(live: Live, { status, usage, error }: Outcome, requestId: string, store: Deps['store']) {
    const { record, log: events } = live
    const body = error?.body(requestId)
    record.result = { status, usage, text: textOf(events.frames), ...(body ? { error: body } : {}) }
    this.#checkpoint('ending')
    const saved = await this.#save(record, store)
    events.append('end', { status, usage, ...(body ? { error: body } : {}) })
    this.#journal.addFrames(record.id, live.written + 1, events.frames.slice(live.written))
    if (saved) this.#journal.write({ ...record, state: 'done' })
    this.#live = undefined
    events.end()
    await this.#watch()
  }

  /** Puts an ended turn into the database. False when it is away: the alarm tries again, however long it takes. */
  async #save(record: TurnRecord, store: Deps['store']): Promise<boolean> {
    const { result } = record
    if (!result) return false
    try {
      const page = await store.finishTurn({
        userId: record.userId,
        turnId: record.id,
        text: result.text,
        status: result.status,
        usage: result.usage,
        error: result.error ?? null,
        now: new Date(this.#deps.now()),
      })
      this.ctx.waitUntil(this.#deps.pages.keep(record.userId, page))
      return true
    } catch (error) {
      log.warn('save', { turnId: record.id, failures: record.failures, error: String(error) })
      this.#journal.write({ ...record, failures: record.failures + 1 })
      return false
    }
  }

  /** Finishes what a former life of this object left undone, except the turn that is just being started again. */
  async #recover(except?: string): Promise<void> {
    for (const record of this.#journal.unfinished()) {
      if (record.id === except || record.id === this.#live?.record.id || this.#starting.has(record.id)) continue
      const frames = this.#journal.frames(record.id)
      const over = record.result ? record : { ...record, state: 'ending' as const, result: this.#interrupted(record, frames) }
      if (!record.result) {
        if (frames.length > 0) {
          const events = new EventLog(frames)
          events.append('end', { status: 'interrupted', usage: over.result?.usage ?? nothingUsed })
          this.#journal.addFrames(record.id, frames.length, [events.frames.at(-1) ?? ''])
        }
        this.#journal.write(over)
      }
      if (await this.#save(over, this.#deps.store)) this.#journal.write({ ...over, state: 'done' })
      else if (except !== undefined) throw unavailable('The last answer is still being saved. Try again in a moment.')
    }
    await this.#watch()
  }

  #interrupted({ state, model, inputTokens }: TurnRecord, frames: string[]): NonNullable<TurnRecord['result']> {
    const text = textOf(frames)
    const price = this.#deps.models.get(model)
    const usage = state === 'begun' || !price ? nothingUsed : safeEstimate(price, inputTokens, text, unseenTokens)
    return { status: 'interrupted', usage, text }
  }

  /** Sets the next alarm by what is left to do; none when nothing is. */
  async #watch(): Promise<void> {
    const open = this.#journal.unfinished()
    if (this.#live || this.#starting.size > 0) return this.ctx.storage.setAlarm(this.#deps.now() + watchMs)
    if (open.length === 0) return this.ctx.storage.deleteAlarm()
    const failures = Math.max(...open.map((record) => record.failures))
    const wait = Math.min(retryMs.first * 2 ** Math.min(failures, 20), retryMs.most)
    await this.ctx.storage.setAlarm(this.#deps.now() + wait)
  }
}

export const streamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
}
