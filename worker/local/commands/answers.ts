import { setTimeout as pause } from 'node:timers/promises'
import { Trouble } from './trouble.ts'

const patienceMs = 180_000

/** Resolves when the address answers 200. */
export const answers = async (url: string): Promise<void> => {
  const until = performance.now() + patienceMs
  for (;;) {
    let last = 'no answer'
    try {
      const { status, body } = await fetch(url, { signal: AbortSignal.timeout(30_000) })
      await body?.cancel()
      if (status === 200) return
      last = `status ${status}`
    } catch {
      // Not up yet.
    }
    if (performance.now() > until)
      throw new Trouble(`${url} does not answer as it should: ${last}. What it says is above.`)
    await pause(100)
  }
}
