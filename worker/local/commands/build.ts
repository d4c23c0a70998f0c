import { buildSite, buildWorker, chatPageBytes, gzipBytes, workerBundle } from './bundles.ts'
import { createProgress } from './progress.ts'

/** The bounds of the design, section 6. */
const budgets = { worker: 300_000, chatPage: 75_000 }

/** Builds what would be deployed, and fails when a part of it has grown over its budget. */
export const run = async (): Promise<number> => {
  const { step, print, end } = createProgress()
  try {
    await Promise.all([step('Worker', () => buildWorker()), step('site', () => buildSite())])
    const sizes = [
      { what: 'Worker', bytes: gzipBytes(workerBundle), budget: budgets.worker },
      { what: "chat page's first JavaScript", bytes: chatPageBytes(), budget: budgets.chatPage },
    ]
    for (const { what, bytes, budget } of sizes) {
      const verdict = bytes > budget ? 'TOO LARGE: ' : ''
      print(
        `  ${verdict}${what}: ${kilobytes(bytes)} gzip, ${Math.round((bytes / budget) * 100)} % of ${kilobytes(budget)}`,
      )
    }
    return sizes.some(({ bytes, budget }) => bytes > budget) ? 1 : 0
  } finally {
    end()
  }
}

const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
