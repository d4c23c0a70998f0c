import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import worker from '../../worker/vitest.config.ts'

const root = join(import.meta.dirname, '../..')

/** Stryker names one configuration; which suites belong to what is broken, `main.ts` says. */
const suites = (process.env['SUITES'] ?? '').split(',').map((path) => join(root, `${path}.test.ts`))
const ofWorker = suites.filter((path) => path.startsWith(join(root, 'worker/test/')))
const others = suites.filter((path) => !ofWorker.includes(path))

export default defineConfig({
  test: {
    projects: [
      ...(ofWorker.length > 0 ? [{ ...worker, test: { ...worker.test, include: ofWorker } }] : []),
      ...(others.length > 0
        ? [{ test: { name: 'node', root, include: others, testTimeout: 60_000, hookTimeout: 120_000 } }]
        : []),
    ],
  },
})
