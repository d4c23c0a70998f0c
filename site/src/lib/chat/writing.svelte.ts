import { newId } from '@macro-ai/shared/uuid'
import { sameFiles, type Attached } from './attached'
import { keepDraft, keepUnsent, readDraft, readUnsent, type Queued } from './drafts'

const joined = (...texts: (string | undefined)[]) => texts.filter(Boolean).join('\n\n')

/** What is being written for one conversation, and what waits to be said in it; kept across reloads. */
export class Writing {
  readonly #id: string
  /** A conversation that nobody has said anything in shares one draft with all such. */
  #key: string
  text = $state('')
  /** The files that go along with it. */
  attachments = $state.raw<Attached[]>([])
  /** What to say next, once the running answer is complete. */
  queued = $state.raw<Queued | null>(null)
  /** The model chosen before there is a conversation to remember it. */
  model = $state<string | null>(null)
  /** The assistant that a conversation is to begin with. */
  assistantId = $state<string | null>(null)

  constructor(id: string, isNew: boolean) {
    this.#id = id
    this.#key = isNew ? 'new' : id
    const { text, attachments, queued, model, assistantId } = readDraft(this.#key)
    this.text = text
    this.attachments = attachments ?? []
    this.queued = queued ?? null
    this.model = model ?? null
    this.assistantId = assistantId ?? null
  }

  write(text: string) {
    this.text = text
    this.#keep()
  }

  attach(file: Attached) {
    this.attachments = [...this.attachments.filter(({ id }) => id !== file.id), file]
    this.#keep()
  }

  detach(id: string) {
    this.attachments = this.attachments.filter((file) => file.id !== id)
    this.#keep()
  }

  assist(assistantId: string | null) {
    this.assistantId = assistantId
    this.#keep()
  }

  choose(model: string | null) {
    this.model = model
    this.#keep()
  }

  /** The turn that this text is sent as: the one it was sent as before, should that never have been heard of. */
  turnIdFor(text: string, attachments: readonly Attached[]): string {
    const kept = readDraft(this.#key)
    return (kept.text === text && sameFiles(kept.attachments, attachments) && kept.turnId) || newId()
  }

  /** The draft is on its way as a turn. */
  sent(turnId: string, text: string, attachments: Attached[]) {
    this.text = ''
    this.attachments = []
    if (this.#key !== this.#id) {
      keepDraft(this.#key, { text: '' })
      keepUnsent(this.#id)
    }
    this.#key = this.#id
    this.#keep({ turnId, text, attachments })
  }

  /** The API has this turn: its text needs no keeping here. */
  arrived(turnId: string) {
    const kept = readDraft(this.#key)
    if (kept.turnId !== turnId && kept.queued?.turnId !== turnId) return
    if (kept.turnId === turnId && this.text === kept.text && sameFiles(this.attachments, kept.attachments)) {
      this.text = ''
      this.attachments = []
    }
    if (this.queued?.turnId === turnId) this.queued = null
    if (readUnsent() === this.#id) keepUnsent('')
    this.model = null
    this.assistantId = null
    this.#keep()
  }

  /** What was not taken up goes back to where it was written; with its turn's id if it may have arrived all the same. */
  takeBack({ text, attachments = [] }: Pick<Queued, 'text' | 'attachments'>, turnId?: string) {
    const alone = this.text === '' && this.attachments.length === 0
    if (this.queued?.text === text) this.queued = null
    this.text = joined(text, this.text)
    this.#bring(attachments)
    this.#keep(alone ? { turnId } : {})
  }

  queue(text: string) {
    const attachments = [...(this.queued?.attachments ?? []), ...this.attachments]
    // What was sent before, and perhaps not heard of, waits as the same turn.
    const turnId = this.queued ? newId() : this.turnIdFor(text, attachments)
    this.queued = { turnId, text: joined(this.queued?.text, text), attachments }
    this.attachments = []
    this.write('')
  }

  /** Takes back what is queued: to be changed in the composer, or away for good. */
  unqueue({ away = false } = {}) {
    const text = joined(away ? '' : this.queued?.text, this.text)
    if (!away) this.#bring(this.queued?.attachments)
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

  #bring(attachments: Attached[] = []) {
    this.attachments = [
      ...attachments,
      ...this.attachments.filter(({ id }) => !attachments.some((one) => one.id === id)),
    ]
  }

  #keep(sent: { text?: string; turnId?: string; attachments?: Attached[] } = {}) {
    const { text, attachments, queued, model, assistantId } = this
    keepDraft(this.#key, { text, attachments, queued, model, assistantId, ...sent })
  }
}
