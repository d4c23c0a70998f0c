import type { MessagesPage } from '@macro-ai/shared'
import { callJson } from './api'
import { Entry } from './entry.svelte'
import type { Patience } from './patience.svelte'
import { problemOf, type Problem } from './problem'

type Path = { readonly id: string; readonly patience: Patience; entries: Entry[] }

/** What a conversation holds before the messages that are here: it comes a page at a time, as the reader goes up. */
export class Older {
  #path: Path
  /** Where what is older ends; null where all is here. */
  cursor = $state<string | null>(null)
  #loading = false
  /** Why it could not be loaded. */
  problem = $state.raw<Problem | null>(null)

  constructor(path: Path) {
    this.#path = path
  }

  get more(): boolean {
    return this.cursor !== null
  }

  async load() {
    const before = this.cursor
    if (before === null || this.#loading) return
    this.#loading = true
    this.problem = null
    const path = this.#path
    try {
      const address = `/conversations/${path.id}/messages?before=${encodeURIComponent(before)}`
      const page = await path.patience.until(() => callJson<MessagesPage>(address))
      // Another branch may be shown by now, which has older ones of its own.
      if (this.cursor !== before) return
      path.entries = [...page.messages.map((message) => new Entry(message)), ...path.entries]
      this.cursor = page.olderCursor
    } catch (thrown) {
      this.problem = problemOf(thrown)
    } finally {
      this.#loading = false
    }
  }
}
