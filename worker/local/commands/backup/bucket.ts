import { freeTiers } from '@macro-ai/shared'
import type { Given } from '../names.ts'

/** Where `pnpm backup --r2` puts its nights. */
export const bucket = 'macro-ai-backups'
export const nightsKept = 30

/** FILES_INSTANCE_BYTES where nothing else is set: worker/src/settings.ts. */
const usualFileBytes = 5_000_000_000
/** Wrangler sends no larger file. */
const mostAtOnce = 300_000_000
/** For what is kept besides: the files of previews, and a night until the bucket's rule finds it. */
const reserve = 0.02

/** What a night may have, so that all of them and as many files as people may keep stay within what R2 gives free. */
export const mostBytesANight = ({ FILES_INSTANCE_BYTES }: Pick<Given, 'FILES_INSTANCE_BYTES'>): number => {
  const free = freeTiers.find(({ id }) => id === 'r2.bytes')?.limit ?? 0
  const left = free * (1 - reserve) - Number(FILES_INSTANCE_BYTES ?? usualFileBytes)
  return Math.max(0, Math.min(mostAtOnce, Math.floor(left / nightsKept)))
}
