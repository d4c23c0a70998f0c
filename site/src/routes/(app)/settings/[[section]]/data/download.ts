/** A stream on its way into a file: how far it is, whether it came whole. */
export type Download = { blob: Blob; bytes: number; isWhole: boolean }

/** Longer than the last line of an export. */
const tailLength = 200

/**
 * Reads an export. Its last line says how many came before it, so that a connection that broke off quietly is noticed.
 * The parts stay with the browser, which puts large ones on disk.
 */
export const readExport = async (
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  progress: (bytes: number) => void,
): Promise<Download> => {
  const parts: Uint8Array<ArrayBuffer>[] = []
  const reader = body.getReader()
  let bytes = 0
  let lines = 0
  let broken = false
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      parts.push(read.value)
      bytes += read.value.length
      for (const byte of read.value) if (byte === 10) lines++
      progress(bytes)
    }
  } catch {
    broken = true
  }
  const blob = new Blob(parts, { type: 'application/x-ndjson' })
  const tail = await blob.slice(-tailLength).text()
  const [, told] = /\n\{"type":"end","lines":(\d+)\}\n$/.exec(tail) ?? []
  return { blob, bytes, isWhole: !broken && told !== undefined && Number(told) === lines - 1 }
}
