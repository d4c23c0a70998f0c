import { CallFailed, passes, problemOf, type Problem } from './problem'

export type Wait = { problem: Problem; untilMs: number }

const mostAttempts = 10
const longestMs = 30_000

/** Tries something again while what stands in the way may pass, and says meanwhile what it waits for and how long. */
export class Patience {
  wait = $state.raw<Wait | null>(null)
  #attempts = 0
  #wake = () => {}

  /** Runs `task` until it succeeds. Throws when its problem will not pass, has not after many attempts, or `left` is aborted. */
  async until<Result>(task: () => Promise<Result>, left?: AbortSignal): Promise<Result> {
    this.#attempts = 0
    for (;;) {
      try {
        const result = await task()
        this.wait = null
        return result
      } catch (thrown) {
        if (!left?.aborted) await this.#pause(problemOf(thrown))
        left?.throwIfAborted()
      }
    }
  }

  /** What was waited for has moved on: the next trouble is a new one. */
  progress() {
    this.#attempts = 0
    this.wait = null
  }

  /** Tries now instead of later. */
  hurry() {
    this.#wake()
  }

  async #pause(problem: Problem) {
    // Being offline is not a failed attempt: it lasts as long as it lasts.
    const offline = !navigator.onLine
    if (!offline) this.#attempts++
    if (!passes(problem) || this.#attempts > mostAttempts) {
      this.wait = null
      throw new CallFailed(problem)
    }
    const backoffMs = Math.min(longestMs, 500 * 2 ** (this.#attempts - 1)) * (0.75 + Math.random() / 2)
    const ms = offline ? longestMs : Math.max(backoffMs, (problem.retryAfterSeconds ?? 0) * 1000)
    this.wait = { problem, untilMs: Date.now() + ms }
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        removeEventListener('online', wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      addEventListener('online', wake)
      this.#wake = wake
    })
  }
}
