import type { Part } from '@macro-ai/shared'
import { log } from '../log.ts'

/** An isolate tells of a part that fails once in this time, however many requests meet it. */
const tellEveryMs = 60_000

type Options = {
  now: () => number
  /** Tells everybody's record that a part failed, or works again. */
  tell: (part: Part, works: boolean) => Promise<unknown>
  /** Keeps what is running alive after the answer. */
  later: (work: Promise<unknown>) => void
}

/** Notices what fails while people use the app: nothing is asked for it, and while all is well nothing is told. */
export const openWatch = ({ now, tell, later }: Options) => {
  const toldAt = new Map<Part, number>()
  const telling = (part: Part, works: boolean) =>
    later(tell(part, works).catch((error: unknown) => log.warn('watch', { part, error: String(error) })))

  return {
    failed: (part: Part, error: unknown): void => {
      log.warn('trouble', { part, error: String(error) })
      const last = toldAt.get(part)
      if (last !== undefined && now() - last < tellEveryMs) return
      toldAt.set(part, now())
      telling(part, false)
    },
    worked: (part: Part): void => {
      if (toldAt.delete(part)) telling(part, true)
    },
  }
}

export type Watch = ReturnType<typeof openWatch>
