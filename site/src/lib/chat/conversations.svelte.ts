import type { Conversation, ConversationPage, ConversationPatch } from '@macro-ai/shared'
import { callJson } from './api'
import { period } from './format'
import { Patience } from './patience.svelte'
import { problemOf, type Problem } from './problem'
import { tellTabs } from './tabs'

type Group = { label: string; items: Conversation[] }

const newestFirst = (a: Conversation, b: Conversation) => (a.updatedAt < b.updatedAt ? 1 : -1)

/** The sidebar's list, page by page. */
class Conversations {
  items = $state.raw<Conversation[]>([])
  loaded = $state(false)
  problem = $state.raw<Problem | null>(null)
  readonly patience = new Patience()
  /** Called with each conversation that is deleted. */
  onremove: (id: string) => void = () => {}
  #cursor = $state<string | null>(null)
  #loading = false
  /** What changed here while a page was on its way: the page does not know it yet. */
  #changed: string[] = []

  more = $derived(this.#cursor !== null)
  groups = $derived(groupsOf(this.items))

  /** Loads the newest page, over whatever is shown. */
  refresh = () => this.#load(null)
  loadMore = () => (this.#cursor === null ? Promise.resolve() : this.#load(this.#cursor))

  find = (id: string) => this.items.find((conversation) => conversation.id === id)

  /** Puts a conversation where its time says, be it new or changed. */
  put(conversation: Conversation) {
    this.#changed.push(conversation.id)
    this.items = [conversation, ...this.items.filter(({ id }) => id !== conversation.id)].sort(newestFirst)
  }

  /** Shows a change before the API has agreed to it, and takes it back if it does not. */
  async change(id: string, patch: ConversationPatch) {
    const before = this.find(id)
    if (before) this.put({ ...before, ...patch })
    try {
      const changed = await callJson<Conversation>(`/conversations/${id}`, { method: 'PATCH', body: patch })
      // It may have been deleted meanwhile.
      if (!before || this.find(id)) this.put(changed)
      tellTabs({ type: 'conversations' })
    } catch (thrown) {
      if (before) this.put(before)
      throw thrown
    }
  }

  /** Titles that the model gave are only shown: the API has them already. */
  showTitle(id: string, title: string) {
    const conversation = this.find(id)
    if (conversation) this.put({ ...conversation, title })
  }

  async remove(id: string) {
    const before = this.items
    this.onremove(id)
    this.#changed.push(id)
    this.items = before.filter((conversation) => conversation.id !== id)
    try {
      await callJson(`/conversations/${id}`, { method: 'DELETE' })
      tellTabs({ type: 'conversations' })
    } catch (thrown) {
      this.items = before
      throw thrown
    }
  }

  async restore(conversation: Conversation) {
    await callJson(`/conversations/${conversation.id}/restore`, { method: 'POST' })
    this.put(conversation)
    tellTabs({ type: 'conversations' })
  }

  async #load(cursor: string | null) {
    if (this.#loading) return
    this.#loading = true
    this.#changed = []
    this.problem = null
    try {
      const query = cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''
      const page = await this.patience.until(() => callJson<ConversationPage>(`/conversations${query}`))
      const come = page.items.filter(({ id }) => !this.#changed.includes(id))
      const stay = this.items.filter(
        ({ id }) => (cursor !== null || this.#changed.includes(id)) && !come.some((item) => item.id === id),
      )
      this.items = [...stay, ...come].sort(newestFirst)
      this.#cursor = page.nextCursor
      this.loaded = true
    } catch (thrown) {
      this.problem = problemOf(thrown)
    } finally {
      this.#loading = false
    }
  }
}

const groupsOf = (items: Conversation[]): Group[] => {
  const pinned = items.filter((item) => item.pinned)
  const byPeriod = Object.groupBy(
    items.filter((item) => !item.pinned),
    (item) => period(item.updatedAt),
  )
  const groups = Object.entries(byPeriod).map(([label, items = []]) => ({ label, items }))
  return pinned.length > 0 ? [{ label: 'Pinned', items: pinned }, ...groups] : groups
}

export const conversations = new Conversations()
