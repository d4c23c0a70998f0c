import type { Conversation, ConversationPage } from '@macro-ai/shared'
import * as m from '$messages'
import { callJsonTwice } from './api'
import { period } from './format'
import { Patience } from './patience.svelte'
import { problemOf, type Problem } from './problem'

type Group = { label: string; items: Conversation[] }

/** A list that was loaded so lately is not loaded again because somebody looks. */
const freshMs = 60_000

const newestFirst = (a: Conversation, b: Conversation) => (a.updatedAt < b.updatedAt ? 1 : -1)

/** A list of the sidebar, page by page: what is active, or what is archived. */
class Conversations {
  readonly #archived: boolean
  items = $state.raw<Conversation[]>([])
  loaded = $state(false)
  problem = $state.raw<Problem | null>(null)
  readonly patience = new Patience()
  #cursor = $state<string | null>(null)
  #loading = false
  #loadedAt = 0
  /** What changed here while a page was on its way: the page does not know it yet. */
  #changed: string[] = []

  more = $derived(this.#cursor !== null)
  groups = $derived(groupsOf(this.items))

  constructor(view: 'active' | 'archived') {
    this.#archived = view === 'archived'
  }

  isFresh = () => Date.now() - this.#loadedAt < freshMs

  /** Loads the newest page, over whatever is shown. */
  refresh = () => this.#load(null)
  loadMore = () => (this.#cursor === null ? Promise.resolve() : this.#load(this.#cursor))

  find = (id: string) => this.items.find((conversation) => conversation.id === id)

  /** Puts a conversation where its time says, be it new or changed; away if it is not of this list. */
  put(conversation: Conversation) {
    this.drop(conversation.id)
    if (conversation.archived === this.#archived) this.items = [conversation, ...this.items].sort(newestFirst)
  }

  drop(id: string) {
    this.#changed.push(id)
    this.items = this.items.filter((conversation) => conversation.id !== id)
  }

  /** Titles that the model gave are only shown: the API has them already. */
  showTitle(id: string, title: string) {
    const conversation = this.find(id)
    if (conversation) this.put({ ...conversation, title })
  }

  async #load(cursor: string | null) {
    if (this.#loading) return
    this.#loading = true
    this.#changed = []
    this.problem = null
    try {
      const path = this.#archived ? '/conversations?view=archived' : '/conversations'
      const after = cursor ? `${this.#archived ? '&' : '?'}cursor=${encodeURIComponent(cursor)}` : ''
      const early = (saved: ConversationPage) => !this.loaded && this.#show(saved, null)
      const page = await this.patience.until(() => callJsonTwice<ConversationPage>(path + after, early))
      this.#show(page, cursor)
      this.#loadedAt = Date.now()
    } catch (thrown) {
      this.problem = problemOf(thrown)
    } finally {
      this.#loading = false
    }
  }

  #show({ items, nextCursor }: ConversationPage, cursor: string | null) {
    const come = items.filter(({ id }) => !this.#changed.includes(id))
    const stay = this.items.filter(
      ({ id }) => (cursor !== null || this.#changed.includes(id)) && !come.some((item) => item.id === id),
    )
    this.items = [...stay, ...come].sort(newestFirst)
    this.#cursor = nextCursor
    this.loaded = true
  }
}

const groupsOf = (items: Conversation[]): Group[] => {
  const pinned = items.filter((item) => item.pinned)
  const byPeriod = Object.groupBy(
    items.filter((item) => !item.pinned),
    (item) => period(item.updatedAt),
  )
  const groups = Object.entries(byPeriod).map(([label, items = []]) => ({ label, items }))
  return pinned.length > 0 ? [{ label: m.pinned(), items: pinned }, ...groups] : groups
}

export const conversations = new Conversations('active')
export const archive = new Conversations('archived')

export const findConversation = (id: string) => conversations.find(id) ?? archive.find(id)
