import { getDocument, GlobalWorkerOptions } from 'pdfjs-dist'
// Already in a Web Worker: pdf.js finds its own half here instead of starting another.
import * as half from 'pdfjs-dist/build/pdf.worker.mjs'
import { maxCharacters, Unreadable, type Page } from './pages.ts'

const maxPages = 3_000

type Item = { str: string; hasEOL: boolean; height: number; transform: number[] }

/** Lines of a page; what is clearly larger than its other text is a heading. */
const linesOf = (items: Item[]): string => {
  const heights = items.filter(({ str }) => str.trim() !== '').map(({ height }) => height)
  const usual = heights.toSorted((a, b) => a - b)[Math.floor(heights.length / 2)] ?? 0
  const lines: { text: string; height: number; y: number }[] = []
  let text = ''
  let height = 0
  for (const item of items) {
    text += item.str
    if (item.str.trim() !== '') height = Math.max(height, item.height)
    if (!item.hasEOL) continue
    lines.push({ text: text.trim(), height, y: item.transform[5] ?? 0 })
    text = ''
    height = 0
  }
  lines.push({ text: text.trim(), height, y: 0 })
  return lines
    .filter(({ text }) => text !== '')
    .map(({ text, height, y }, at, all) => {
      const isHeading = height > usual * 1.25 && text.length < 120
      const gap = at > 0 && Math.abs((all[at - 1]?.y ?? y) - y) > usual * 1.9
      return isHeading ? `\n\n## ${text}\n` : gap ? `\n${text}` : text
    })
    .join('\n')
    .replace(/(\p{Ll})-\n(\p{Ll})/gu, '$1$2')
}

/** The text of a PDF, page by page. Nothing in it is run or drawn. */
export const readPdf = async (
  data: Uint8Array<ArrayBuffer>,
  onPage: (done: number, of: number) => void,
): Promise<Page[]> => {
  ;(globalThis as { pdfjsWorker?: unknown }).pdfjsWorker = half
  GlobalWorkerOptions.workerSrc = 'none'
  const task = getDocument({
    data,
    disableFontFace: true,
    useSystemFonts: false,
    stopAtErrors: false,
  })
  try {
    const pdf = await task.promise
    const pages: Page[] = []
    let characters = 0
    for (let page = 1; page <= Math.min(pdf.numPages, maxPages) && characters < maxCharacters; page++) {
      const opened = await pdf.getPage(page)
      const { items } = await opened.getTextContent()
      const text = linesOf(items.filter((item): item is typeof item & Item => 'str' in item))
      opened.cleanup()
      characters += text.length
      pages.push({ page, text })
      onPage(page, pdf.numPages)
    }
    return pages
  } catch (error) {
    const { name } = error as Error
    throw new Unreadable(name === 'PasswordException' ? 'password' : 'not-pdf')
  } finally {
    await task.destroy()
  }
}
