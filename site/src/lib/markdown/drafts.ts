import type { Alignment, Block, Cells, Footnote, Item } from './nodes.ts'

/** What a leaf was last built into, and from what; shared by all copies of the leaf, so that it is built once. */
export interface Memo {
  text?: string
  open?: boolean
  block?: Block
}

interface Common {
  /** Lines may still join it. */
  open: boolean
}

export interface Row {
  readonly cells: readonly string[]
  built?: Cells
}

export type Leaf = Common & { memo: Memo } &
  /** `last` is the text's last line: a table's head, perhaps. Cutting it off a long text for every line would be quadratic. */
  (
    | { kind: 'paragraph'; text: string; last: string }
    | { kind: 'heading'; level: number; text: string }
    | { kind: 'rule' }
    /** `fence` is what closes it, `indent` the white space to take off each line; indented code has neither. */
    | { kind: 'code'; fence: string | undefined; indent: number; language: string; text: string }
    | { kind: 'table'; alignments: Alignment[]; rows: Row[] }
  )

export type Container = Common & { children: Draft[]; built?: Block | Item | Footnote } & (
    | { kind: 'root' | 'quote' }
    | { kind: 'list'; marker: string; start: number | undefined; loose: boolean }
    | { kind: 'item'; indent: number; checked: boolean | undefined }
    | { kind: 'footnote'; label: string }
  )

/** A block in the making: mutable, unlike the `Block` it is built into. */
export type Draft = Container | Leaf
export type Paragraph = Extract<Leaf, { kind: 'paragraph' }>

export const isContainer = (draft: Draft): draft is Container => 'children' in draft

/** A copy to try a line on; what is closed inside it is shared. */
export const copyOpen = <D extends Draft>(draft: D): D => {
  if (isContainer(draft)) return { ...draft, children: [...draft.children] }
  return draft.kind === 'table' ? { ...draft, rows: [...draft.rows] } : { ...draft }
}
