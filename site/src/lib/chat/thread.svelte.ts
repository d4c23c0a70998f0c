import type { Conversation, NewTurn, OpenConversation } from '@macro-ai/shared'
import { newId } from '@macro-ai/shared/uuid'
import { plain } from '$lib/markdown/plain'
import { documents } from '$lib/knowledge/use.svelte'
import { callJsonTwice } from './api'
import { conversations, findConversation } from './conversations.svelte'
import type { Queued } from './drafts'
import { Entry } from './entry.svelte'
import { isoNow } from './format'
import { freshConversation } from './fresh'
import { Older } from './older.svelte'
import { Patience } from './patience.svelte'
import { passes, problemOf, type Problem } from './problem'
import { standings } from './standings.svelte'
import { tellTabs } from './tabs'
import { Turn } from './turn.svelte'
import { Writing } from './writing.svelte'

/** What is `gone` was deleted, or never was; what has `failed` to load may have gone on elsewhere. */
type Opening = 'loading' | 'ready' | 'failed' | 'gone'

/** One conversation: the active path through its tree, what is being answered, and what is being written. */
export class Thread {
  readonly id: string
  readonly writing: Writing
  readonly patience = new Patience()
  readonly older = new Older(this)
  opening = $state<Opening>('loading')
  entries = $state.raw<Entry[]>([])
  turn = $state.raw<Turn | null>(null)
  /** Why the last thing that was asked for did not happen. */
  problem = $state.raw<Problem | null>(null)
  /** How often the person asked for an answer here; what had waited and is said by itself does not count. */
  asked = $state(0)
  #left = false
  /** How many answers began here. */
  #turns = 0
  /** Whether something new was told of that could not be shown. */
  #outdated = false
  /** What was last heard of it; the lists may know it better. */
  loaded = $state.raw<Conversation | null>(null)

  constructor(id: string, isNew: boolean) {
    this.id = id
    this.writing = new Writing(id, isNew)
    if (isNew) this.opening = 'ready'
    else void this.load()
  }

  /** The conversation as far as it is known here: nothing before its first words have arrived. */
  get conversation(): Conversation | null {
    return findConversation(this.id) ?? this.loaded
  }

  get title(): string {
    return plain(this.conversation?.title ?? '')
  }

  get instructions(): string {
    return this.conversation?.instructions ?? ''
  }

  get assistantId(): string | null {
    return this.conversation ? this.conversation.assistantId : this.writing.assistantId
  }

  /** The model chosen for this conversation; null leaves it to the person's choice for all. */
  get model(): string | null {
    return this.conversation ? this.conversation.model : this.writing.model
  }

  /** Whether what is here is about to change, or known to be old: nothing is said anew then, and no branch chosen. */
  get busy(): boolean {
    return this.turn !== null || this.opening === 'loading' || this.opening === 'failed'
  }

  async load(): Promise<void> {
    const turns = this.#turns
    const early = (saved: OpenConversation) => this.opening === 'loading' && this.show(saved)
    try {
      const opened = await this.patience.until(() => callJsonTwice(`/conversations/${this.id}`, early))
      if (this.opening !== 'ready') this.problem = null
      this.opening = 'ready'
      // What has been said meanwhile is not in it.
      if (turns === this.#turns) this.show(opened)
      else if (this.turn) this.#outdated = true
      else return this.load()
    } catch (thrown) {
      // There is something newer to wait for.
      if (this.turn) return void (this.#outdated = true)
      const problem = problemOf(thrown)
      const isGone = problem.code === 'not_found'
      if (isGone) this.entries = []
      // A first message that never arrived leaves a conversation that exists only here, in its draft.
      const isDraft = isGone && !this.loaded && (this.writing.text || this.writing.queued)
      this.opening = isDraft ? 'ready' : isGone ? 'gone' : 'failed'
      this.problem = isDraft ? null : problem
    }
    if (!this.turn) this.#sayQueued()
  }

  /** Ends it here, for a conversation that was deleted: what is still said in it is not heard. */
  leave() {
    this.#left = true
    this.turn?.abandon()
  }

  /** Says something after the newest message, or in place of `instead`, which stays as another branch. */
  send(text: string, instead?: Entry) {
    const attachments = instead ? instead.attachments : this.writing.attachments
    const turnId = instead ? newId() : this.writing.turnIdFor(text, attachments)
    if (!instead) this.writing.sent(turnId, text, attachments)
    this.asked++
    this.#say({ turnId, text, attachments }, instead)
  }

  /** Says it now, or as soon as what was said before is here and answered. */
  say(text: string) {
    if (!this.busy) return this.send(text)
    this.writing.queue(text)
    if (this.opening === 'failed') void this.load()
  }

  /** Asks for another answer beside `answer`, of another model if one is named. */
  regenerate(answer: Entry, model?: string) {
    const turnId = newId()
    this.asked++
    this.#begin(
      { turnId, conversationId: this.id, parentId: answer.parentId, text: '', model, regenerate: answer.id },
      undefined,
      answer,
    )
  }

  async stop() {
    try {
      await this.turn?.stop()
    } catch (thrown) {
      this.problem = problemOf(thrown)
    }
  }

  /** Shows it as the API tells of it. */
  show({ conversation, messages, olderCursor }: OpenConversation) {
    if (this.#left) return
    const known = this.entries
    this.loaded = conversation
    // What was loaded further up leads to the same message still: whoever reads there stays there.
    const above = known.slice(
      0,
      Math.max(
        0,
        known.findIndex(({ id }) => id === messages[0]?.id),
      ),
    )
    if (above.length === 0) this.older.cursor = olderCursor
    const newest = messages.map((message) => {
      const entry = known.find(({ id }) => id === message.id)
      entry?.update(message)
      return entry ?? new Entry(message)
    })
    this.entries = [...above, ...newest]
    for (const { turnId } of messages) if (turnId !== null) this.writing.arrived(turnId)
    const last = this.entries.at(-1)
    // What was shown early may be over by now.
    if (last?.status === 'streaming' && last.turnId && !this.turn && this.opening === 'ready')
      this.#attach(last, last.turnId)
  }

  #say({ turnId, text, attachments = [] }: Queued, instead?: Entry) {
    const parentId = instead ? instead.parentId : (this.entries.at(-1)?.id ?? null)
    const user = new Entry({ id: newId(), role: 'user', parentId, turnId, text, attachments })
    // A conversation that exists remembers its model and its assistant itself.
    const { model, assistantId } = this.conversation ? {} : this.writing
    const chosen = { ...(model && { model }), ...(assistantId && { assistantId }) }
    const files = attachments.length > 0 ? { attachments: attachments.map(({ id }) => id) } : {}
    this.#begin({ turnId, conversationId: this.id, parentId, text, ...chosen, ...files }, user, instead)
  }

  #begin(asked: NewTurn, user: Entry | undefined, instead: Entry | undefined) {
    const body = documents.on ? { ...asked, useKnowledge: true } : asked
    const before = this.entries
    const others = instead?.siblings.ids ?? []
    const path = instead ? before.slice(0, before.indexOf(instead)) : before
    const parentId = user?.id ?? body.parentId
    const answer = new Entry({ id: body.turnId, role: 'assistant', parentId, turnId: body.turnId, status: 'streaming' })
    this.problem = null
    this.entries = [...path, ...(user ? [user] : []), answer]
    this.#follow(
      new Turn({ turnId: body.turnId, conversationId: this.id, body }, answer, {
        started: ({ userMessageId, messageId }) => {
          user?.settle(userMessageId, others)
          answer.parentId = userMessageId
          answer.settle(messageId, user ? [] : others)
          this.#accepted(body)
        },
        titled: (title) => conversations.showTitle(this.id, title),
        over: (problem) => this.#over(problem, () => this.#takeBack(body, user, before, problem)),
      }),
    )
  }

  /** Reads on an answer that was begun before this page was opened, or in another tab. */
  #attach(answer: Entry, turnId: string) {
    this.#follow(
      new Turn({ turnId, conversationId: this.id }, answer, {
        started: () => {},
        titled: (title) => conversations.showTitle(this.id, title),
        over: (problem) => this.#over(problem, () => {}),
      }),
    )
  }

  #follow(turn: Turn) {
    this.turn = turn
    this.#turns++
    standings[this.id] = 'answering'
    void turn.follow()
  }

  #accepted(body: NewTurn) {
    const now = isoNow()
    const known = this.conversation ?? freshConversation(body, now)
    this.loaded = known
    this.writing.arrived(body.turnId)
    conversations.put({ ...known, updatedAt: now })
    tellTabs({ type: 'conversation', id: this.id })
  }

  #over(problem: Problem | undefined, takeBack: () => void) {
    const accepted = this.turn?.accepted
    standings[this.id] = accepted && !this.#left ? 'answered' : undefined
    if (this.#left) return
    if (accepted) this.#charge(this.entries.at(-1)?.usage?.costMicros ?? 0)
    this.turn = null
    this.problem = problem ?? null
    if (!accepted) takeBack()
    else if (!problem) void import('./keep-copy').then(({ keepCopy }) => keepCopy(this)).catch(() => undefined)
    // The answer is somewhere between here and its end, or another is being written: the API knows.
    if (problem?.code === 'conflict' || (problem && accepted && problem.code !== 'signed_out') || this.#outdated)
      void this.load()
    this.#outdated = false
    tellTabs({ type: 'conversation', id: this.id })
    this.#sayQueued()
  }

  #charge(costMicros: number) {
    const known = conversations.find(this.id)
    if (known) conversations.put({ ...known, costMicros: known.costMicros + costMicros })
  }

  #sayQueued() {
    const queued = !this.#left && this.writing.next()
    // What was said before it may still have to be said again.
    if (!queued || this.writing.unheard) return
    const last = this.entries.at(-1)
    if (this.problem || (last && last.status !== 'complete')) this.writing.unqueue()
    else this.#say(queued)
  }

  /** A turn that was not taken up leaves no trace, and its text goes back to where it was written. */
  #takeBack({ text, turnId }: NewTurn, user: Entry | undefined, before: Entry[], problem: Problem | undefined) {
    this.entries = before
    // It may have arrived all the same: under its old id it can not be said twice.
    if (user)
      this.writing.takeBack({ text, attachments: user.attachments }, !problem || passes(problem) ? turnId : undefined)
  }
}
