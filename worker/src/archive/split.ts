import { Problem } from '../problem.ts'

/** An import is read as it comes and never held whole; larger ones are sent in parts. */
export const maxImportBytes = 32 * 1024 * 1024
const maxObjectLength = 8 * 1024 * 1024
const maxDepth = 100

const megabytes = (bytes: number) => `${bytes / 1024 / 1024} MB`
const tooLarge = (detail: string) => new Problem('too_large', { detail })
const unreadable = (detail: string) => new Problem('bad_request', { detail })
const notObjects = () => unreadable('An import is a JSON list of objects, or an object a line.')

async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  const decode = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      throw unreadable('The import is not UTF-8.')
    }
  }
  let size = 0
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > maxImportBytes)
      throw tooLarge(`An import may have ${megabytes(maxImportBytes)} at most: send it in parts.`)
    yield decode(chunk)
  }
  yield decode()
}

/** What begins, ends or hides something; all else is passed over. */
const marks = () => /["\\{}[\]]/g
const isGap = (text: string) => /^[\s,]*$/.test(text)

/**
 * The objects of a body that is either a JSON list of them or one after the other (NDJSON), as their texts, each as
 * soon as it is whole.
 */
export async function* objectsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  /** The object that has begun, as far as it has come. */
  let parts: string[] = []
  let length = 0
  let depth = 0
  /** How deep objects stand: 1 in a list. Unknown until the first bracket. */
  let base: number | undefined
  let inString = false
  let isEscaped = false

  for await (const text of textOf(body)) {
    const mark = marks()
    mark.lastIndex = isEscaped ? 1 : 0
    if (text !== '') isEscaped = false
    /** Up to here everything is told. */
    let told = 0
    const gapUntil = (end: number) => {
      if (!isGap(text.slice(told, end))) throw notObjects()
    }

    for (let found = mark.exec(text); found; found = mark.exec(text)) {
      const [sign] = found
      const { index } = found
      const isOutside = depth === (base ?? 0)
      if (sign === '\\') {
        if (!inString) throw notObjects()
        isEscaped = ++mark.lastIndex > text.length
      } else if (sign === '"') {
        if (isOutside) throw notObjects()
        inString = !inString
      } else if (inString) continue
      else if (sign === '{' || sign === '[') {
        if (isOutside) {
          gapUntil(index)
          if (base !== undefined && sign === '[') throw notObjects()
          told = sign === '[' ? index + 1 : index
        }
        base ??= sign === '[' ? 1 : 0
        if (++depth > maxDepth) throw unreadable('The import is nested too deeply.')
      } else {
        if (depth === base) gapUntil(index)
        if (--depth < 0) throw notObjects()
        if (depth === base) {
          yield [...parts, text.slice(told, index + 1)].join('')
          ;[parts, length] = [[], 0]
        }
        if (depth <= (base ?? 0)) told = index + 1
      }
    }
    if (depth <= (base ?? 0)) gapUntil(text.length)
    else {
      parts.push(text.slice(told))
      length += text.length - told
      if (length > maxObjectLength) throw tooLarge(`One conversation may have ${megabytes(maxObjectLength)} at most.`)
    }
  }
  if (base === undefined || depth !== 0) throw unreadable('The import is not whole, or not JSON.')
}
