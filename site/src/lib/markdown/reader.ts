import { Scan } from './inline.ts'
import type { Inline } from './nodes.ts'

/** Reads one text that grows, again only from where it was not settled. */
export class InlineReader {
  /** Characters looked at so far: the measure of the work done. */
  scanned = 0
  #prefix = ''
  #settled: readonly Inline[] = []

  read(text: string, tail: boolean): Inline[] {
    if (!text.startsWith(this.#prefix)) {
      this.#prefix = ''
      this.#settled = []
    }
    const scan = new Scan(text, this.#prefix.length, { tail })
    this.scanned += text.length - this.#prefix.length
    const nodes = [...this.#settled, ...scan.nodes]
    if (tail) {
      this.#settled = nodes.slice(0, this.#settled.length + scan.settled)
      this.#prefix = text.slice(0, scan.settledAt)
    }
    return nodes
  }
  /** A table's cell: short, and read once when its row is whole. */
  readCell(text: string, tail: boolean): Inline[] {
    this.scanned += text.length
    return new Scan(text, 0, { tail, cell: true }).nodes
  }
}
