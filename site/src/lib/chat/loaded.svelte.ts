import { callJson } from './api'
import { Patience } from './patience.svelte'
import { problemOf, type Problem } from './problem'

/** Something that a page asks the API for when it opens: here, on its way, or why it is not. */
export class Loaded<Value> {
  value = $state.raw<Value>()
  problem = $state.raw<Problem | null>(null)
  readonly patience = new Patience()
  #path: string
  #asking: Promise<void> | undefined
  #changes = 0

  constructor(path: string) {
    this.#path = path
  }

  /** Asks for it, again too; what is shown stays until the answer is here. */
  load = () => (this.#asking ??= this.#ask().finally(() => (this.#asking = undefined)))

  /** Takes over what a change has made of it; what was asked for before that is out of date. */
  put(value: Value) {
    this.#changes += 1
    this.value = value
  }

  async #ask() {
    this.problem = null
    const changes = this.#changes
    try {
      const value = await this.patience.until(() => callJson<Value>(this.#path))
      if (changes === this.#changes) this.value = value
    } catch (thrown) {
      this.problem = problemOf(thrown)
    }
  }
}
