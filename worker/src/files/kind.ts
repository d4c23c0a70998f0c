import type { FileType } from '@macro-ai/shared'
import { Problem } from '../problem.ts'
import { pictureOf } from './picture.ts'

/** More than any camera makes; a picture of this many is still no burden to decode. */
const maxPixels = 50_000_000
const maxSide = 16_384
/** A document that unpacks to more is a bomb, or nothing a browser could read. */
const maxUnpackedBytes = 200_000_000

const invalid = (message: string) => new Problem('invalid', { detail: message, errors: [{ path: 'body', message }] })

const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'

/** The names and sizes that a zip archive's own directory lists; nothing is unpacked. */
const zipEntries = (bytes: Uint8Array): { name: string; unpacked: number }[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const last = bytes.byteLength - 22
  // Behind the end of its directory a zip has a comment at most, of 65,535 bytes.
  const first = Math.max(0, last - 0xffff)
  let end = last
  while (end >= first && view.getUint32(end, true) !== 0x06054b50) end--
  if (end < first) return []
  const entries = []
  let at = view.getUint32(end + 16, true)
  for (let left = view.getUint16(end + 10, true); left > 0 && at + 46 <= end; left--) {
    if (view.getUint32(at, true) !== 0x02014b50) return []
    const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [
      number,
      number,
      number,
    ]
    const unpacked = view.getUint32(at + 24, true)
    entries.push({ name: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + name)), unpacked })
    at += 46 + name + extra + comment
  }
  return entries
}

const isDocx = (bytes: Uint8Array): boolean => {
  const entries = zipEntries(bytes)
  if (!entries.some(({ name }) => name === 'word/document.xml')) return false
  if (entries.reduce((sum, { unpacked }) => sum + unpacked, 0) > maxUnpackedBytes)
    throw invalid('unpacks to more than can be read')
  return true
}

/** Text in UTF-8 without the control characters that no text has. */
const isText = (bytes: Uint8Array): boolean => {
  try {
    // eslint-disable-next-line no-control-regex
    return !/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes),
    )
  } catch {
    return false
  }
}

const textTypes: [RegExp, FileType][] = [
  [/\.(md|markdown)$/i, 'text/markdown'],
  [/\.(csv|tsv)$/i, 'text/csv'],
  [/\.(html?|xhtml|svg)$/i, 'text/html'],
]

/**
 * What a file is, by its content; a name chooses only among kinds of text. What runs in a browser, such as SVG and HTML,
 * is text. Throws a {@link Problem} for what is not taken.
 */
export const kindOf = (bytes: Uint8Array, name: string): FileType => {
  if (bytes.byteLength === 0) throw invalid('is empty')
  const picture = pictureOf(bytes)
  if (picture) {
    const { width, height } = picture.size ?? { width: 0, height: 0 }
    if (width === 0 || height === 0) throw invalid('is not a whole picture')
    if (width > maxSide || height > maxSide || width * height > maxPixels) throw invalid('has too many pixels')
    return picture.type
  }
  const start = String.fromCharCode(...bytes.subarray(0, 5))
  if (start === '%PDF-') return 'application/pdf'
  if (start.startsWith('PK\x03\x04') && isDocx(bytes)) return docx
  if (isText(bytes)) return textTypes.find(([ending]) => ending.test(name))?.[1] ?? 'text/plain'
  throw new Problem('unsupported_type', {
    detail: 'Files may be pictures (PNG, JPEG, WebP, GIF), PDF, Word documents (DOCX) or text in UTF-8.',
  })
}
