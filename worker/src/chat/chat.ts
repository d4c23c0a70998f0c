import { DurableObject } from 'cloudflare:workers'
import type { MessageStatus, Usage } from '@macro-ai/shared'
import { depsOf, type Deps } from '../deps.ts'
import type { Env } from '../env.ts'
import { log } from '../log.ts'
import { Problem, unavailable } from '../problem.ts'
import { resting, restsForMoney } from '../relief/relief.ts'
import { nothingUsed, sumOf } from '../spending/price.ts'
import { reserveTurn } from '../spending/purse.ts'
import { answer, Stopped } from './answer.ts'
import { openBeginning } from './beginning.ts'
import { openContext } from './context.ts'
import { openEndings, wasCut } from './ending.ts'
import { eraseChats } from './erase.ts'
import { EventLog, streamHeaders, textOf } from './event-log.ts'
import { openJournal, type Journal, type TurnRecord } from './journal.ts'
import type { Live, Run } from './live.ts'
import { beginRereading, openRereading, type Rereading } from './rereading.ts'
import { openTitle } from './title.ts'
import { digestOf, monthHeader, rememberedHeader, reservationOf, type AskedTurn } from './turn.ts'

const checkpointMs = 1_000
/** While a turn runs an alarm looks in this often, so that an evicted object wakes and finishes it. */
const watchMs = 20_000
const retryMs = { first: 1_000, most: 5 * 60_000 }

/** What is known of an answer that the database still calls `streaming`. */
export type Peek = { status: MessageStatus; text: string; usage: Usage | null } | null

/**
 * Owns one conversation's running answer. Readers come and go; the answer goes on, is written down about once a second,
 * and ends in the database whatever happens to this object in between.
 */
export class Chat extends DurableObject<Env> {
  readonly #deps: Deps
  readonly #journal: Journal
  readonly #endings: ReturnType<typeof openEndings>
  readonly #rereading: Rereading
  readonly #starting = new Map<string, Promise<EventLog>>()
  #live: Live | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#deps = depsOf(env)
    this.#journal = openJournal(ctx.storage.sql)
    this.#rereading = openRereading(this.#deps, ctx.storage)
    this.#endings = openEndings({
      deps: this.#deps,
      journal: this.#journal,
      later: (work) => this.ctx.waitUntil(work),
    })
  }

  /** `POST /turns`: the answer's events from the first on. The same turn again attaches to the same answer. */
  override async fetch(request: Request): Promise<Response> {
    this.#deps.tally.tick()
    const asked = await request.json<AskedTurn>()
    try {
      const { events, isRemembered } = await this.#ask(asked)
      const month = this.#deps.ladder.heard(this.#deps.now())
      const headers = {
        ...streamHeaders,
        ...(isRemembered && { [rememberedHeader]: 'yes' }),
        ...(month && { [monthHeader]: JSON.stringify(month) }),
      }
      return new Response(events.read(0), { headers })
    } catch (error) {
      if (error instanceof Problem) return error.response(asked.requestId)
      throw error
    }
  }

  /** The events of a turn after number `after`, live or finished; nothing when this conversation has no such turn. */
  async events(turnId: string, after: number): Promise<ReadableStream<Uint8Array> | null> {
    await this.#recover()
    const events = (await this.#eventsOf(turnId)) ?? (await this.#untold(turnId))
    if (!events) return null
    const { result } = this.#journal.find(turnId) ?? {}
    // What was told after the last checkpoint is forgotten. Who heard it is told at least how it ended.
    const end = result && wasCut(result) && after >= events.frames.length ? events.frames.at(-1) : undefined
    if (end) return new EventLog([end.replace(/^id: \d+/, `id: ${after + 1}`)], true).read(0)
    return events.read(Math.min(after, events.frames.length))
  }

  /** Ends a running answer, keeps what was written and returns when it is saved. False when there is no such turn here. */
  async stop(turnId: string): Promise<boolean> {
    await this.#starting.get(turnId)?.catch(() => undefined)
    if (this.#live?.record.id === turnId) {
      this.#live.stop.abort(new Stopped())
      await this.#live.over
    }
    return this.#journal.find(turnId) !== undefined
  }

  /** The state of an answer that the database has not got yet. */
  async peek(turnId: string): Promise<Peek> {
    await this.#recover()
    const record = this.#journal.find(turnId)
    if (!record || record.state === 'begun') return null
    if (record.result) return record.result
    return { status: 'streaming', text: textOf(this.#live?.events.frames ?? []), usage: null }
  }

  /**
   * Ends what is being written here and forgets everything, and then has the objects of a person's `other` conversations
   * do so: each passes a part of the list on, so that none makes more calls than a request may.
   */
  async erase(userId: string, others: string[]): Promise<void> {
    await Promise.allSettled(this.#starting.values())
    if (this.#live) await this.stop(this.#live.record.id)
    await this.ctx.storage.deleteAlarm()
    await this.#rereading.forget()
    this.#journal.forgetAll()
    await eraseChats(this.env.CHAT, userId, others)
  }

  /** Has a person's documents read again, here in the background: this is the object of no conversation then. */
  async reread(userId: string): Promise<void> {
    await this.#rereading.begin(userId)
  }

  override async alarm(): Promise<void> {
    await this.#recover()
    await this.#watch()
    await this.#rereading.goOn()
  }

  /** A turn's events, and whether this conversation knew the turn already. */
  async #ask(asked: AskedTurn): Promise<{ events: EventLog; isRemembered: boolean }> {
    const { turnId } = asked.turn
    const digest = await digestOf(asked.turn)
    // From here to the next comment nothing waits, so that two requests at once cannot both find nothing.
    const earlier = this.#journal.find(turnId)
    if (earlier && earlier.digest !== digest)
      throw new Problem('conflict', { detail: 'This turn was sent before with other content.' })
    const isRemembered = earlier !== undefined
    const running = (isRemembered || this.#starting.has(turnId)) && this.#eventsOf(turnId)
    if (running) {
      // What a former life of this object left in the middle is ended first.
      await this.#recover()
      return { events: await (this.#eventsOf(turnId) ?? running), isRemembered }
    }
    if (this.#live || this.#starting.size > 0)
      throw new Problem('conflict', {
        detail: 'An answer is still being written in this conversation. Stop it or wait.',
      })

    const starting = this.#start(asked, digest).finally(() => this.#starting.delete(turnId))
    this.#starting.set(turnId, starting)
    // Now the second finds the first.
    this.ctx.waitUntil(starting.catch(() => undefined))
    return { events: await starting, isRemembered }
  }

  /** The events of a turn that runs, is starting, or is over; nothing for one that never got as far as the model. */
  #eventsOf(turnId: string): Promise<EventLog> | EventLog | undefined {
    const starting = this.#starting.get(turnId)
    if (starting) return starting
    if (this.#live?.record.id === turnId) return this.#live.events
    const frames = this.#journal.frames(turnId)
    return frames.length > 0 ? new EventLog(frames, true) : undefined
  }

  async #start({ user, turn, requestId, shut }: AskedTurn, digest: string): Promise<EventLog> {
    // What has begun may be attached to, whatever rests.
    const isFree = shut !== undefined && restsForMoney(shut) && this.#deps.freeModel !== undefined
    if (shut && !isFree) throw resting(shut, this.#deps.now())
    if (!(await this.#recover(turn.turnId)))
      throw unavailable('The last answer is still being saved. Try again in a moment.')
    const at = this.#deps.now()
    const record: TurnRecord = {
      id: turn.turnId,
      state: 'begun',
      digest,
      userId: user.id,
      conversationId: turn.conversationId,
      model: '',
      inputTokens: 0,
      titleMicros: 0,
      result: null,
      failures: 0,
    }
    this.#journal.write(record)
    await this.ctx.storage.setAlarm(at + watchMs)

    const context = openContext(this.#deps, user.id, turn)
    const beginning = openBeginning(
      { deps: this.#deps, journal: this.#journal },
      { useKnowledge: turn.useKnowledge === true },
    )
    // Until this turn has ended well nobody knows what the conversation is.
    this.#journal.forgetKnown()
    const { begun, held, heldForTitle } = await reserveTurn(
      { ...this.#deps, store: beginning },
      reservationOf({ user, turn }, digest, at),
      { isFree },
    ).catch((error: unknown) => {
      // Without an answer nobody knows whether money is held: the same turn again, or the alarm, will find out.
      if (!(error instanceof Problem && error.code === 'unavailable')) this.#journal.forget(turn.turnId)
      throw error
    })

    const events = new EventLog()
    events.append('start', {
      turnId: turn.turnId,
      conversationId: turn.conversationId,
      userMessageId: begun.userMessageId,
      messageId: begun.messageId,
      model: begun.model,
      reservedMicros: begun.reservedMicros,
    })
    if (!held) return this.#tellAgain(record, events, begun.messageId)

    const live: Live = {
      record: {
        ...{ ...record, model: begun.model, inputTokens: begun.inputTokens },
        ...{ titleMicros: begun.titleMicros, reservedMicros: begun.reservedMicros },
      },
      events,
      stop: new AbortController(),
      over: Promise.resolve(),
      written: 0,
    }
    this.#live = live
    this.#checkpoint(live, 'running')
    // A turn may use two commands of the cache: one that looks into documents has used one, and its end uses the other.
    if (begun.revision !== null && !turn.useKnowledge)
      this.ctx.waitUntil(this.#deps.pages.stale(user.id, begun.revision))
    const isNewText = begun.verdict === 'new' && !turn.regenerate
    const title =
      heldForTitle &&
      openTitle(this.#deps.modelProvider, {
        held: heldForTitle,
        text: turn.text,
        onTitle: (title) => events.append('title', { title }),
      })
    const run = {
      ...{ context: context.of(begun, isNewText), title, requestId },
      ...{ reservedMicros: begun.reservedMicros, known: beginning.known },
    }
    live.over = this.#run(live, { held, ...run })
    this.ctx.waitUntil(live.over)
    return events
  }

  /** The events of a turn that was stored, and over before anything of it was told. */
  async #untold(turnId: string): Promise<EventLog | undefined> {
    const record = this.#journal.find(turnId)
    const stored = record?.state === 'done' && (await this.#deps.store.findTurn(record.userId, turnId))
    if (!record || !stored) return undefined
    const events = new EventLog()
    events.append('start', { turnId, ...stored, reservedMicros: 0 })
    return this.#tellAgain(record, events, stored.messageId)
  }

  /** A turn that the database finished, but whose events this object has lost: they are told again from the text. */
  async #tellAgain(record: TurnRecord, events: EventLog, messageId: string): Promise<EventLog> {
    const thread = await this.#deps.store.openThread(record.userId, record.conversationId, messageId, 1)
    const message = thread?.messages[0]
    if (!message) throw new Problem('not_found')
    if (message.sources.length > 0) events.append('sources', { items: message.sources })
    if (message.text !== '') events.append('delta', { text: message.text })
    const { status, usage, error } = message
    events.append('end', { status, usage: usage ?? nothingUsed, ...(error ? { error } : {}) })
    events.end()
    this.#journal.write({ ...record, state: 'done' })
    this.#journal.addFrames(record.id, 1, events.frames)
    return events
  }

  async #run(live: Live, { held, context, title, requestId, reservedMicros, known }: Run): Promise<void> {
    const { record, events } = live
    const checkpoints = setInterval(() => this.#checkpoint(live, 'running'), checkpointMs)
    const { modelProvider: models, now, deadlines } = this.#deps
    const { prompt, sources, incomplete, asked } = await context
    if (sources) events.append('sources', { items: sources })
    if (incomplete) this.ctx.waitUntil(beginRereading(this.env.CHAT, record.userId))
    const { status, usage, error } = await answer(
      { models, now, deadlines },
      {
        held,
        prompt,
        stop: live.stop.signal,
        onText: (text) => {
          events.append('delta', { text })
          title?.begin()
        },
      },
    )
    const named = await title?.end({ patiently: status === 'complete' })
    clearInterval(checkpoints)
    if (error) log.warn('model', { requestId, turnId: record.id, cause: String(error.cause) })
    const end = {
      status,
      usage: named ? sumOf(usage, named.usage) : usage,
      ...(error ? { error: error.body(requestId) } : {}),
    }
    if (end.usage.costMicros > reservedMicros) log.warn('overrun', { turnId: record.id, reservedMicros, ...end.usage })
    record.result = {
      ...end,
      text: textOf(events.frames),
      ...(sources && { sources }),
      ...(named?.title ? { title: named.title } : {}),
    }
    this.#checkpoint(live, 'ending')
    const next = known({ text: record.result.text, status })
    if (next) this.#journal.keepKnown(next)

    const saved = await this.#endings.save(record, asked)
    events.append('end', end)
    this.#checkpoint(live, saved ? 'done' : 'ending')
    this.#live = undefined
    events.end()
    await this.#watch()
  }

  /** Writes down what has come since the last time. */
  #checkpoint(live: Live, state: TurnRecord['state']): void {
    const { record, events, written } = live
    if (events.frames.length > written) this.#journal.addFrames(record.id, written + 1, events.frames.slice(written))
    live.written = events.frames.length
    if (record.state === state) return
    record.state = state
    this.#journal.write(record)
  }

  /** Finishes what a former life of this object left undone, except `except`. False when the database is away. */
  async #recover(except?: string): Promise<boolean> {
    const left = this.#journal
      .unfinished()
      .filter(({ id }) => id !== except && id !== this.#live?.record.id && !this.#starting.has(id))
    if (left.length === 0) return true
    let recovered = true
    for (const record of left) recovered = (await this.#endings.recover(record)) && recovered
    await this.#watch()
    return recovered
  }

  /** Sets the next alarm by what is left to do; none when nothing is. */
  async #watch(): Promise<void> {
    const now = this.#deps.now()
    if (this.#live || this.#starting.size > 0) return this.ctx.storage.setAlarm(now + watchMs)
    const open = this.#journal.unfinished()
    if (open.length === 0) return this.ctx.storage.deleteAlarm()
    const failures = Math.max(...open.map((record) => record.failures))
    await this.ctx.storage.setAlarm(now + Math.min(retryMs.first * 2 ** Math.min(failures, 20), retryMs.most))
  }
}
