import { matchAt } from './patterns.ts'
import { lookAhead } from './urls.ts'

/** Looks for what closes an inline construct, not far ahead, and remembers what it looked for in vain. */
export class Search {
  readonly #text: string
  readonly #growing: boolean
  /** Before this index there is none, so no stretch is searched twice. */
  readonly #without = new Map<string, number>()

  constructor(text: string, growing: boolean) {
    this.#text = text
    this.#growing = growing
  }

  /** Its index, -1 for nowhere, undefined when the text may yet bring it. */
  close(close: string, from: number): number | undefined {
    const start = Math.max(from, this.#without.get(close) ?? 0)
    const found = this.#text.slice(start, from + lookAhead).indexOf(close)
    if (found >= 0) return start + found
    this.#without.set(close, Math.max(start, from + lookAhead - close.length + 1))
    return this.#growing && from + lookAhead >= this.#text.length ? undefined : -1
  }

  /** As `close`, but no part of a longer run of the same character. */
  run(run: string, from: number): number | undefined {
    for (let at = from; at <= from + lookAhead;) {
      const found = this.close(run, at)
      if (found === undefined || found < 0) return found
      const { length } = matchAt(/`+/y, this.#text, found)?.[0] ?? run
      if (length === run.length) return found
      at = found + length
    }
    return -1
  }
}
