import type { FileKey } from '../files/key.ts'
import type { Tally } from '../metering/tally.ts'

/** Where files are kept: under their owner, so that all of one person's can be found without a list. */
const keyOf = ({ ownerId, id }: FileKey) => `files/${ownerId}/${id}`
const readKey = (key: string): FileKey | undefined => {
  const [, ownerId, id] = /^files\/([^/]+)\/([^/]+)$/.exec(key) ?? []
  return ownerId && id ? { ownerId, id } : undefined
}

const timeoutMs = 10_000

/** R2 has no deadline of its own. */
const inTime = async <T>(work: Promise<T>): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('R2 did not answer in time')), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The files' bytes, in R2. Whose they are and what they are is the database's to say. */
/** `count`: R2 counts writing and listing as class A, reading as class B, and gives deleting away. */
export const openFiles = (bucket: R2Bucket, count: Tally['add']) => ({
  put: (key: FileKey, bytes: Uint8Array) => {
    count('r2.classA')
    return inTime(bucket.put(keyOf(key), bytes))
  },
  /** A file's bytes as they come; nothing when there is no such object. */
  get: (key: FileKey) => {
    count('r2.classB')
    return inTime(bucket.get(keyOf(key)))
  },
  delete: (keys: FileKey[]) => inTime(bucket.delete(keys.map(keyOf))),
  /** Removes everything of a person; true when nothing is left. */
  deleteSomeOf: async (ownerId: string): Promise<boolean> => {
    count('r2.classA')
    const { objects, truncated } = await inTime(bucket.list({ prefix: `files/${ownerId}/`, limit: 500 }))
    if (objects.length > 0) await inTime(bucket.delete(objects.map(({ key }) => key)))
    return !truncated
  },
  /** Objects after a place, oldest name first, with when they came. `next` is empty at the end. */
  list: async (after: string) => {
    count('r2.classA')
    const { objects, truncated } = await inTime(bucket.list({ prefix: 'files/', startAfter: after, limit: 500 }))
    const found = objects.flatMap(({ key, uploaded }) => {
      const file = readKey(key)
      return file ? [{ ...file, uploadedMs: uploaded.getTime() }] : []
    })
    return { found, next: truncated ? (objects.at(-1)?.key ?? '') : '' }
  },
})

export type Files = ReturnType<typeof openFiles>
