import type { Chunk } from './chunker'
import { Unreadable } from './pages.ts'
import type { Order, Report } from './reader.worker'

/** Reads a document in a Web Worker, so that the page stays quick, and ends it when `signal` says so. */
export const readChunks = (
  order: Order,
  onPage: (done: number, of: number) => void,
  signal: AbortSignal,
): Promise<Chunk[]> =>
  new Promise<Chunk[]>((resolve, reject) => {
    signal.throwIfAborted()
    const worker = new Worker(new URL('./reader.worker.ts', import.meta.url), { type: 'module' })
    const end = (run: () => void) => {
      worker.terminate()
      run()
    }
    signal.addEventListener('abort', () => end(() => reject(signal.reason as Error)), { once: true })
    worker.onerror = () => end(() => reject(new Unreadable('broken')))
    worker.onmessage = ({ data }: MessageEvent<Report>) => {
      if ('done' in data) onPage(data.done, data.of)
      else if ('chunks' in data) end(() => resolve(data.chunks))
      // pdf.js greets whoever started it; that is no word of ours.
      else if ('unreadable' in data) end(() => reject(new Unreadable(data.unreadable)))
    }
    worker.postMessage(order, [order.bytes.buffer])
  })
