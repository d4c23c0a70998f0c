import { wantsCalm } from '$lib/design/look'
import { untrack } from 'svelte'

/** Text is shown about this long after it came: enough to bridge the pauses between the pieces it comes in. */
const lagMs = 120
/** More than this at once is not news but a replay, of which only the end is worth watching. */
const maxBehind = 600
const halfPair = /[\uD800-\uDBFF]$/

/**
 * A text that arrives in bursts, given out evenly from frame to frame. A reader who wants less motion, and one who comes
 * when it has ended, get all there is at once.
 */
export class Flow {
  #length = $state(0)
  #frame = 0
  readonly #arrived: () => string
  readonly #growing: () => boolean

  constructor(arrived: () => string, growing: () => boolean) {
    this.#arrived = arrived
    this.#growing = growing
    this.#length = growing() ? 0 : arrived().length
    $effect(() => {
      const { length } = arrived()
      const still = !growing() || wantsCalm()
      untrack(() => (this.#length = still ? length : Math.max(this.#length, length - maxBehind)))
      if (still) this.#rest()
      else this.#run()
    })
    $effect(() => () => this.#rest())
  }

  get text(): string {
    return this.#growing() ? this.#arrived().slice(0, this.#length) : this.#arrived()
  }

  /** Advances with each frame until nothing is left to show. */
  #run() {
    if (this.#frame) return
    let before = performance.now()
    const step = (now: number) => {
      const text = untrack(this.#arrived)
      const left = text.length - this.#length
      let next = this.#length + Math.max(1, Math.round((left * (now - before)) / lagMs))
      if (halfPair.test(text.slice(next - 1, next))) next++
      this.#length = Math.min(text.length, next)
      before = now
      this.#frame = left > 0 ? requestAnimationFrame(step) : 0
    }
    this.#frame = requestAnimationFrame(step)
  }

  #rest() {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
  }
}
