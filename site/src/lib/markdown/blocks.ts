import { copyOpen, isContainer, type Container, type Draft, type Paragraph } from './drafts.ts'
import { Line } from './line.ts'
import { starts, type Start } from './starts.ts'
import { splitRow } from './rows.ts'
import { looksLikeTableHead } from './tail.ts'

/** Containers deeper than this are text: it bounds the stack, and the recursion of what draws the tree. */
const maxDepth = 32
const maxDefinitions = 1000

/**
 * The block structure of a text that comes line by line, after CommonMark's algorithm: only the open blocks, from the
 * root to the last leaf, are looked at again, so a line costs the same wherever it stands.
 */
export class Blocks {
  /** Where reference labels lead; replaced, not changed, when one is added. */
  definitions: ReadonlyMap<string, string | undefined> = new Map()
  /** Footnote labels with their numbers; replaced, not changed, when one is added. */
  footnotes: ReadonlyMap<string, number> = new Map()
  private stack: Draft[] = [{ kind: 'root', open: true, children: [] }]
  /** Index in the stack of the deepest block that the current line continues. */
  private matched = 0
  private afterBlank = false

  get root(): Container {
    return this.stack[0] as Container
  }

  /** What would close the fenced code that is open, if one is. */
  get fence(): string | undefined {
    return this.tip.kind === 'code' ? this.tip.fence : undefined
  }

  /** The deepest open block. */
  get tip(): Draft {
    return this.stack.at(-1) as Draft
  }

  /** Where the current line stands so far. */
  get place(): Draft {
    return this.stack[this.matched] as Draft
  }

  get placeDepth(): number {
    return this.matched
  }

  get deep(): boolean {
    return this.matched + 2 >= maxDepth
  }

  /** A copy that may read on without touching this one. Costs as much as the open blocks have children. */
  fork(): Blocks {
    const copy = Object.assign(new Blocks(), this) as Blocks
    copy.stack = this.stack.map(copyOpen)
    copy.stack.forEach((draft, depth) => {
      const parent = copy.stack[depth - 1]
      if (parent && isContainer(parent)) parent.children[parent.children.length - 1] = draft
    })
    return copy
  }

  line(text: string): void {
    const line = new Line(text)
    this.matched = 0
    while (this.matched + 1 < this.stack.length) {
      const goesOn = this.continues(this.stack[this.matched + 1] as Draft, line)
      if (goesOn === 'closes') {
        this.afterBlank = false
        return this.closeFrom(this.matched + 1)
      }
      if (!goesOn) break
      this.matched++
    }
    const continued = this.matched
    let start: Start = 'container'
    while (start === 'container' && !(this.place.kind === 'code' && this.place.open)) start = this.start(line)
    if (start !== 'leaf') this.addText(line)
    const unbroken = this.place.kind === 'quote' || this.place.kind === 'code' || this.matched > continued
    this.afterBlank = line.blank && !unbroken
  }

  close(): void {
    this.closeFrom(1)
  }

  /** Takes away the last line of an open paragraph if it may be a table's head that waits for its row of dashes. */
  withholdTableHead(): void {
    const { tip } = this
    if (tip.kind === 'paragraph' && looksLikeTableHead(tip.last)) this.takeLast(tip)
  }

  /** Opens a block where the current line stands, and stands the line in it. */
  open(draft: Draft): void {
    this.closeFrom(this.matched + 1)
    while (!this.mayHold(this.tip, draft)) this.closeFrom(this.stack.length - 1)
    const parent = this.tip as Container
    if (this.afterBlank && parent.children.length > 0) this.loosen()
    parent.children.push(draft)
    this.stack.push(draft)
    this.matched = this.stack.length - 1
  }

  /** Takes the deepest open block out again: a paragraph that turned out to be a heading or a table. */
  takeTip(): void {
    this.stack.pop()
    ;(this.tip as Container).children.pop()
    this.matched = this.stack.length - 1
  }

  /** Takes the last line away from the open paragraph. */
  takeLast(open: Paragraph): void {
    if (open.text === open.last) this.takeTip()
    else open.text = open.text.slice(0, -open.last.length - 1)
  }

  define(label: string, href: string | undefined): void {
    this.closeFrom(this.matched + 1)
    if (this.definitions.has(label) || this.definitions.size >= maxDefinitions) return
    this.definitions = new Map(this.definitions).set(label, href)
  }

  /** Numbers a footnote; false if the label is taken. */
  number(label: string): boolean {
    if (this.footnotes.has(label) || this.footnotes.size >= maxDefinitions) return false
    this.footnotes = new Map(this.footnotes).set(label, this.footnotes.size + 1)
    return true
  }

  private start(line: Line): Start {
    if (line.blank) return 'none'
    for (const start of starts) {
      const found = start(this, line)
      if (found !== 'none') return found
    }
    return 'none'
  }

  private continues(draft: Draft, line: Line): boolean | 'closes' {
    switch (draft.kind) {
      case 'list':
        return true
      case 'quote':
        if (line.indent > 3 || line.text[line.next] !== '>') return false
        line.skipContent(1)
        line.skipColumns(1)
        return true
      case 'item':
      case 'footnote': {
        if (line.blank) return draft.children.length > 0
        const indent = draft.kind === 'item' ? draft.indent : 4
        if (line.indent < indent) return false
        line.skipColumns(indent)
        return true
      }
      case 'code':
        return this.codeContinues(draft, line)
      case 'paragraph':
      case 'table':
        return !line.blank
      default:
        return false
    }
  }

  private codeContinues(code: Extract<Draft, { kind: 'code' }>, line: Line): boolean | 'closes' {
    if (code.fence === undefined) {
      if (line.indent < 4 && !line.blank) return false
      line.skipColumns(4)
      return true
    }
    const content = line.content.trimEnd()
    if (line.indent < 4 && closes(content, code.fence)) return 'closes'
    // A formula may end behind its last line.
    if (code.language === 'math' && !/[`~]/.test(code.fence) && content.endsWith(code.fence)) {
      code.text += content.slice(0, -code.fence.length) + '\n'
      return 'closes'
    }
    line.skipColumns(code.indent)
    return true
  }

  private addText(line: Line): void {
    const lazy = this.matched < this.stack.length - 1 && !line.blank && this.tip.kind === 'paragraph'
    if (!lazy) this.closeFrom(this.matched + 1)
    const tip = this.tip
    if (tip.kind === 'paragraph') {
      tip.last = line.content
      tip.text += '\n' + tip.last
    } else if (tip.kind === 'code') tip.text += line.rest + '\n'
    else if (tip.kind === 'table') tip.rows.push({ cells: splitRow(line.content) })
    else if (!line.blank) this.open(paragraph(line.content))
  }

  private mayHold(parent: Draft, child: Draft): boolean {
    return isContainer(parent) && (parent.kind === 'list') === (child.kind === 'item')
  }

  /** A blank line between two items, or between two blocks of one item, makes their list loose. */
  private loosen(): void {
    const list = this.stack[this.tip.kind === 'item' ? this.stack.length - 2 : this.stack.length - 1] as Draft
    if (list.kind === 'list') list.loose = true
  }

  private closeFrom(depth: number): void {
    for (const draft of this.stack.splice(depth)) draft.open = false
  }
}

export const paragraph = (text: string): Paragraph => ({ kind: 'paragraph', open: true, memo: {}, text, last: text })

const closes = (content: string, fence: string): boolean =>
  content.startsWith(fence) && (content === fence || content === (fence[0] as string).repeat(content.length))
