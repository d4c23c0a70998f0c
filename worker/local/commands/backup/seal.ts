import { Trouble } from '../trouble.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** The file: these eight bytes, a salt, then frames of a length and what AES-256-GCM made of at most 64 KiB. */
const mark = new TextEncoder().encode('MACROAI1')
const saltBytes = 16
const frameBytes = 65_536
const tagBytes = 16
/** OWASP's figure for PBKDF2 with SHA-256: BACKUP_KEY may be a phrase somebody thought up. */
const rounds = 600_000

/** Encrypts a stream so that whoever lacks the key can neither read it nor cut, swap or repeat a part unnoticed. */
export async function* seal(source: AsyncIterable<Uint8Array>, key: string): AsyncGenerator<Bytes> {
  const salt = crypto.getRandomValues(new Uint8Array(saltBytes))
  const secret = await derive(key, salt)
  yield Uint8Array.from([...mark, ...salt])
  let index = 0
  let waiting: Bytes | undefined
  for await (const part of inFrames(source)) {
    if (waiting) yield await frame(secret, waiting, index++, false)
    waiting = part
  }
  yield await frame(secret, waiting ?? new Uint8Array(), index, true)
}

/** The stream that was sealed. Throws when the key is another one, and when anything was changed or is missing. */
export async function* unseal(source: AsyncIterable<Uint8Array>, key: string): AsyncGenerator<Bytes> {
  const reader = readerOf(source)
  const head = await reader.take(mark.length + saltBytes)
  if (!head || !mark.every((byte, at) => head[at] === byte)) throw new Trouble('This is no backup of Macro AI.')
  const secret = await derive(key, head.slice(mark.length))
  for (let index = 0; ; index++) {
    const length = await reader.take(4)
    const size = length && new DataView(length.buffer, length.byteOffset).getUint32(0)
    const sealed = size && size <= frameBytes + tagBytes ? await reader.take(size) : undefined
    if (!sealed) throw new Trouble('The backup is cut off or damaged.')
    const isLast = await reader.isAtEnd()
    try {
      yield new Uint8Array(await crypto.subtle.decrypt(frameKind(index, isLast), secret, sealed))
    } catch {
      throw new Trouble('BACKUP_KEY is not the one that this backup was made with, or the file is cut off or damaged.')
    }
    if (isLast) return
  }
}

const derive = async (key: string, salt: Bytes) => {
  const phrase = await crypto.subtle.importKey('raw', new TextEncoder().encode(key), 'PBKDF2', false, ['deriveKey'])
  const kind = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds }
  return crypto.subtle.deriveKey(kind, phrase, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

/** Each frame's place, and whether it is the last, are part of what is proven. A salt is used once, so a count may be the nonce. */
const frameKind = (index: number, isLast: boolean) => {
  const iv = new Uint8Array(12)
  new DataView(iv.buffer).setUint32(8, index)
  iv[0] = isLast ? 1 : 0
  return { name: 'AES-GCM', iv }
}

const frame = async (secret: CryptoKey, part: Bytes, index: number, isLast: boolean): Promise<Bytes> => {
  const sealed = new Uint8Array(await crypto.subtle.encrypt(frameKind(index, isLast), secret, part))
  const whole = new Uint8Array(4 + sealed.length)
  new DataView(whole.buffer).setUint32(0, sealed.length)
  whole.set(sealed, 4)
  return whole
}

async function* inFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Bytes> {
  const reader = readerOf(source)
  while (!(await reader.isAtEnd())) yield await reader.upTo(frameBytes)
}

/** Takes a stream by lengths of our own. */
const readerOf = (source: AsyncIterable<Uint8Array>) => {
  const parts = source[Symbol.asyncIterator]()
  let held = new Uint8Array()
  const fill = async (length: number) => {
    while (held.length < length) {
      const part: IteratorResult<Uint8Array, unknown> = await parts.next()
      if (part.done) return
      const joined = new Uint8Array(held.length + part.value.length)
      joined.set(held)
      joined.set(part.value, held.length)
      held = joined
    }
  }
  const upTo = async (length: number) => {
    await fill(length)
    const taken = held.slice(0, length)
    held = held.slice(length)
    return taken
  }
  return {
    upTo,
    take: async (length: number) => {
      const taken = await upTo(length)
      return taken.length === length ? taken : undefined
    },
    isAtEnd: async () => {
      await fill(1)
      return held.length === 0
    },
  }
}
