import { aim, canRepeat, cut, cutCode, cutTable, most } from './cutting.ts'
import type { Page } from './pages.ts'

export type Chunk = { text: string; page?: number }

/** What is longer is no heading, whatever it begins with. */
const heading = /^(#{1,6})\s+(.{1,300})$/
const fence = /^\s*(```|~~~)/
const tableRow = /^\s*\|.*\|\s*$/

type Block = {
  text: string
  heads?: { level: number; title: string }
  /** Of a table. */
  header?: string
  code?: 'fenced' | 'file'
}

/** Paragraphs, headings, fenced code and tables, each whole. */
const blocksOf = (text: string): Block[] => {
  const blocks: Block[] = []
  let open: string[] = []
  let fenced: string | undefined
  const close = () => {
    const block = open.join('\n').trim()
    const [first = '', second = ''] = open
    if (block !== '')
      blocks.push({
        text: block,
        ...(fenced !== undefined && { code: 'fenced' }),
        ...(tableRow.test(first) && /^\s*\|[\s:|-]+\|\s*$/.test(second) && { header: `${first}\n${second}` }),
      })
    open = []
  }
  for (const line of text.split('\n')) {
    const mark = fence.exec(line)?.[1]
    if (fenced !== undefined) {
      open.push(line)
      if (mark === fenced) {
        close()
        fenced = undefined
      }
      continue
    }
    const [, hashes = '', title = ''] = heading.exec(line) ?? []
    if (mark) {
      close()
      fenced = mark
      open.push(line)
    } else if (hashes) {
      close()
      blocks.push({ text: line.trim(), heads: { level: hashes.length, title: title.trim() } })
    } else if (line.trim() === '') close()
    else {
      const wasTable = tableRow.test(open[0] ?? '')
      if (open.length > 0 && wasTable !== tableRow.test(line)) close()
      open.push(line)
    }
  }
  close()
  return blocks
}

/** Fenced code in parts, each with the fence around it. */
const cutFenced = (text: string): string[] => {
  const [first = '', ...lines] = text.split('\n')
  const mark = fence.exec(first)?.[1] ?? '```'
  const isClosed = lines.at(-1)?.trim() === mark
  return cutCode((isClosed ? lines.slice(0, -1) : lines).join('\n')).map((part) => `${first}\n${part}\n${mark}`)
}

type Heading = { level: number; title: string; said: boolean }

/** The headings that a passage stands under, from the nearest up, as long as they are short enough to be said again. */
const pathOf = (under: Heading[]): string => {
  let room = 200
  const near = under.toReversed()
  const past = near.findIndex(({ title }) => (room -= title.length + 3) < 0)
  const named = (past < 0 ? near : near.slice(0, past)).toReversed()
  for (const one of named) one.said = true
  return named.map(({ title }) => title).join(' › ')
}

/** A block in parts that fit into passages. */
const partsOf = ({ text, header, code }: Block): string[] => {
  if (text.length <= most) return [text]
  if (header !== undefined && canRepeat(header)) return cutTable(text, header)
  if (code) return code === 'fenced' ? cutFenced(text) : cutCode(text)
  return cut(text, aim)
}

/**
 * Cuts a document into passages: at headings, between paragraphs, never across pages, with code and tables whole as long
 * as they fit, and else between functions and between rows. Each begins with the headings it stands under, so that it can
 * be understood by itself.
 */
export const chunksOf = (pages: Page[]): Chunk[] => {
  const chunks: Chunk[] = []
  let under: Heading[] = []
  /** A heading under which nothing stands is a passage of its own: what it says must be found too. */
  const leave = (gone: Heading[], page: number | undefined) => {
    for (const one of gone.filter(({ said }) => !said))
      chunks.push({ text: one.title, ...(page !== undefined && { page }) })
  }
  for (const { page, text, code } of pages) {
    let open: string[] = []
    let size = 0
    const close = () => {
      if (open.length > 0) {
        const path = pathOf(under)
        const said = open.join('\n\n')
        chunks.push({
          text: path && !said.startsWith(path) ? `${path}\n\n${said}` : said,
          ...(page !== undefined && { page }),
        })
      }
      open = []
      size = 0
    }
    const blocks: Block[] = code ? cutCode(text).map((part) => ({ text: part, code: 'file' })) : blocksOf(text)
    for (const block of blocks) {
      if (block.heads) {
        const { level } = block.heads
        close()
        leave(
          under.filter((above) => above.level >= level),
          page,
        )
        under = [...under.filter((above) => above.level < level), { ...block.heads, said: false }]
        continue
      }
      for (const part of partsOf(block)) {
        if (size > 0 && size + part.length > aim) close()
        open.push(part)
        size += part.length + 2
      }
    }
    close()
  }
  leave(under, pages.at(-1)?.page)
  return chunks
}
