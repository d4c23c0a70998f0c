import type { Blocks } from './blocks.ts'
import type { Line } from './line.ts'
import { normalLabel } from './nodes.ts'
import { alignments, splitRow } from './rows.ts'
import { safeUrl } from './urls.ts'

/** What a line began: a container, in which it goes on; a leaf, which took the rest of it; or nothing. */
export type Start = 'container' | 'leaf' | 'none'
type Starter = (blocks: Blocks, line: Line) => Start

const rule = /^(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$/
const heading = /^(#{1,6})(?:[ \t]|$)/
const fence = /^(`{3,})([^`]*)$|^(~{3,})(.*)$/
const marker = /^(?:[-+*]|(\d{1,9})[.)])(?=[ \t]|$)/
const task = /^\[([ xX])\][ \t]+\S/
const footnote = /^\[\^([^[\]\s]{1,200})\]:/
const definition = /^\[((?:\\.|[^[\]\\]){1,200})\]:[ \t]*(\S+)(?:[ \t]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t]*$/

/** What every leaf begins with. */
const fresh = () => ({ open: true, memo: {} })

const startQuote: Starter = (blocks, line) => {
  if (line.indent > 3 || blocks.deep || line.text[line.next] !== '>') return 'none'
  line.skipContent(1)
  line.skipColumns(1)
  blocks.open({ kind: 'quote', open: true, children: [] })
  return 'container'
}

/** A heading may be closed by number signs after a space. */
const withoutClosing = (text: string): string => {
  const trimmed = text.trimEnd()
  let end = trimmed.length
  while (trimmed[end - 1] === '#') end--
  return end === 0 || /[ \t]/.test(trimmed[end - 1] as string) ? trimmed.slice(0, end).trim() : trimmed.trim()
}

const startHeading: Starter = (blocks, line) => {
  const level = line.indent < 4 && heading.exec(line.content)?.[1]?.length
  if (!level) return 'none'
  blocks.open({ ...fresh(), kind: 'heading', level, text: withoutClosing(line.content.slice(level)) })
  return 'leaf'
}

const openCode = (blocks: Blocks, close: string | undefined, indent: number, language: string, text = '') => {
  blocks.open({ ...fresh(), kind: 'code', fence: close, indent, language, text })
  return 'leaf' as const
}

/** `$$` or `\[`, alone or with the first line of what they open; what also closes on that line is inline. */
const formulaStart = (content: string): { close: string; text: string } | undefined => {
  const dollars = content.startsWith('$$')
  if (!dollars && !content.startsWith('\\[')) return undefined
  const close = dollars ? '$$' : '\\]'
  const text = content.slice(2).trim()
  if (!text) return { close, text }
  // Two dollars may be anything, until something makes it look like TeX.
  return text.includes(close) || (dollars && !/[\\^_=]/.test(text)) ? undefined : { close, text: text + '\n' }
}

const startFence: Starter = (blocks, line) => {
  if (line.indent > 3) return 'none'
  const content = line.content.trimEnd()
  const formula = formulaStart(content)
  if (formula) return openCode(blocks, formula.close, line.indent, 'math', formula.text)
  const found = fence.exec(content)
  const close = found?.[1] ?? found?.[3]
  if (!found || !close) return 'none'
  const language = /^[\w+#.-]{1,32}/.exec((found[2] ?? found[4] ?? '').trim())?.[0] ?? ''
  return openCode(blocks, close, line.indent, language.toLowerCase())
}

/** A line of `=` or `-` under a paragraph makes it a heading. */
const startUnderline: Starter = (blocks, line) => {
  const place = blocks.place
  if (place.kind !== 'paragraph' || line.indent > 3 || !/^(?:=+|-+)[ \t]*$/.test(line.content)) return 'none'
  const level = line.content.startsWith('=') ? 1 : 2
  blocks.takeTip()
  blocks.open({ ...fresh(), kind: 'heading', level, text: place.text })
  return 'leaf'
}

/** A row of dashes under a paragraph makes its last line the head of a table. */
const startTable: Starter = (blocks, line) => {
  const place = blocks.place
  if (place.kind !== 'paragraph' || line.indent > 3) return 'none'
  const aligned = alignments(place.last, line.content)
  if (!aligned) return 'none'
  blocks.takeLast(place)
  blocks.open({ ...fresh(), kind: 'table', alignments: aligned, rows: [{ cells: splitRow(place.last) }] })
  return 'leaf'
}

const startRule: Starter = (blocks, line) => {
  if (line.indent > 3 || !rule.test(line.content)) return 'none'
  blocks.open({ ...fresh(), kind: 'rule' })
  return 'leaf'
}

const startItem: Starter = (blocks, line) => {
  const found = line.indent < 4 && !blocks.deep && marker.exec(line.content)
  if (!found) return 'none'
  const [mark, number] = found
  const before = line.indent
  const { place } = blocks
  const interrupts = place.kind === 'paragraph'
  if (interrupts && (line.content.slice(mark.length).trim() === '' || (number && Number(number) !== 1))) return 'none'

  line.skipContent(mark.length)
  const space = line.blank || line.indent > 4 ? 1 : line.indent
  line.skipColumns(space)
  const kind = mark.slice(-1)
  if (place.kind !== 'list' || place.marker !== kind) {
    const start = number === undefined ? undefined : Number(number)
    blocks.open({ kind: 'list', open: true, children: [], marker: kind, start, loose: false })
  }
  const box = task.exec(line.content)?.[1]
  if (box) {
    line.skipContent(3)
    line.skipColumns(line.indent)
  }
  const checked = box === undefined ? undefined : box !== ' '
  blocks.open({ kind: 'item', open: true, children: [], indent: before + mark.length + space, checked })
  return 'container'
}

const startFootnote: Starter = (blocks, line) => {
  const atRoot = blocks.placeDepth === 0 || (blocks.placeDepth === 1 && blocks.place.kind === 'paragraph')
  const found = atRoot && line.indent < 4 && footnote.exec(line.content)
  if (!found) return 'none'
  const label = normalLabel(found[1] as string)
  if (!blocks.number(label)) return 'none'
  line.skipContent(found[0].length)
  line.skipColumns(line.indent)
  blocks.open({ kind: 'footnote', open: true, children: [], label })
  return 'container'
}

const startDefinition: Starter = (blocks, line) => {
  const found = line.indent < 4 && blocks.place.kind !== 'paragraph' && definition.exec(line.content)
  if (!found || blocks.place.kind === 'table') return 'none'
  blocks.define(normalLabel(found[1] as string), safeUrl((found[2] as string).replace(/^<(.*)>$/, '$1')))
  return 'leaf'
}

const startIndented: Starter = (blocks, line) => {
  if (line.indent < 4 || blocks.tip.kind === 'paragraph') return 'none'
  line.skipColumns(4)
  return openCode(blocks, undefined, 0, '', line.rest + '\n')
}

/** In order of precedence. */
export const starts: readonly Starter[] = [
  startQuote,
  startHeading,
  startFence,
  startUnderline,
  startTable,
  startRule,
  startItem,
  startFootnote,
  startDefinition,
  startIndented,
]
