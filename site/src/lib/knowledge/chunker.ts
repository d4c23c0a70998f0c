import type { Page } from './pages.ts'

export type Chunk = { text: string; page?: number }

/** About 250 tokens: small enough to say one thing, large enough to say it whole. */
const aim = 1_200
/** What a passage may have at most; the API takes 4,000. */
const most = 2_400

const heading = /^(#{1,6})\s+(.+)$/
const fence = /^\s*(```|~~~)/
const tableRow = /^\s*\|.*\|\s*$/

type Block = { text: string; heads?: { level: number; title: string }; header?: string }

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

/** Parts of a text no longer than `room`, cut at the best place there is: a line, a sentence, a word, anywhere. */
const cut = (text: string, room: number): string[] => {
  const parts: string[] = []
  let rest = text
  while (rest.length > room) {
    const head = rest.slice(0, room)
    const places = [head.lastIndexOf('\n'), lastSentence(head), head.lastIndexOf(' ')]
    const at = places.find((place) => place > room / 3) ?? wholeCharacters(head)
    parts.push(rest.slice(0, at).trim())
    rest = rest.slice(at).trim()
  }
  return [...parts, rest].filter((part) => part !== '')
}

const lastSentence = (text: string): number => {
  let last = -1
  for (const found of text.matchAll(/[.!?…]["”’)\]]?\s|[。！？]/gu)) last = found.index + found[0].length
  return last
}

/** Never between the halves of a character. */
const wholeCharacters = (text: string): number => (/[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length)

/** A table longer than a passage: every part begins with its header. */
const cutTable = ({ text, header = '' }: Block): string[] => {
  const rows = text.slice(header.length + 1).split('\n')
  const parts: string[] = []
  let part = header
  for (const row of rows.flatMap((row) => cut(row, most - header.length - 1))) {
    if (part.length + row.length + 1 > most && part !== header) {
      parts.push(part)
      part = header
    }
    part += `\n${row}`
  }
  return [...parts, part]
}

/**
 * Cuts a document into passages: at headings, between paragraphs, never across pages, with code and tables whole as long
 * as they fit. Each begins with the headings it stands under, so that it can be understood by itself.
 */
export const chunksOf = (pages: Page[]): Chunk[] => {
  const chunks: Chunk[] = []
  let under: { level: number; title: string }[] = []
  for (const { page, text } of pages) {
    let open: string[] = []
    let size = 0
    const close = () => {
      if (open.length > 0) {
        const path = under
          .map(({ title }) => title)
          .join(' › ')
          .slice(0, 200)
        const said = open.join('\n\n')
        chunks.push({
          text: path && !said.startsWith(path) ? `${path}\n\n${said}` : said,
          ...(page !== undefined && { page }),
        })
      }
      open = []
      size = 0
    }
    for (const block of blocksOf(text)) {
      if (block.heads) {
        const { level } = block.heads
        close()
        under = [...under.filter((above) => above.level < level), block.heads]
        continue
      }
      const isTable = block.header !== undefined && block.header.length < most / 2
      for (const part of block.text.length <= most ? [block.text] : isTable ? cutTable(block) : cut(block.text, aim)) {
        if (size > 0 && size + part.length > aim) close()
        open.push(part)
        size += part.length + 2
      }
    }
    close()
  }
  return chunks
}
