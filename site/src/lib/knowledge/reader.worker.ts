import { chunksOf, type Chunk } from './chunker'
import { Unreadable, type Why } from './pages.ts'
import { read } from './read'

export type Order = { bytes: Uint8Array<ArrayBuffer>; type: string; name: string }
export type Report = { done: number; of: number } | { chunks: Chunk[] } | { unreadable: Why }

const tell = (report: Report) => postMessage(report)

onmessage = async ({ data: { bytes, ...kind } }: MessageEvent<Order>) => {
  try {
    tell({ chunks: chunksOf(await read(bytes, kind, (done, of) => tell({ done, of }))) })
  } catch (error) {
    tell({ unreadable: error instanceof Unreadable ? error.why : 'broken' })
  }
}
