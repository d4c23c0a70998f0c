import { decodeEntities } from './html.ts'
import { maxCharacters, Unreadable } from './pages.ts'

/** Unpacks one entry of a zip archive, and no more of it than `maxBytes`, whatever its directory claims. */
const unpack = async (
  archive: Uint8Array<ArrayBuffer>,
  wanted: string,
  maxBytes: number,
): Promise<string | undefined> => {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength)
  let end = archive.byteLength - 22
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--
  if (end < 0) return undefined
  let at = view.getUint32(end + 16, true)
  for (let left = view.getUint16(end + 10, true); left > 0 && at + 46 <= end; left--) {
    const nameLength = view.getUint16(at + 28, true)
    const name = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + nameLength))
    if (name === wanted) {
      const local = view.getUint32(at + 42, true)
      const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
      const packed = archive.subarray(from, from + view.getUint32(at + 20, true))
      return view.getUint16(at + 10, true) === 0 ? new TextDecoder().decode(packed) : inflate(packed, maxBytes)
    }
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  }
  return undefined
}

const inflate = async (packed: Uint8Array<ArrayBuffer>, maxBytes: number): Promise<string> => {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    bytes += part.value.byteLength
    if (bytes > maxBytes) {
      await reader.cancel()
      throw new Unreadable('too-large')
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text
}

const paragraph = (xml: string): string => {
  const [, style = ''] = /<w:pStyle w:val="([^"]*)"/.exec(xml) ?? []
  const [, level] = /^(?:heading|berschrift|titre|titulo|kop)\D*(\d)/i.exec(style.replace(/^Ü/, '')) ?? []
  const text = decodeEntities(
    xml
      .replace(/<w:tab\b[^>]*\/>/g, '\t')
      .replace(/<w:br\b[^>]*\/>/g, '\n')
      .replace(/<w:(?:delText|instrText)\b[\s\S]*?<\/w:(?:delText|instrText)>/g, '')
      .replace(/<[^>]*>/g, ''),
  )
  if (text.trim() === '') return ''
  return level
    ? `${'#'.repeat(Math.min(6, Number(level)))} ${text.trim()}`
    : /^Title$/i.test(style)
      ? `# ${text.trim()}`
      : text
}

/** A Word document's text: its paragraphs, headings and tables. Its pages are only known to a printer. */
export const readDocx = async (archive: Uint8Array<ArrayBuffer>): Promise<string> => {
  const xml = await unpack(archive, 'word/document.xml', maxCharacters * 8)
  if (xml === undefined) throw new Unreadable('not-word')
  const lines: string[] = []
  for (const [, table, text] of xml.matchAll(/(<w:tbl>[\s\S]*?<\/w:tbl>)|(<w:p(?: [^>]*)?>[\s\S]*?<\/w:p>)/g)) {
    if (table === undefined) {
      lines.push(paragraph(text ?? ''))
      continue
    }
    const rows = [...table.matchAll(/<w:tr(?: [^>]*)?>[\s\S]*?<\/w:tr>/g)].map(([row]) =>
      [...row.matchAll(/<w:tc(?: [^>]*)?>[\s\S]*?<\/w:tc>/g)].map(([cell]) =>
        paragraph(cell).replace(/\s+/g, ' ').trim(),
      ),
    )
    const [head = [], ...body] = rows
    lines.push([head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n'))
  }
  return lines.filter((line) => line !== '').join('\n\n')
}
