/** What the parser gives and the components draw. Plain data: nothing here is, or becomes, an HTML string. */
export type Inline =
  | { readonly kind: 'text' | 'code'; readonly text: string }
  /** TeX; `display` stands on a line of its own. */
  | { readonly kind: 'math'; readonly text: string; readonly display: boolean }
  | { readonly kind: 'break' }
  | { readonly kind: 'strong' | 'emphasis' | 'strike'; readonly children: readonly Inline[] }
  /** Without `href` (unsafe, or still arriving) its children stand as plain text. */
  | { readonly kind: 'link'; readonly href: string | undefined; readonly children: readonly Inline[] }
  | { readonly kind: 'image'; readonly href: string | undefined; readonly alt: string }
  /**
   * `[text]` or `[text][label]`. Its definition may come later, so it is looked up when drawn: a late definition then
   * touches only the references to it, not the finished blocks they stand in. `suffix` is the `[label]` as written.
   */
  | {
      readonly kind: 'reference'
      readonly label: string
      readonly suffix: string
      readonly children: readonly Inline[]
    }
  | { readonly kind: 'footnote'; readonly label: string }

export type Alignment = 'left' | 'center' | 'right' | undefined
export type Cells = readonly (readonly Inline[])[]

export interface Item {
  readonly kind: 'item'
  /** Of a task item; undefined for any other. */
  readonly checked: boolean | undefined
  readonly blocks: readonly Block[]
}

export type Block =
  | { readonly kind: 'paragraph'; readonly inlines: readonly Inline[] }
  | { readonly kind: 'heading'; readonly level: number; readonly inlines: readonly Inline[] }
  /** `open` while its closing fence has not come. Maths and diagrams are code with the language `math` or `mermaid`. */
  | { readonly kind: 'code'; readonly language: string; readonly text: string; readonly open: boolean }
  | { readonly kind: 'rule' }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | {
      readonly kind: 'list'
      readonly start: number | undefined
      readonly loose: boolean
      readonly items: readonly Item[]
    }
  | {
      readonly kind: 'table'
      readonly alignments: readonly Alignment[]
      readonly header: Cells
      readonly rows: readonly Cells[]
    }

export interface Footnote {
  readonly kind: 'footnote'
  readonly label: string
  readonly blocks: readonly Block[]
}

/** References compare without case, and runs of white space are one space. */
export const normalLabel = (label: string): string => label.trim().replace(/\s+/g, ' ').toLowerCase()
