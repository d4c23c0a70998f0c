import type { Deps } from '../deps.ts'
import { log } from '../log.ts'

type Needs = Pick<Deps, 'store' | 'files' | 'now'>

/** Longer than any upload takes. */
const hourMs = 60 * 60_000
const dayMs = 24 * hourMs

/** Rows whose upload or removal ended half-way go, and with them their objects. */
const sweepRows = async ({ store, files, now }: Needs): Promise<void> => {
  const left = await store.leftFiles(new Date(now() - hourMs), new Date(now()))
  if (left.length === 0) return
  await files?.delete(left)
  await store.forgetFiles(left.map(({ id }) => id))
}

/** Objects that no row knows go: a page of them a day, from where the last one ended. */
const sweepObjects = async ({ store, files, now }: Needs): Promise<void> => {
  if (!files) return
  const after = await store.sweepFrom(new Date(now() - dayMs), new Date(now()))
  if (after === undefined) return
  const { found, next } = await files.list(after)
  const old = found.filter(({ uploadedMs }) => uploadedMs < now() - hourMs)
  const unknown = new Set(await store.unknownFiles(old.map(({ id }) => id)))
  const orphans = old.filter(({ id }) => unknown.has(id))
  if (orphans.length > 0) await files.delete(orphans)
  await store.sweptTo(next)
}

/**
 * Makes rows and objects agree, a bounded piece at a time. It comes along when files are added or removed, and so never
 * wakes the database by itself.
 */
export const sweepFiles = async (needs: Needs): Promise<void> => {
  try {
    await sweepRows(needs)
    await sweepObjects(needs)
  } catch (error) {
    log.warn('sweep', { error: String(error) })
  }
}
