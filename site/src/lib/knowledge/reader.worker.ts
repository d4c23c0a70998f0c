import { chunksOf, type Chunk } from './chunker'
import { Unreadable } from './pages.ts'
import { read } from './read'

export type Order = { bytes: Uint8Array<ArrayBuffer>; type: string }
export type Report = { done: number; of: number } | { chunks: Chunk[] } | { unreadable: string }

const tell = (report: Report) => postMessage(report)

onmessage = async ({ data: { bytes, type } }: MessageEvent<Order>) => {
  try {
    tell({ chunks: chunksOf(await read(bytes, type, (done, of) => tell({ done, of }))) })
  } catch (error) {
    tell({ unreadable: error instanceof Unreadable ? error.message : 'cannot be read' })
  }
}
