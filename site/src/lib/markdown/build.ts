import { isContainer, type Container, type Draft, type Leaf, type Row } from './drafts.ts'
import type { InlineReader } from './reader.ts'
import type { Alignment, Block, Cells, Footnote, Item } from './nodes.ts'

/** Makes the immutable blocks that are drawn out of drafts. What has not changed since the last time is the same object. */
export class Builder {
  readonly #inlines: InlineReader
  /** The text may still grow, so what is open may be unfinished. */
  readonly #growing: boolean

  constructor(inlines: InlineReader, growing: boolean) {
    this.#inlines = inlines
    this.#growing = growing
  }

  blocks({ children }: Container): Block[] {
    return children.filter(({ kind }) => kind !== 'footnote').map((draft) => this.#build(draft) as Block)
  }

  footnotes({ children }: Container): Footnote[] {
    return children.filter(({ kind }) => kind === 'footnote').map((draft) => this.#build(draft) as Footnote)
  }

  #build(draft: Draft): Block | Item | Footnote {
    if (!isContainer(draft)) return this.#leaf(draft)
    if (draft.built) return draft.built
    const built = this.#container(draft)
    if (!draft.open) draft.built = built
    return built
  }

  #container(draft: Container): Block | Item | Footnote {
    const children = draft.children.map((child) => this.#build(child))
    if (draft.kind === 'list') {
      return { kind: 'list', start: draft.start, loose: draft.loose, items: children as Item[] }
    }
    const blocks = children as Block[]
    if (draft.kind === 'item') return { kind: 'item', checked: draft.checked, blocks }
    if (draft.kind === 'footnote') return { kind: 'footnote', label: draft.label, blocks }
    return { kind: 'quote', blocks }
  }

  #leaf(draft: Leaf): Block {
    const { memo } = draft
    const open = draft.open && this.#growing
    const text = draft.kind === 'rule' ? '' : draft.kind === 'table' ? String(draft.rows.length) : draft.text
    const same = memo.open === open && memo.text === text && !(open && draft.kind === 'table')
    if (memo.block && same) return memo.block
    memo.open = open
    memo.text = text
    memo.block = this.#newLeaf(draft, open)
    return memo.block
  }

  #newLeaf(draft: Leaf, open: boolean): Block {
    switch (draft.kind) {
      case 'rule':
        return { kind: 'rule' }
      case 'heading':
        return { kind: 'heading', level: draft.level, inlines: this.#inlines.read(draft.text.trimEnd(), open) }
      case 'paragraph':
        return { kind: 'paragraph', inlines: this.#inlines.read(draft.text.trimEnd(), open) }
      case 'code': {
        const text = draft.fence === undefined ? draft.text.trimEnd() : draft.text.replace(/\n$/, '')
        return { kind: 'code', language: draft.language, text, open }
      }
      case 'table': {
        const [header = [], ...rows] = draft.rows.map((row, at) =>
          this.#cells(row, draft.alignments, open && at === draft.rows.length - 1),
        )
        return { kind: 'table', alignments: draft.alignments, header, rows }
      }
    }
  }

  #cells(row: Row, columns: readonly Alignment[], tail: boolean): Cells {
    if (row.built) return row.built
    const cells = columns.map((_, column) => this.#inlines.readCell(row.cells[column] ?? '', tail))
    if (!tail) row.built = cells
    return cells
  }
}
