import type { SearchHit, SearchPage } from '@macro-ai/shared'
import { callJson } from './api'
import { Patience } from './patience.svelte'
import { problemOf, type Problem } from './problem'

const pauseMs = 250

/** What was found for the words typed last. A search that newer words have overtaken is given up. */
export class Search {
  hits = $state.raw<SearchHit[]>([])
  /** The words that the hits are for. */
  found = $state('')
  /** Whether documents are being read again, so that not all of them was found. */
  incomplete = $state(false)
  problem = $state.raw<Problem | null>(null)
  /** The one conversation that is searched, if not all. */
  within = $state<string | null>(null)
  readonly patience = new Patience()
  #cursor = $state<string | null>(null)
  #current = new AbortController()

  more = $derived(this.#cursor !== null)

  async find(words: string) {
    const { signal } = this.#restart()
    if (!words.trim()) return this.#show('', [], null)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    if (!signal.aborted) await this.#load(words.trim(), null, signal)
  }

  loadMore = () => this.#load(this.found, this.#cursor, this.#restart().signal)

  #restart() {
    this.#current.abort()
    return (this.#current = new AbortController())
  }

  async #load(words: string, cursor: string | null, signal: AbortSignal) {
    this.problem = null
    const further = cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''
    const there = this.within ? `&conversationId=${this.within}` : ''
    const query = `q=${encodeURIComponent(words)}${further}${there}`
    try {
      const page = await this.patience.until(() => callJson<SearchPage>(`/search?${query}`), signal)
      if (signal.aborted) return
      this.#show(words, [...(cursor ? this.hits : []), ...page.items], page.nextCursor)
      this.incomplete = page.incomplete ?? false
    } catch (thrown) {
      if (!signal.aborted) this.problem = problemOf(thrown)
    }
  }

  #show(words: string, hits: SearchHit[], cursor: string | null) {
    this.found = words
    this.hits = hits
    this.#cursor = cursor
  }
}
