import { newId } from '@macro-ai/shared/uuid'
import { keepDraft, readDraft, type Queued } from './drafts'

const joined = (...texts: (string | undefined)[]) => texts.filter(Boolean).join('\n\n')

/** What is being written for one conversation, and what waits to be said in it; kept across reloads. */
export class Writing {
  readonly #id: string
  /** A conversation that nobody has said anything in shares one draft with all such. */
  #key: string
  text = $state('')
  /** What to say next, once the running answer is complete. */
  queued = $state.raw<Queued | null>(null)
  /** The model chosen before there is a conversation to remember it. */
  model = $state<string | null>(null)

  constructor(id: string, isNew: boolean) {
    this.#id = id
    this.#key = isNew ? 'new' : id
    const { text, queued, model } = readDraft(this.#key)
    this.text = text
    this.queued = queued ?? null
    this.model = model ?? null
  }

  write(text: string) {
    this.text = text
    this.#keep()
  }

  choose(model: string | null) {
    this.model = model
    this.#keep()
  }

  /** The turn that this text is sent as: the one it was sent as before, should that never have been heard of. */
  turnIdFor(text: string): string {
    const kept = readDraft(this.#key)
    return (kept.text === text && kept.turnId) || newId()
  }

  /** The draft is on its way as a turn. */
  sent(turnId: string, text: string) {
    this.text = ''
    if (this.#key !== this.#id) keepDraft(this.#key, { text: '' })
    this.#key = this.#id
    this.#keep({ turnId, text })
  }

  /** The API has this turn: its text needs no keeping here. */
  arrived(turnId: string) {
    const kept = readDraft(this.#key)
    if (kept.turnId !== turnId && kept.queued?.turnId !== turnId) return
    if (kept.turnId === turnId && this.text === kept.text) this.text = ''
    if (this.queued?.turnId === turnId) this.queued = null
    this.model = null
    this.#keep()
  }

  /** What was not taken up goes back to where it was written; with its turn's id if it may have arrived all the same. */
  takeBack(text: string, turnId?: string) {
    const alone = this.text === ''
    if (this.queued?.text === text) this.queued = null
    this.text = joined(text, this.text)
    this.#keep(alone ? { turnId } : {})
  }

  queue(text: string) {
    this.queued = { turnId: newId(), text: joined(this.queued?.text, text) }
    this.write('')
  }

  /** Takes back what is queued: to be changed in the composer, or away for good. */
  unqueue({ away = false } = {}) {
    const text = joined(away ? '' : this.queued?.text, this.text)
    this.queued = null
    this.write(text)
  }

  /** What is to be said now. Another tab may have queued it, changed it, taken it back or sent it. */
  next(): Queued | null {
    return (this.queued = readDraft(this.#key).queued ?? null)
  }

  /** Whether something was sent of which nothing has been heard. */
  get unheard(): boolean {
    return readDraft(this.#key).turnId !== undefined
  }

  #keep(sent: { text?: string; turnId?: string } = {}) {
    const { text, queued, model } = this
    keepDraft(this.#key, { text, queued, model, ...sent })
  }
}
