import { DurableObject } from 'cloudflare:workers'
import { newId } from '@macro-ai/shared'
import type { Banked, Banking, LeaseTerms } from '../adapters/database/banking.ts'
import type { BeginTurn } from '../adapters/database/begin.ts'
import type { FinishTurn } from '../adapters/database/finish.ts'
import { depsOf, type Deps } from '../deps.ts'
import type { Env } from '../env.ts'
import { log } from '../log.ts'
import type { MonthSoFar } from '../spending/ladder.ts'
import { periodsOf } from '../spending/period.ts'
import { openBook, type Book, type Borrower, type OpenTurn } from './book.ts'
import { termsOf, wantedMicros, type Ground, type Terms } from './lending.ts'
import { pageAfter } from './page.ts'

const dayMs = 86_400_000
/** A lease outlives its day, so that what was spent of it can still be told; then the database takes it for lost. */
const leaseMs = 7 * dayMs
/** Turns that may wait for the database at once. */
const mostWaiting = 50
/** People banked in one go: each is a request, of which a free plan allows 50. */
const mostPeople = 40
const retryMs = { first: 1_000, most: 5 * 60_000 }

export type Asking = {
  turn: BeginTurn
  /** What its conversation's object knows; nothing where the turn needs the database anyway. */
  ground: (Ground & { epoch: number | 'new' }) | null
}
export type Begins =
  | { kind: 'database'; epoch: number }
  | ({
      kind: 'till'
      epoch: number
      instructions: string
      remembered: string
      monthSoFar: MonthSoFar
    } & Terms)

/**
 * Lets the database sleep. It borrows money from the caps, a lease a person, holds turns against it, and keeps what was
 * said until the database is awake anyway or a bounded time is up; then everything goes in, in one transaction a person.
 * Whoever is about to ask the database has the till put in what it holds first, so nobody ever reads what is out of date.
 */
export class Till extends DurableObject<Env> {
  readonly #deps: Deps
  readonly #book: Book
  #banking: Promise<void> | undefined
  #failures = 0

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#deps = depsOf(env)
    this.#book = openBook(ctx.storage.sql)
  }

  /** Begins a turn against its person's lease; or says that it must begin in the database, and puts in what is held. */
  async begin({ turn, ground }: Asking): Promise<Begins> {
    this.#deps.tally.tick()
    let last: Promise<void> | undefined
    while (this.#banking) {
      last = this.#banking
      await this.#banked()
    }
    const isNew = ground === null || ground.epoch === 'new'
    const at = turn.now.getTime()
    const ids = [[turn.turnId, turn.conversationId], ...(isNew ? [[turn.conversationId, turn.userId]] : [])] as const
    const isOwn = ids.map(([id, owner]) => this.#book.claim(id, owner, at)).every(Boolean)
    const person = this.#known(turn.userId)
    person.usedAt = at
    person.wants = { ...wantedMicros(turn), caps: turn.caps }

    const terms = ground && isOwn ? this.#termsFor(person, turn, ground) : undefined
    if (!terms || !person.standing) {
      this.#book.keepPerson(person)
      // Who has waited for a database that did not come is not kept waiting for it once more.
      await last
      await this.bank()
      return { kind: 'database', epoch: person.epoch }
    }
    const { userId, turnId, messageId, conversationId } = turn
    const enter = {
      ...{ userId, turnId, digest: turn.digest, conversationId, parentId: turn.parentId, text: turn.text },
      ...{ title: turn.title, userMessageId: turn.userMessageId, messageId, now: turn.now, expiresAt: turn.expiresAt },
      ...{ day: turn.day, month: turn.month, model: terms.model, reservedMicros: terms.reservedMicros },
      ...{ asksForModel: turn.model !== null, depth: ground?.depth ?? 0 },
    }
    this.#book.keepTurn({ id: turnId, userId, enter, finish: null, micros: terms.reservedMicros })
    const shown = { leafId: messageId, updatedAt: turn.now.toISOString() }
    this.#show(person, conversationId, shown, isNew ? madeBy(turn, terms.model) : undefined)
    this.#book.keepPerson(person)
    await this.#wake(this.#deps.settings.DATABASE_REST_SECONDS * 1000)
    const { instructions, remembered, monthSoFar } = person.standing
    return { kind: 'till', epoch: person.epoch, instructions, remembered, monthSoFar, ...terms }
  }

  /** Takes the end of a turn. One that began in the database is put in at once, while that is awake. */
  async finish(finish: FinishTurn): Promise<void> {
    const open = this.#book.turn(finish.turnId)
    // Told again, after it was put in, or of a turn that began in the database: to the database both are the same.
    const turn: OpenTurn = open ?? { id: finish.turnId, userId: finish.userId, enter: null, finish: null, micros: 0 }
    if (turn.finish) return
    this.#book.keepTurn({ ...turn, finish, micros: Math.min(turn.micros, finish.usage.costMicros) })
    const person = this.#book.person(finish.userId)
    if (!turn.enter || !person) return this.bank().catch(() => undefined)
    const { conversationId } = turn.enter
    const shown = person.page?.items.find(({ id }) => id === conversationId)
    this.#show(person, conversationId, {
      updatedAt: finish.now.toISOString(),
      costMicros: (shown?.costMicros ?? 0) + finish.usage.costMicros,
      // Only the turn that made a conversation names it; who gave it another name had all of this put in first.
      ...(finish.title !== undefined && { title: finish.title }),
    })
    this.#book.keepPerson(person)
    if (this.#book.turns().length >= mostWaiting) this.ctx.waitUntil(this.bank().catch(() => undefined))
  }

  /** Something of a person's, or with none of everybody's, was changed: what is known of them is out of date. */
  touch(userId?: string): void {
    const known = userId === undefined ? this.#book.people() : [this.#known(userId)]
    for (const { standing, ...person } of known)
      this.#book.keepPerson({
        ...{ ...person, epoch: person.epoch + 1, page: null },
        // Nobody uses it before it is read anew, but the lease in it has to be given back.
        standing: standing && { ...standing, defaultModel: null, instructions: '', remembered: '' },
      })
  }

  /** Puts into the database all that waits for it. Throws while that is away: at once for all who wait for the same. */
  async bank(): Promise<void> {
    while (this.#banking) await this.#banking
    if (this.#waiting().length === 0) return
    await this.#bankAll(() => true)
  }

  /**
   * Gives back what was borrowed for everybody and is not in use: somebody is short of it, or leaves. Of who leaves also
   * goes what the database will not have; these are the conversations of it.
   */
  async callIn(leaving?: string): Promise<string[]> {
    while (this.#banking) await this.#banked()
    await this.#bankAll(() => false, leaving)
    if (leaving === undefined) return []
    const refused = this.#book.turns(leaving).filter((turn) => turn.refused)
    for (const { id } of refused) this.#book.forgetTurn(id)
    this.#forget(leaving)
    return refused.flatMap(({ enter }) => enter?.conversationId ?? [])
  }

  override async alarm(): Promise<void> {
    while (this.#banking) await this.#banked()
    await this.#bankAll((person) => this.#deps.now() - person.usedAt < dayMs).catch(() => undefined)
  }

  #termsFor(person: Borrower, turn: BeginTurn, { epoch, ...ground }: NonNullable<Asking['ground']>) {
    const { standing } = person
    if (!standing?.lease || person.asked || person.standingEpoch !== person.epoch) return undefined
    if (epoch !== 'new' && epoch !== person.epoch) return undefined
    const { lease, disabled, paused, signedOutAt } = standing
    if (lease.day !== turn.day || disabled || paused) return undefined
    if (turn.issuedAt.getTime() / 1000 <= (signedOutAt ?? 0)) return undefined
    if (this.#book.turn(turn.turnId)) return undefined
    const held = this.#book.turns(person.id).reduce((sum, { micros }) => sum + micros, 0)
    return termsOf(turn, ground, standing, lease.amountMicros - held)
  }

  /** Of several who wait for it the first may have begun to put in again: each has to look. */
  async #banked(): Promise<void> {
    await this.#banking?.catch(() => undefined)
  }

  /** What can be put in: turns that ended, or began here. */
  #waiting(): OpenTurn[] {
    return this.#book.turns().filter(({ enter, finish, refused }) => !refused && (enter !== null || finish !== null))
  }

  #show(person: Borrower, id: string, change: Parameters<typeof pageAfter>[2], made?: Parameters<typeof pageAfter>[3]) {
    if (!person.page) return
    const { revision } = person.page
    person.page = pageAfter(person.page, id, change, made) ?? null
    this.ctx.waitUntil(
      person.page
        ? this.#deps.pages.change(person.id, person.page)
        : // Newer than what the cache has, older than what the database will tell.
          this.#deps.pages.stale(person.id, revision + 0.5),
    )
  }

  #bankAll(renews: (person: Borrower) => boolean, first?: string): Promise<void> {
    const run = async () => {
      const people = this.#book.people()
      const waiting = this.#waiting().map(({ userId }) => userId)
      const { day } = periodsOf(new Date(this.#deps.now()))
      const isDue = (person: Borrower) =>
        person.asked !== null || (person.standing?.lease && (!renews(person) || person.standing.lease.day !== day))
      const due = [...new Set([...waiting, ...people.filter(isDue).map(({ id }) => id)])]
      due.sort((a, b) => Number(b === first) - Number(a === first))
      for (const id of due.slice(0, mostPeople)) {
        await this.#bankPerson(id, renews(this.#known(id)))
      }
      for (const { id } of people) if (!renews(this.#known(id))) this.#forget(id)
      return due.length > mostPeople
    }
    this.#banking = run()
      .then(
        (isMore) => this.#rest(isMore),
        (error: unknown) => this.#fail(error),
      )
      .finally(() => (this.#banking = undefined))
    return this.#banking
  }

  /** Somebody for whom nothing is borrowed and nothing waits. */
  #forget(id: string): void {
    if (!this.#known(id).standing?.lease && !this.#known(id).asked && this.#book.turns(id).length === 0)
      this.#book.forgetPerson(id)
  }

  #known(id: string): Borrower {
    const blank = { standing: null, standingEpoch: -1, page: null, usedAt: 0, wants: null, asked: null }
    // Never an epoch that was in use before: somebody may be forgotten and come back.
    return this.#book.person(id) ?? { id, epoch: this.#deps.now(), ...blank }
  }

  async #bankPerson(id: string, renew: boolean): Promise<void> {
    const person = this.#known(id)
    const turns = this.#book.turns(id).filter(({ refused }) => !refused)
    const now = new Date(this.#deps.now())
    const release = [person.standing?.lease?.id, ...(renew ? [] : [person.asked?.id])].filter(
      (lease): lease is string => lease !== undefined,
    )
    const lease = renew && person.wants ? (person.asked ?? this.#terms(person.wants, now)) : null
    if (lease) this.#book.keepPerson({ ...person, asked: lease })
    const { banked, refused } = await this.#put({
      userId: id,
      release,
      enter: turns.map(({ enter }) => enter).filter((enter) => enter !== null),
      finish: turns.map(({ finish }) => finish).filter((finish) => finish !== null),
      lease,
      now,
    })
    for (const turn of turns) {
      if (refused.has(turn.id)) this.#book.keepTurn({ ...turn, ...this.#book.turn(turn.id), refused: true })
      else if (turn.finish) this.#book.forgetTurn(turn.id)
      // Its end may have come in the meantime, which waits for the next time then.
      else this.#book.keepTurn({ ...turn, ...this.#book.turn(turn.id), enter: null, micros: 0 })
    }
    const after = this.#known(id)
    const isCurrent = after.epoch === person.epoch
    this.#book.keepPerson({
      ...after,
      standing: banked.standing,
      standingEpoch: person.epoch,
      page: isCurrent ? banked.page : null,
      asked: null,
    })
    const asked = turns.findLast(({ finish }) => finish?.asked)?.finish?.asked
    if (turns.length > 0) this.ctx.waitUntil(this.#deps.pages.change(id, banked.page, asked))
  }

  #terms(wants: NonNullable<Borrower['wants']>, now: Date): LeaseTerms {
    return { ...wants, id: newId(now.getTime()), ...periodsOf(now), now, expiresAt: new Date(now.getTime() + leaseMs) }
  }

  /**
   * One turn that the database refuses must not keep the others out: each goes alone then, a refused one under a new id,
   * and what is refused even so stays here, to be looked at.
   */
  async #put(banking: Banking): Promise<{ banked: Banked; refused: Set<string> }> {
    const refused = new Set<string>()
    const put = async (some: Banking): Promise<Banked | undefined> => {
      const banked = await this.#deps.ledger.bank(some)
      if (!('refused' in banked)) return banked
      log.error('till', {
        userId: some.userId,
        turns: some.enter.map(({ turnId }) => turnId).join(),
        error: banked.refused,
      })
      return undefined
    }
    const all = await put(banking)
    if (all) return { banked: all, refused }

    const nothing = { ...banking, enter: [], finish: [], lease: null }
    await put(nothing)
    const alone = (id: string, as: string) => {
      const named = <T extends { turnId: string }>(turns: T[]) =>
        turns.filter(({ turnId }) => turnId === id).map((turn) => ({ ...turn, turnId: as }))
      return put({ ...nothing, release: [], enter: named(banking.enter), finish: named(banking.finish) })
    }
    const ids = new Set([...banking.enter, ...banking.finish].map(({ turnId }) => turnId))
    for (const id of ids) if (!(await alone(id, id)) && !(await alone(id, newId()))) refused.add(id)
    const after = await put({ ...nothing, release: [] })
    if (!after) throw new Error('The database refuses even to list')
    return { banked: after, refused }
  }

  /** All is in, unless there were too many: sleeps until there is something again, or till the day of the leases is over. */
  async #rest(isMore: boolean): Promise<void> {
    this.#failures = 0
    if (isMore) return this.#wake(0)
    if (this.#waiting().length > 0) return this.#wake(retryMs.first)
    const now = this.#deps.now()
    const hasLeases = this.#book.people().some(({ standing }) => standing?.lease)
    // A little into the new day, whatever the clock's skew.
    if (hasLeases) await this.ctx.storage.setAlarm(Math.floor(now / dayMs + 1) * dayMs + 60_000)
    else await this.ctx.storage.deleteAlarm()
  }

  async #fail(error: unknown): Promise<void> {
    log.warn('till', { failures: this.#failures, error: String(error) })
    await this.#wake(Math.min(retryMs.first * 2 ** Math.min(this.#failures++, 20), retryMs.most))
    throw error
  }

  /** Looks again after so long, or before if that was the plan. */
  async #wake(afterMs: number): Promise<void> {
    const at = this.#deps.now() + afterMs
    const planned = await this.ctx.storage.getAlarm()
    if (planned === null || planned > at) await this.ctx.storage.setAlarm(at)
  }
}

/** A conversation as the database will have it, once this turn is in. */
const madeBy = ({ conversationId, title, messageId, model, now }: BeginTurn, chosen: string) => ({
  ...{ id: conversationId, title, pinned: false, archived: false, model: model === null ? null : chosen },
  ...{ assistantId: null, instructions: '', leafId: messageId, costMicros: 0 },
  ...{ createdAt: now.toISOString(), updatedAt: now.toISOString() },
})
