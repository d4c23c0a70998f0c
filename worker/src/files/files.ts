import { newId, type StoredFile } from '@macro-ai/shared'
import type { Full } from '../adapters/database/files.ts'
import type { Files } from '../adapters/files.ts'
import type { Deps } from '../deps.ts'
import { sha256 } from '../digest.ts'
import { log } from '../log.ts'
import { Problem, unavailable } from '../problem.ts'
import { kindOf } from './kind.ts'
import { cleanName } from './name.ts'

type Needs = Pick<Deps, 'store' | 'files' | 'now' | 'storageCaps'>
type Owner = { id: string }

const full: Record<Full, string> = {
  user: 'Your files have no room for this one. Delete some that you no longer need.',
  instance: 'The files of everybody here have no room for this one. The owner can make more room.',
  operations: 'So many files were moved this month that no more are free. From the 1st on there are.',
}

/** The files, where there are any. */
export const filesOf = ({ files }: Pick<Needs, 'files'>): Files => {
  if (!files)
    throw new Problem('unavailable', { detail: 'Files are switched off here: this instance has no R2 bucket.' })
  return files
}

const ofR2 = (error: unknown) => unavailable('The file store is not answering. Try again in a moment.', error)

/** Keeps a file. Every step can be repeated: the same content by the same name ends up in the same place. */
export const addFile = async (needs: Needs, user: Owner, given: string, bytes: Uint8Array): Promise<StoredFile> => {
  const { store, now, storageCaps } = needs
  const files = filesOf(needs)
  const name = cleanName(given)
  const type = kindOf(bytes, name)
  const file = { id: newId(), ownerId: user.id, name, type, bytes: bytes.byteLength, sha256: await sha256(bytes) }
  const place = await store.beginFile(file, storageCaps, new Date(now()))
  if ('full' in place) throw new Problem('too_large', { detail: full[place.full] })
  const key = { ownerId: user.id, id: place.id }
  if (!place.stored)
    await files.put(key, bytes).catch((error: unknown) => {
      throw ofR2(error)
    })
  const stored = await store.fileStored(user.id, place.id, new Date(now()))
  if (stored) return stored
  // Its row went while it was on its way: the account was erased.
  await files.delete([key])
  throw new Problem('not_found')
}

/** A file and its bytes as they come. */
export const readFile = async (needs: Needs, user: Owner, id: string) => {
  const files = filesOf(needs)
  const found = await needs.store.readFiles(user.id, [id], needs.storageCaps, new Date(needs.now()))
  if ('full' in found) throw unavailable(full[found.full])
  const [file] = found
  if (!file) throw new Problem('not_found')
  const object = await files.get({ ownerId: user.id, id }).catch((error: unknown) => {
    throw ofR2(error)
  })
  if (!object) throw new Problem('not_found', { detail: 'This file is missing from the file store.' })
  return { file, body: object.body }
}

/**
 * Deletes a file and what was read out of it, and says whether there was one. It is gone at once; should R2 be away, the
 * sweep removes its bytes later.
 */
export const deleteFile = async (needs: Needs, user: Owner, id: string): Promise<boolean> => {
  const files = filesOf(needs)
  if (!(await needs.store.deleteFile(user.id, id, new Date(needs.now())))) return false
  try {
    await files.delete([{ ownerId: user.id, id }])
    await needs.store.forgetFiles([id])
  } catch (error) {
    log.warn('file', { error: String(error) })
  }
  return true
}

/** Removes every object of a person whose rows are about to go. */
export const eraseFiles = async ({ files }: Pick<Needs, 'files'>, userId: string): Promise<void> => {
  while (files && !(await files.deleteSomeOf(userId)));
}
