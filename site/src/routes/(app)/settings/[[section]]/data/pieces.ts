import * as m from '$messages'
import { isZip, unzip } from './zip'

/** What the API takes at once is far more; small parts suit its few milliseconds of CPU, and show how far it is. */
const pieceLength = 1_500_000
/** What a browser can hold as one text without trouble. */
const maxLength = 400_000_000

/** Why a file cannot be imported, in words for a person. */
export class Unreadable extends Error {}

const notAnExport = () => new Unreadable(m.notAnExport())

const textsOf = async (file: File): Promise<string[]> => {
  try {
    if (!(await isZip(file))) {
      if (file.size > maxLength) throw new RangeError()
      return [await file.text()]
    }
    return await unzip(file, (name) => /(^|\/)conversations[^/]*\.json$/.test(name), maxLength)
  } catch (error) {
    if (error instanceof RangeError) throw new Unreadable(m.fileTooLarge())
    throw notAnExport()
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const objectsOf = (text: string): Record<string, unknown>[] => {
  try {
    const trimmed = text.trimStart()
    const values: unknown = trimmed.startsWith('[')
      ? JSON.parse(text)
      : trimmed.split('\n').flatMap((line) => (line.trim() ? [JSON.parse(line) as unknown] : []))
    if (Array.isArray(values) && values.every(isObject)) return values
  } catch {
    // Said below.
  }
  throw notAnExport()
}

/** What an import takes of our own export; the rest of it is for reading. */
const taken = ['conversation', 'message', 'memory']

/** A file as parts to send one after the other, none of which splits a conversation. */
export const piecesOf = async (file: File): Promise<object[][]> => {
  const texts = await textsOf(file)
  const objects = texts.flatMap(objectsOf)
  const known = objects.filter(({ mapping, type }) => mapping !== undefined || taken.includes(String(type)))
  if (known.length === 0)
    throw objects.some(({ type }) => type === 'macro-ai-export') ? new Unreadable(m.emptyExport()) : notAnExport()
  const pieces: object[][] = []
  let length = Infinity
  for (const object of known) {
    // A message belongs to the conversation before it.
    if (length > pieceLength && object['type'] !== 'message') {
      pieces.push([])
      length = 0
    }
    pieces.at(-1)?.push(object)
    length += JSON.stringify(object).length
  }
  return pieces
}
