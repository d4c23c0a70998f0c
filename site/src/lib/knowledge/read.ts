import { textOfHtml } from './html'
import { maxCharacters, Unreadable, type Page } from './pages.ts'

const decoded = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Unreadable('not-text')
  }
}

/** Rows of a CSV file as a table, with its first row as the header of every passage. */
const tableOfCsv = (text: string): string => {
  const separator = [',', ';', '\t'].toSorted(
    (a, b) => (text.split('\n', 1)[0]?.split(b).length ?? 0) - (text.split('\n', 1)[0]?.split(a).length ?? 0),
  )[0]
  const rows = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map(
      (line) =>
        `| ${line
          .split(separator ?? ',')
          .map((cell) => cell.replaceAll('|', '¦').replace(/^"|"$/g, '').trim())
          .join(' | ')} |`,
    )
  const [head = '', ...body] = rows
  return [head, `|${' --- |'.repeat(head.split('|').length - 2)}`, ...body].join('\n')
}

/** Reads a file's text, by what it is. The readers of PDF and Word are loaded for a file that needs them. */
export const read = async (
  bytes: Uint8Array<ArrayBuffer>,
  type: string,
  onPage: (done: number, of: number) => void,
): Promise<Page[]> => {
  if (type === 'application/pdf') return (await import('./pdf')).readPdf(bytes, onPage)
  if (type.startsWith('application/')) return [{ text: await (await import('./docx')).readDocx(bytes) }]
  const text = decoded(bytes).slice(0, maxCharacters).toWellFormed().replaceAll('\0', '').replaceAll('\r\n', '\n')
  if (type === 'text/html') return [{ text: textOfHtml(text) }]
  return [{ text: type === 'text/csv' ? tableOfCsv(text) : text }]
}
