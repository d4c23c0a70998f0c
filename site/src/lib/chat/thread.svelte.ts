import type { Conversation, Message, MessagesPage, NewTurn, OpenConversation } from '@macro-ai/shared'
import { newId } from '@macro-ai/shared/uuid'
import { callJson } from './api'
import { conversations } from './conversations.svelte'
import { keepDraft, readDraft } from './drafts'
import { Entry } from './entry.svelte'
import { isoNow } from './format'
import { Patience } from './patience.svelte'
import { passes, problemOf, type Problem } from './problem'
import { tellTabs } from './tabs'
import { Turn } from './turn.svelte'

type Opening = 'loading' | 'ready' | 'failed'

/** One conversation: the active path through its tree, what is being answered, and what is being written. */
export class Thread {
  readonly id: string
  /** A conversation that nobody has said anything in shares one draft with all such. */
  #draftKey: string
  readonly patience = new Patience()
  opening = $state<Opening>('loading')
  entries = $state.raw<Entry[]>([])
  turn = $state.raw<Turn | null>(null)
  /** Why the last thing that was asked for did not happen. */
  problem = $state.raw<Problem | null>(null)
  draft = $state('')
  /** What to say next, once the running answer is complete. */
  queued = $state('')
  #olderCursor = $state<string | null>(null)
  #loadingOlder = false
  /** Why older messages could not be loaded. */
  olderFailed = $state.raw<Problem | null>(null)
  #left = false
  #conversation = $state.raw<Conversation | null>(null)

  hasOlder = $derived(this.#olderCursor !== null)

  constructor(id: string, isNew: boolean) {
    this.id = id
    this.#draftKey = isNew ? 'new' : id
    this.draft = readDraft(this.#draftKey).text
    if (isNew) this.opening = 'ready'
    else void this.load()
  }

  get title(): string {
    return conversations.find(this.id)?.title ?? this.#conversation?.title ?? ''
  }

  /** What its answers have cost so far. */
  get costMicros(): number {
    return (conversations.find(this.id) ?? this.#conversation)?.costMicros ?? 0
  }

  get instructions(): string {
    return this.#conversation?.instructions ?? ''
  }

  async load() {
    try {
      const opened = await this.patience.until(() => callJson<OpenConversation>(`/conversations/${this.id}`))
      this.#show(opened)
      this.opening = 'ready'
    } catch (thrown) {
      this.problem = problemOf(thrown)
      // A first message that never arrived leaves a conversation that exists only here, in its draft.
      this.opening = this.problem.code === 'not_found' && this.draft ? 'ready' : 'failed'
      if (this.opening === 'ready') this.problem = null
    }
    if (this.queued && !this.turn) this.#sendQueued()
  }

  async loadOlder() {
    const before = this.#olderCursor
    if (before === null || this.#loadingOlder) return
    this.#loadingOlder = true
    this.olderFailed = null
    try {
      const path = `/conversations/${this.id}/messages?before=${encodeURIComponent(before)}`
      const page = await this.patience.until(() => callJson<MessagesPage>(path))
      // Another branch may be shown by now, which has older ones of its own.
      if (this.#olderCursor !== before) return
      this.entries = [...page.messages.map((message) => new Entry(message)), ...this.entries]
      this.#olderCursor = page.olderCursor
    } catch (thrown) {
      this.olderFailed = problemOf(thrown)
    } finally {
      this.#loadingOlder = false
    }
  }

  /** Ends it here, for a conversation that was deleted: what is still said in it is not heard. */
  leave() {
    this.#left = true
    this.turn?.abandon()
  }

  write(text: string) {
    this.draft = text
    this.#keep()
  }

  /** Keeps what has not been sent, queued words too. */
  #keep(turnId?: string) {
    keepDraft(this.#draftKey, { text: [this.queued, this.draft].filter(Boolean).join('\n\n'), turnId })
  }

  /** Says something after the newest message, or in place of `instead`, which stays as another branch. */
  send(text: string, instead?: Entry) {
    const kept = readDraft(this.#draftKey)
    const parentId = instead ? instead.parentId : (this.entries.at(-1)?.id ?? null)
    const turnId = kept.text === text && kept.turnId ? kept.turnId : newId()
    const user = new Entry({ id: newId(), role: 'user', parentId, turnId, text })
    if (!instead) {
      this.write('')
      this.#draftKey = this.id
      keepDraft(this.id, { text, turnId })
    }
    this.#begin({ turnId, conversationId: this.id, parentId, text }, user, instead)
  }

  /** Says it now, or as soon as what was said before is here and answered. */
  say(text: string) {
    if (!this.turn && this.opening !== 'loading') return this.send(text)
    this.queued = this.queued ? `${this.queued}\n\n${text}` : text
    this.write('')
  }

  unqueue() {
    const text = [this.queued, this.draft].filter(Boolean).join('\n\n')
    this.queued = ''
    this.write(text)
  }

  /** Asks for another answer beside `answer`. */
  regenerate(answer: Entry) {
    const turnId = newId()
    this.#begin(
      { turnId, conversationId: this.id, parentId: answer.parentId, text: '', regenerate: answer.id },
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

  /** Makes the branch that goes through this message the active one. */
  async showBranch(messageId: string) {
    this.problem = null
    try {
      await callJson(`/conversations/${this.id}`, { method: 'PATCH', body: { leafId: messageId } })
      this.#show(await callJson<OpenConversation>(`/conversations/${this.id}`))
      tellTabs({ type: 'conversation', id: this.id })
    } catch (thrown) {
      this.problem = problemOf(thrown)
    }
  }

  #begin(body: NewTurn, user: Entry | undefined, instead: Entry | undefined) {
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
        over: (problem) => this.#over(problem, () => this.#takeBack(body, before, problem)),
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
    void turn.follow()
  }

  #accepted({ text, turnId }: NewTurn) {
    if (readDraft(this.id).turnId === turnId) this.#keep()
    const now = isoNow()
    const known = conversations.find(this.id) ?? this.#conversation ?? freshConversation(this.id, text, now)
    conversations.put({ ...known, updatedAt: now })
    tellTabs({ type: 'conversation', id: this.id })
  }

  #over(problem: Problem | undefined, takeBack: () => void) {
    if (this.#left) return
    const accepted = this.turn?.accepted
    if (accepted) this.#charge(this.entries.at(-1)?.usage?.costMicros ?? 0)
    this.turn = null
    this.problem = problem ?? null
    if (!accepted) takeBack()
    // The answer is somewhere between here and its end, or another is being written: the API knows.
    if (problem?.code === 'conflict' || (problem && accepted && problem.code !== 'signed_out')) void this.load()
    tellTabs({ type: 'conversation', id: this.id })
    if (this.queued) this.#sendQueued()
  }

  #charge(costMicros: number) {
    const known = conversations.find(this.id)
    if (known) conversations.put({ ...known, costMicros: known.costMicros + costMicros })
  }

  #sendQueued() {
    const text = this.queued
    const last = this.entries.at(-1)
    if (this.problem || (last && last.status !== 'complete')) return this.unqueue()
    this.queued = ''
    this.send(text)
  }

  /** A turn that was not taken up leaves no trace, and its text goes back to where it was written. */
  #takeBack({ text, turnId }: NewTurn, before: Entry[], problem: Problem | undefined) {
    this.entries = before
    if (!text || this.draft) return
    this.draft = text
    // It may have arrived all the same: under its old id it can not be said twice.
    this.#keep(!problem || passes(problem) ? turnId : undefined)
  }

  #show({ conversation, messages, olderCursor }: OpenConversation) {
    if (this.#left) return
    const known = this.entries
    this.#conversation = conversation
    this.#olderCursor = olderCursor
    this.entries = messages.map((message) =>
      renewed(
        known.find(({ id }) => id === message.id),
        message,
      ),
    )
    if (messages.some(({ turnId }) => turnId !== null && turnId === readDraft(this.id).turnId)) this.write('')
    const last = this.entries.at(-1)
    if (last?.status === 'streaming' && last.turnId && !this.turn) this.#attach(last, last.turnId)
  }
}

const renewed = (known: Entry | undefined, message: Message): Entry => {
  known?.update(message)
  return known ?? new Entry(message)
}

/** How a conversation looks until the API tells: called by its first words. */
const freshConversation = (id: string, text: string, now: string): Conversation => ({
  id,
  title: text.trim().split('\n')[0]?.slice(0, 60) ?? '',
  pinned: false,
  archived: false,
  model: null,
  instructions: '',
  leafId: null,
  costMicros: 0,
  createdAt: now,
  updatedAt: now,
})
