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

  constructor(path: string) {
    this.#path = path
  }

  /** Asks for it, again too; what is shown stays until the answer is here. */
  load = () => (this.#asking ??= this.#ask().finally(() => (this.#asking = undefined)))

  async #ask() {
    this.problem = null
    try {
      this.value = await this.patience.until(() => callJson<Value>(this.#path))
    } catch (thrown) {
      this.problem = problemOf(thrown)
    }
  }
}
