import type { Message } from '@macro-ai/shared'
import { isoNow } from './format'

type Known = Omit<Message, 'parentId'>

/** One message as the page shows it. It may be on its way: its fields change as the turn's events arrive. */
export class Entry {
  /** Stays the same when the message gets its real id, so that its element does too. */
  readonly key: string
  readonly role: Message['role']
  readonly createdAt: string
  id: string
  parentId: string | null
  turnId: string | null
  text = $state('')
  attachments = $state.raw<Message['attachments']>([])
  status = $state<Message['status']>('complete')
  sources = $state.raw<Message['sources']>([])
  error = $state.raw<Message['error']>(null)
  model = $state<string | null>(null)
  usage = $state.raw<Message['usage']>(null)
  siblings = $state.raw<Message['siblings']>({ index: 0, count: 1, ids: [] })
  /** Whether its text is being changed, to be said anew. */
  editing = $state(false)
  /** Whether all of a long text is shown. */
  unfolded = $state(false)

  constructor(message: Pick<Message, 'id' | 'role' | 'parentId' | 'turnId'> & Partial<Known>) {
    this.key = message.id
    this.role = message.role
    this.createdAt = message.createdAt ?? isoNow()
    this.id = message.id
    this.parentId = message.parentId
    this.turnId = message.turnId
    this.update(message)
  }

  /** Takes over what the API now says of this message. */
  update(message: Partial<Known>) {
    this.text = message.text ?? this.text
    this.attachments = message.attachments ?? this.attachments
    this.status = message.status ?? this.status
    this.sources = message.sources ?? this.sources
    this.error = message.error ?? null
    this.model = message.model ?? this.model
    this.usage = message.usage ?? this.usage
    this.siblings = message.siblings ?? this.siblings
  }

  /** The API has stored this message under `id`, beside the `others` that share its parent. */
  settle(id: string, others: readonly string[]) {
    const ids = [...others.filter((other) => other !== id), id]
    this.id = id
    this.siblings = { index: ids.length - 1, count: ids.length, ids }
  }
}
