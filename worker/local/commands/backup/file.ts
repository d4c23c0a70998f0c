import { createReadStream, createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { seal, unseal } from './seal.ts'

/** Writes lines, compressed and encrypted. What stands under the name is a whole backup. */
export const writeBackup = async (file: string, lines: AsyncIterable<string>, key: string): Promise<void> => {
  const packed = Readable.from(lines).compose(createGzip()) as Readable
  await pipeline(seal(packed, key), createWriteStream(`${file}.part`, { mode: 0o600 }))
  await rename(`${file}.part`, file)
}

/** The lines of a backup. Throws with the last of them when the file was changed or is not whole. */
export async function* readBackup(file: string, key: string): AsyncGenerator<string> {
  const plain = Readable.from(unseal(createReadStream(file), key)).compose(createGunzip()) as Readable
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  plain.on('error', failed.reject)
  const lines = createInterface({ input: plain })[Symbol.asyncIterator]()
  for (;;) {
    const { done, value } = await Promise.race([lines.next(), failed.promise])
    if (done) break
    yield value
  }
}
