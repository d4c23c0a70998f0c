import type { Begun, SentFile } from '../adapters/database/begin.ts'
import type { PromptPart } from '../adapters/model.ts'
import type { Attached } from '../chat/prompt.ts'
import type { Deps } from '../deps.ts'
import { attribute, fenced } from '../knowledge/passages.ts'
import { log } from '../log.ts'
import { files as limits } from './limits.ts'

type Needs = Pick<Deps, 'store' | 'files' | 'models' | 'storageCaps' | 'now'>

const note = (name: string, why: string): PromptPart => ({
  type: 'text',
  text: `(attached: ${attribute(name)}, ${why})`,
})

/** In the runtime, and not yet in TypeScript's library. */
const base64 = (bytes: Uint8Array) => (bytes as Uint8Array & { toBase64: () => string }).toBase64()

const isPicture = ({ type }: SentFile) => type.startsWith('image/')

/** Why a file is only named, or nothing when it is to be read. */
const unread = (file: SentFile, sees: boolean): string | undefined => {
  if (isPicture(file)) {
    if (!sees) return 'a picture, which this model cannot see'
    return file.bytes > limits.maxPictureBytes ? 'a picture too large to be looked at' : undefined
  }
  if (!file.type.startsWith('text/')) return 'a document; it is read when it is in the library'
  return file.bytes > limits.maxTextBytes
    ? 'a text too long to be read at once; it is read when it is in the library'
    : undefined
}

/** Those that are read: pictures only as long as there is room for them. */
const toRead = (files: SentFile[], sees: boolean): SentFile[] => {
  let room: number = limits.maxPicturesBytes
  return files.filter((file) => unread(file, sees) === undefined && (!isPicture(file) || (room -= file.bytes) >= 0))
}

const read = async ({ files }: Needs, ownerId: string, file: SentFile): Promise<PromptPart> => {
  const object = await files?.get({ ownerId, id: file.id })
  if (!object) return note(file.name, 'which is missing')
  if (!isPicture(file))
    return { type: 'text', text: `<file name="${attribute(file.name)}">\n${fenced(await object.text())}\n</file>` }
  const bytes = new Uint8Array(await object.arrayBuffer())
  return { type: 'image_url', image_url: { url: `data:${file.type};base64,${base64(bytes)}` } }
}

/** The files of a conversation as its model reads them, by message. Never throws: what cannot be read is named. */
export const readAttached = async (
  needs: Needs,
  userId: string,
  { files, model }: Pick<Begun, 'files' | 'model'>,
): Promise<Attached> => {
  const attached = new Map<string | null, PromptPart[]>()
  if (files.length === 0) return attached
  const sees = needs.models.get(model)?.imageTokens !== undefined
  const wanted = toRead(files, sees)
  const there = await ownedOf(
    needs,
    userId,
    wanted.map(({ id }) => id),
  )
  const parts = await Promise.all(
    files.map(async (file) => {
      if (!wanted.includes(file)) return note(file.name, unread(file, sees) ?? 'one picture too many to be looked at')
      if (!there.has(file.id)) return note(file.name, 'which is missing')
      return read(needs, userId, file).catch((error: unknown) => {
        log.warn('attachment', { error: String(error) })
        return note(file.name, 'which could not be read just now')
      })
    }),
  )
  for (const [at, part] of parts.entries()) {
    const id = files[at]?.messageId ?? null
    attached.set(id, [...(attached.get(id) ?? []), part])
  }
  return attached
}

/** Those of some files that are still there and this person's; reading them is counted. */
const ownedOf = async ({ store, storageCaps, now }: Needs, userId: string, ids: string[]): Promise<Set<string>> => {
  if (ids.length === 0) return new Set()
  const found = await store.readFiles(userId, ids, storageCaps, new Date(now())).catch(() => [])
  return new Set('full' in found ? [] : found.map(({ id }) => id))
}
