import type { Inline } from './nodes.ts'

/** A run of `*`, `_` or `~` that may yet open or close something. */
export interface Delimiter {
  readonly kind: 'delimiter'
  readonly char: string
  count: number
  /** As written: CommonMark's rule of three looks at it. */
  readonly written: number
  readonly canOpen: boolean
  readonly canClose: boolean
  /** Inside a word, as in `5*3`: it may open, but while it is unclosed it is more likely just a character. */
  readonly inWord: boolean
}

type Part = Inline | Delimiter
/** Bounds the depth of the tree, and so of the recursion that draws it, and keeps the search for an opener short. */
const maxOpeners = 16
const longestRun = 4

const space = /^$|\s/
const mark = /[\p{P}\p{S}]/u

/** Judges a run by its neighbours (CommonMark's flanking rules); '' stands for the edge of the text. */
export const delimiter = (run: string, before: string, after: string): Part => {
  const char = run[0] as string
  if (run.length > (char === '~' ? 2 : longestRun)) return { kind: 'text', text: run }
  const left = !space.test(after) && (!mark.test(after) || space.test(before) || mark.test(before))
  const right = !space.test(before) && (!mark.test(before) || space.test(after) || mark.test(after))
  const strict = char === '_'
  const canOpen = left && (!strict || !right || mark.test(before))
  const canClose = right && (!strict || !left || mark.test(after))
  if (!canOpen && !canClose) return { kind: 'text', text: run }
  const inWord = !space.test(before) && !mark.test(before)
  return { kind: 'delimiter', char, count: run.length, written: run.length, canOpen, canClose, inWord }
}

const pairs = (opener: Delimiter, closer: Delimiter): boolean => {
  if (opener.char !== closer.char) return false
  if (opener.char === '~') return opener.count === closer.count
  const both = (opener.canOpen && opener.canClose) || (closer.canOpen && closer.canClose)
  return !both || (opener.written + closer.written) % 3 !== 0 || (opener.written % 3 === 0 && closer.written % 3 === 0)
}

const wrap = (char: string, count: number, children: Inline[]): Inline => ({
  kind: char === '~' ? 'strike' : count === 2 ? 'strong' : 'emphasis',
  children,
})

const literal = (part: Part): Inline =>
  part.kind === 'delimiter' ? { kind: 'text', text: part.char.repeat(part.count) } : part

/** Inline nodes in the making: a closer is paired with its nearest opener as soon as it comes. */
export class Run {
  readonly #parts: Part[] = []
  /** Indexes into `parts`. */
  #openers: number[] = []

  get length(): number {
    return this.#parts.length
  }

  /** Nothing that comes later can change what is here. */
  get settled(): boolean {
    return this.#openers.length === 0
  }

  push(part: Part): void {
    if (part.kind !== 'delimiter') {
      this.#parts.push(part)
      return
    }
    while (part.canClose && part.count > 0 && this.#close(part));
    if (part.count === 0) return
    if (part.canOpen && this.#openers.length < maxOpeners) this.#openers.push(this.#parts.length)
    this.#parts.push(part)
  }

  /** Moves everything to another run, where closers may find openers that stand before this one. */
  pourInto(other: Run): void {
    for (const part of this.#parts) other.push(part)
  }

  /** Openers without a closer become the characters they are. */
  finish(): Inline[] {
    this.#openers = []
    return this.#parts.splice(0).map(literal)
  }

  /** As `finish`, but for text that is still growing: what is open is drawn as if it were closed, or held back if empty. */
  complete(): Inline[] {
    for (const at of this.#openers.reverse()) {
      const opener = this.#parts[at] as Delimiter
      if (opener.inWord) continue
      let children = this.#parts.splice(at + 1).map(literal)
      this.#parts.pop()
      if (children.length === 0) continue
      for (let left = opener.count; left > 0; left -= 2) children = [wrap(opener.char, Math.min(left, 2), children)]
      this.#parts.push(...(children as Part[]))
    }
    return this.finish()
  }

  #close(closer: Delimiter): boolean {
    const found = this.#openers.findLastIndex((at) => pairs(this.#parts[at] as Delimiter, closer))
    if (found < 0) return false
    const at = this.#openers[found] as number
    const opener = this.#parts[at] as Delimiter
    const used = Math.min(opener.count, closer.count, 2)
    const children = this.#parts.splice(at + 1).map(literal)
    opener.count -= used
    closer.count -= used
    this.#openers.length = opener.count > 0 ? found + 1 : found
    if (opener.count === 0) this.#parts.pop()
    this.#parts.push(wrap(opener.char, used, children))
    return true
  }
}
