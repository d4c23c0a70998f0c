import { bareMailAt, bareUrlAt, type BareLink } from './bare.ts'
import { dollarFormula } from './dollars.ts'
import { delimiter, Run } from './emphasis.ts'
import { decodeEntity, punctuation } from './entities.ts'
import { normalLabel, type Inline } from './nodes.ts'
import { autolink, entity, lineBreakTag, matchAt, plain, unfinishedAutolink, wordStart } from './patterns.ts'
import { Search } from './search.ts'
import { heldBack, maxHeldBracket } from './tail.ts'
import { readLinkTail, safeUrl } from './urls.ts'

/** An open square bracket and what has been read since. */
interface Bracket {
  readonly at: number
  readonly image: boolean
  readonly run: Run
  /** A link was made inside: links do not nest, so this bracket is only a bracket. */
  holdsLink: boolean
}

const maxBrackets = 8
const maxLabel = 200
/** Syntax that has been open for so long counts as text: it bounds the work on hostile input, and the unfinished tail. */
const maxUnsettled = 4000

export interface Manner {
  /** The text may still grow: complete or hold back what is unfinished at its end. */
  tail: boolean
  /** In a table cell, where Markdown has no line break of its own, `<br>` is one; elsewhere all HTML is text. */
  cell?: boolean
}

/** One pass over a paragraph's text, from the left, in time linear in its length. */
export class Scan {
  /** Finished nodes; those before `settled` stay what they are whatever text comes later. */
  readonly nodes: Inline[] = []
  settled = 0
  /** Where the settled text ends. */
  settledAt: number
  #at: number
  #textFrom: number
  readonly #brackets: Bracket[] = []
  readonly #run = new Run()
  readonly #search: Search
  readonly #text: string
  readonly #manner: Manner

  constructor(text: string, from: number, manner: Manner) {
    this.#text = manner.tail ? heldBack(text) : text
    this.#manner = manner
    this.#search = new Search(this.#text, manner.tail)
    this.#at = this.#textFrom = this.settledAt = from
    while (this.#at < this.#text.length) this.#step()
    this.#end()
  }

  #step(): void {
    this.#settle()
    const char = this.#text[this.#at] as string
    const from = this.#at
    if (char === '\n') this.#newline()
    else if (char === '\\') this.#backslash()
    else if (char === '`') this.#codeSpan()
    else if (char === '*' || char === '_' || char === '~') this.#emphasis(char)
    else if (char === '[') this.#openBracket(1)
    else if (char === '!' && this.#text[from + 1] === '[') this.#openBracket(2)
    else if (char === ']') this.#closeBracket()
    else if (char === '<') this.#angle()
    else if (char === '&') this.#entity()
    else if (char === '$') this.#dollar()
    else if (char === '@') this.#bareLink(bareMailAt(this.#text, from, this.#textFrom))
    else if (wordStart.test(char + (this.#text[from - 1] ?? ''))) this.#bareLink(bareUrlAt(this.#text, from))
    if (this.#at === from) this.#at += matchAt(plain, this.#text, from)?.[0].length || 1
  }

  /** At the start of a word with nothing open, what lies before is final. */
  #settle(): void {
    const overdue = this.#at - this.settledAt >= maxUnsettled
    const atWord = /\s/.test(this.#text[this.#at - 1] ?? '') && /\S/.test(this.#text[this.#at] as string)
    if (overdue ? !atWord && this.#at - this.settledAt < 2 * maxUnsettled : !atWord) return
    if (overdue) {
      this.#flush(this.#at)
      this.#dropBrackets(0)
    } else if (this.#brackets.length > 0 || !this.#run.settled) return
    this.nodes.push(...this.#run.finish())
    this.settled = this.nodes.length
    this.settledAt = this.#at
  }

  #push(node: Parameters<Run['push']>[0]): void {
    ;(this.#brackets.at(-1)?.run ?? this.#run).push(node)
  }

  /** Text since the last node becomes a node; while it grows, cut where the settled part ends. */
  #flush(end: number): void {
    if (this.#manner.tail && this.#textFrom < this.settledAt && this.settledAt <= end) {
      this.nodes.push({ kind: 'text', text: this.#text.slice(this.#textFrom, this.settledAt) })
      this.settled = this.nodes.length
      this.#textFrom = this.settledAt
    }
    if (this.#textFrom < end) this.#push({ kind: 'text', text: this.#text.slice(this.#textFrom, end) })
    this.#textFrom = end
  }

  #add(node: Parameters<Run['push']>[0], end: number): void {
    this.#flush(this.#at)
    this.#push(node)
    this.#at = this.#textFrom = end
  }

  #entity(): void {
    const found = matchAt(entity, this.#text, this.#at)?.[0]
    const text = found && decodeEntity(found)
    if (text) this.#add({ kind: 'text', text }, this.#at + found.length)
  }

  #newline(hard = false): void {
    let end = this.#at
    while (end > this.#textFrom && /[ \t]/.test(this.#text[end - 1] as string)) end--
    const spaces = this.#at - end
    this.#flush(end)
    this.#at++
    this.#push(hard || spaces >= 2 ? { kind: 'break' } : { kind: 'text', text: '\n' })
    this.#textFrom = this.#at
  }

  #backslash(): void {
    const from = this.#at
    const next = this.#text[from + 1] ?? ''
    if (next === '\n') {
      this.#flush(from)
      this.#textFrom = ++this.#at
      return this.#newline(true)
    }
    if (next === '(') this.#math('\\(', '\\)')
    else if (next === '[') this.#math('\\[', '\\]')
    if (this.#at === from && punctuation.test(next)) this.#add({ kind: 'text', text: next }, from + 2)
  }

  #math(open: string, close: string): void {
    const from = this.#at + open.length
    const found = this.#search.close(close, from)
    if (found === -1) return
    // Half a formula is not drawn: it would change its looks with every character.
    if (found === undefined) return this.#hold(this.#at)
    const text = this.#text.slice(from, found).trim()
    if (text) this.#add({ kind: 'math', text, display: open !== '\\(' }, found + close.length)
  }

  #dollar(): void {
    if (this.#text[this.#at + 1] === '$') return this.#math('$$', '$$')
    const found = dollarFormula(this.#text, this.#at)
    if (found?.closed) this.#add({ kind: 'math', text: found.formula, display: false }, found.end)
    else if (found && this.#manner.tail) this.#hold(this.#at)
  }

  #codeSpan(): void {
    const run = matchAt(/`+/y, this.#text, this.#at)?.[0] ?? ''
    const from = this.#at + run.length
    const found = this.#search.run(run, from)
    if (found === -1) {
      this.#at = from
      return
    }
    const text = this.#text.slice(from, found).replaceAll('\n', ' ')
    const blank = text.trim() === ''
    if (found === undefined && blank) return this.#hold(this.#at)
    const padded = !blank && text.startsWith(' ') && text.endsWith(' ')
    const end = found === undefined ? this.#text.length : found + run.length
    this.#add({ kind: 'code', text: padded ? text.slice(1, -1) : text }, end)
  }

  #emphasis(char: string): void {
    let end = this.#at
    while (this.#text[end] === char) end++
    const before = /.$/su.exec(this.#text.slice(Math.max(0, this.#at - 2), this.#at))?.[0] ?? ''
    const after = /^./su.exec(this.#text.slice(end, end + 2))?.[0] ?? ''
    const part = delimiter(this.#text.slice(this.#at, end), before, after)
    if (part.kind === 'delimiter') this.#add(part, end)
    else this.#at = end
  }

  #openBracket(length: number): void {
    if (this.#brackets.length === maxBrackets) return
    this.#flush(this.#at)
    this.#brackets.push({ at: this.#at, image: length === 2, run: new Run(), holdsLink: false })
    this.#at += length
    this.#textFrom = this.#at
  }

  #closeBracket(): void {
    const bracket = this.#brackets.at(-1)
    if (!bracket) return
    const next = this.#text[this.#at + 1]
    if (next === undefined && this.#manner.tail) return this.#hold(bracket.at)
    const inner = this.#text.slice(bracket.at + (bracket.image ? 2 : 1), this.#at)
    if (next === '(') {
      const tail = readLinkTail(this.#text, this.#at + 1)
      if (tail === 'unfinished' ? this.#manner.tail : tail && !bracket.holdsLink) {
        const href = typeof tail === 'object' ? safeUrl(tail.destination) : undefined
        return this.#closeWith(typeof tail === 'object' ? tail.end : this.#text.length, (children) =>
          bracket.image ? { kind: 'image', href, alt: inner } : { kind: 'link', href, children },
        )
      }
    }
    if (!bracket.holdsLink && inner.trim() && inner.length <= maxLabel) this.#reference(bracket, inner)
    if (this.#brackets.at(-1) !== bracket) return
    this.#flush(this.#at)
    this.#dropBrackets(this.#brackets.length - 1)
  }

  #reference(bracket: Bracket, inner: string): void {
    if (inner[0] === '^' && !bracket.image && !/[\s[]/.test(inner)) {
      return this.#closeWith(this.#at + 1, () => ({ kind: 'footnote', label: normalLabel(inner.slice(1)) }))
    }
    // `[1][2]` is two citations, not the text 1 with the label 2.
    const second = /^\d+$/.test(inner) ? null : matchAt(/\[([^[\]]{0,200})(\]?)/y, this.#text, this.#at + 1)
    if (second && !second[2] && this.#manner.tail && this.#at + 1 + second[0].length === this.#text.length) {
      return this.#closeWith(this.#text.length, (children) => ({ kind: 'link', href: undefined, children }))
    }
    const suffix = second?.[2] ? second[0] : ''
    const label = normalLabel((suffix && second?.[1]) || inner)
    if (/(?<!\\)\[/.test(label)) return
    const end = this.#at + 1 + suffix.length
    this.#closeWith(end, (children) => {
      if (bracket.image && suffix) return { kind: 'image', href: undefined, alt: inner }
      if (bracket.image) this.#push({ kind: 'text', text: '!' })
      return { kind: 'reference', label, suffix, children }
    })
  }

  #closeWith(end: number, make: (children: Inline[]) => Inline): void {
    this.#flush(this.#at)
    const node = make(this.#brackets.pop()?.run.finish() ?? [])
    if (node.kind === 'link') for (const outer of this.#brackets) outer.holdsLink = true
    this.#add(node, end)
  }

  /** Brackets from the `keep`th on turn out to be characters. */
  #dropBrackets(keep: number): void {
    while (this.#brackets.length > keep) {
      const { run, image } = this.#brackets.pop() as Bracket
      this.#push({ kind: 'text', text: image ? '![' : '[' })
      run.pourInto(this.#brackets.at(-1)?.run ?? this.#run)
    }
  }

  #angle(): void {
    if (this.#manner.cell) {
      const tag = matchAt(lineBreakTag, this.#text, this.#at)
      if (tag) return this.#add({ kind: 'break' }, this.#at + tag[0].length)
    }
    const found = matchAt(autolink, this.#text, this.#at)
    if (!found && this.#manner.tail && matchAt(unfinishedAutolink, this.#text, this.#at)) return this.#hold(this.#at)
    const text = found?.[1]
    const href = text && safeUrl(text.includes(':') ? text : `mailto:${text}`)
    if (found && href) this.#add({ kind: 'link', href, children: [{ kind: 'text', text }] }, this.#at + found[0].length)
  }

  #bareLink(found: BareLink | undefined): void {
    if (!found) return
    const { text, href, start, end } = found
    // Half an address must not be there to be clicked.
    const whole = !this.#manner.tail || end < this.#text.length
    this.#at = whole && href ? start : end
    if (whole && href) this.#add({ kind: 'link', href, children: [{ kind: 'text', text }] }, end)
  }

  /** Shows nothing from `from` on until more text has come. */
  #hold(from: number): void {
    while ((this.#brackets.at(-1)?.at ?? -1) >= from) {
      this.#brackets.pop()
      this.#textFrom = from
    }
    this.#flush(from)
    this.#at = this.#textFrom = this.#text.length
  }

  #end(): void {
    const waiting = this.#manner.tail && this.#brackets.find(({ at }) => this.#text.length - at <= maxHeldBracket)
    if (waiting) this.#hold(waiting.at)
    this.#flush(this.#text.length)
    this.#dropBrackets(0)
    this.nodes.push(...(this.#manner.tail ? this.#run.complete() : this.#run.finish()))
  }
}
