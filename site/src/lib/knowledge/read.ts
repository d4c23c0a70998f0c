import { tableOfCsv } from './csv.ts'
import { textOfHtml } from './html'
import { maxCharacters, Unreadable, type Page } from './pages.ts'

const decoded = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Unreadable('not-text')
  }
}

/** What is code by its name: in it a line that begins with # is no heading, and how far a line stands in is kept. */
const isCode =
  /\.([ch]|cc|cpp|hpp|cs|css|scss|go|java|[cm]?[jt]sx?|kt|lua|php|pl|py|r|rb|rs|scala|sh|sql|swift|vue|svelte|zig|json|ya?ml|toml|xml|ini|tf)$/i

/** Reads a file's text, by what it is. The readers of PDF and Word are loaded for a file that needs them. */
export const read = async (
  bytes: Uint8Array<ArrayBuffer>,
  { type, name }: { type: string; name: string },
  onPage: (done: number, of: number) => void,
): Promise<Page[]> => {
  if (type === 'application/pdf') return (await import('./pdf')).readPdf(bytes, onPage)
  if (type.startsWith('application/')) return [{ text: await (await import('./docx')).readDocx(bytes) }]
  const text = decoded(bytes).slice(0, maxCharacters).toWellFormed().replaceAll('\0', '').replaceAll('\r\n', '\n')
  if (type === 'text/html') return [{ text: textOfHtml(text) }]
  if (type === 'text/csv') return [{ text: tableOfCsv(text) }]
  return [{ text, ...(type === 'text/plain' && isCode.test(name) && { code: true }) }]
}
