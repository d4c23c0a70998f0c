import { Blocks } from './blocks.ts'
import { Builder } from './build.ts'
import { InlineReader } from './reader.ts'
import type { Block, Footnote } from './nodes.ts'
import { holdsLine } from './tail.ts'

export interface Reading {
  readonly blocks: readonly Block[]
  /** The blocks in sections, in groups of sections; a finished one of either is the same array again, which drawing skips. */
  readonly groups: readonly Group[]
  /** So many of the blocks are finished: they are the same objects in every later reading of the growing text. */
  readonly finished: number
  readonly footnotes: readonly Footnote[]
  /** What reference labels lead to. */
  readonly definitions: ReadonlyMap<string, string | undefined>
  /** The numbers of footnotes by their labels. */
  readonly notes: ReadonlyMap<string, number>
}

/** Blocks that are laid out and painted together: about half a screen. */
const sectionLength = 8
/** Sections that are passed over together once the text has grown beyond them. */
const groupLength = 8

type Section = readonly Block[]
type Group = readonly Section[]

type Finished = { drafts: number; blocks: Block[]; footnotes: Footnote[] }
const nothingFinished = (): Finished => ({ drafts: 0, blocks: [], footnotes: [] })

/**
 * Markdown that grows at its end. Each reading parses only the lines that are new and the inline syntax that was not
 * settled yet, so an answer costs time linear in its length, and the last reading equals one of the whole text at once.
 *
 * Our own parser, because one that reads a text as a whole (marked's lexer, 15.3 kB gzip) must read an open list, table or
 * paragraph again for each append, and has no bounds against hostile input. This one, all of it, is 8.0 kB gzip.
 */
export class MarkdownDocument {
  #text = ''
  #blocks = new Blocks()
  #inlines = new InlineReader()
  /** Where the first line begins that has not ended yet. */
  #lineStart = 0
  #finishedSections: Section[] = []
  #finishedGroups: Group[] = []
  /** What has been built of the parts that are done, so that a reading need not go through them. */
  #finished: Finished = nothingFinished()

  /** Characters looked at so far, the measure of the work done. */
  get scanned(): number {
    return this.#lineStart + this.#inlines.scanned
  }

  /** Reads a text, cheaply if it continues the last one. While `growing`, its unfinished end is completed or held back. */
  read(text: string, growing: boolean): Reading {
    // Not `startsWith`, which in V8 compares letter by letter.
    if (text.slice(0, this.#text.length) !== this.#text) this.#restart()
    this.#feed(text)
    const view = this.#blocks.fork()
    const last = text.slice(this.#lineStart)
    const shown = growing ? last.trim() !== '' && !holdsLine(last, view.fence) : last !== ''
    if (shown) view.line(withoutReturn(last))
    else if (growing) view.withholdTableHead()
    if (!growing) view.close()

    const { definitions, footnotes: notes } = view
    const builder = new Builder(this.#inlines, growing)
    this.#finish(builder)
    const { drafts } = this.#finished
    const open = { ...view.root, children: view.root.children.slice(drafts) }
    const blocks = [...this.#finished.blocks, ...builder.blocks(open)]
    const footnotes = [...this.#finished.footnotes, ...builder.footnotes(open)]
    const finished = this.#finished.blocks.length
    return { blocks, groups: this.#divide(blocks, finished), finished, footnotes, definitions, notes }
  }

  /** Builds what is done since the last time: all but the block that the text still grows in. */
  #finish(builder: Builder): void {
    const finished = this.#finished
    const { children } = this.#blocks.root
    const end = children.at(-1)?.open ? children.length - 1 : children.length
    const done = { ...this.#blocks.root, children: children.slice(finished.drafts, end) }
    finished.drafts = end
    finished.blocks.push(...builder.blocks(done))
    finished.footnotes.push(...builder.footnotes(done))
  }

  #divide(blocks: readonly Block[], finished: number): readonly Group[] {
    const sections = partsOf(blocks, sectionLength, finished, this.#finishedSections)
    return partsOf(sections, groupLength, this.#finishedSections.length, this.#finishedGroups)
  }

  #feed(text: string): void {
    let end = text.indexOf('\n', this.#text.length)
    for (; end >= 0; end = text.indexOf('\n', this.#lineStart)) {
      this.#blocks.line(withoutReturn(text.slice(this.#lineStart, end)))
      this.#lineStart = end + 1
    }
    this.#text = text
  }

  #restart(): void {
    this.#text = ''
    this.#lineStart = 0
    this.#finishedSections = []
    this.#finishedGroups = []
    this.#finished = nothingFinished()
    this.#blocks = new Blocks()
    this.#inlines = new InlineReader()
  }
}

/** What is given in parts of so many, of which those that are finished are kept: with the next time the same arrays. */
const partsOf = <Item>(
  items: readonly Item[],
  length: number,
  finished: number,
  kept: (readonly Item[])[],
): readonly (readonly Item[])[] => {
  const parts = [...kept]
  for (let from = parts.length * length; from < items.length; from += length) {
    const part = items.slice(from, from + length)
    parts.push(part)
    if (from + length <= finished) kept.push(part)
  }
  return parts
}

const withoutReturn = (line: string): string =>
  (line.endsWith('\r') ? line.slice(0, -1) : line).replaceAll('\0', '\ufffd')
