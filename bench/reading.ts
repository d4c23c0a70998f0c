import { maxChunksAtOnce } from '../shared/src/index.ts'
import { chunksOf } from '../site/src/lib/knowledge/chunker.ts'
import { pdfOf } from '../site/test/pdf.ts'
import { readPdf } from '../site/src/lib/knowledge/pdf.ts'

const pages = 300
const linesOfPage = 40
const words = 'tide moon harbour granite lantern passage northern water morning letters engine winter copper'.split(' ')

/** A page of a book: about 400 words. */
const page = (number: number) =>
  Array.from({ length: linesOfPage }, (_, line) =>
    Array.from({ length: 10 }, (_, at) => words[(number * 31 + line * 7 + at * 3) % words.length]).join(' '),
  )

/** `pnpm bench reading`: CPU of taking in a PDF of 300 pages, in the browser's code run by Node, and what it sends. */
export const run = async (): Promise<void> => {
  const file = pdfOf(Array.from({ length: pages }, (_, at) => page(at)))
  const megabytes = file.byteLength / 1e6
  const before = process.cpuUsage()
  const read = await readPdf(file, () => undefined)
  const chunks = chunksOf(read)
  const { user, system } = process.cpuUsage(before)
  const cpuMs = (user + system) / 1_000
  const requests = Math.ceil(chunks.length / maxChunksAtOnce)
  const largest = Array.from({ length: requests }, (_, at) =>
    JSON.stringify(chunks.slice(at * maxChunksAtOnce, (at + 1) * maxChunksAtOnce)),
  ).reduce((most, body) => Math.max(most, body.length), 0)
  console.log(
    `${read.length} pages, ${megabytes.toFixed(1)} MB, in ${chunks.length} passages: ` +
      `${cpuMs.toFixed(0)} ms of CPU in the browser, ${(cpuMs / read.length).toFixed(1)} a page; ` +
      `${requests} requests to the Worker, the largest of ${(largest / 1e3).toFixed(0)} kB`,
  )
}
