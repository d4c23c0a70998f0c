import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import worker from '../../worker/vitest.config.ts'
import resting from '../../worker/vitest.resting.config.ts'

const root = join(import.meta.dirname, '../..')

/** Stryker names one configuration; which suites belong to what is broken, `main.ts` says. */
const suites = (process.env['SUITES'] ?? '').split(',').map((path) => join(root, `${path}.test.ts`))
const within = (folder: string) => suites.filter((path) => path.startsWith(join(root, folder)))
/** Of the Worker's suites those that need nothing of workerd: Node is far quicker to begin. */
const pure = ['imported-tree', 'ladder'].flatMap((name) => within(`worker/test/${name}.`))
const atTill = within('worker/test/resting/')
const ofWorker = within('worker/test/').filter((path) => !atTill.includes(path) && !pure.includes(path))
const others = suites.filter((path) => !atTill.includes(path) && !ofWorker.includes(path))

export default defineConfig({
  test: {
    projects: [
      ...(ofWorker.length > 0 ? [{ ...worker, test: { ...worker.test, include: ofWorker } }] : []),
      ...(atTill.length > 0 ? [{ ...resting, test: { ...resting.test, include: atTill } }] : []),
      ...(others.length > 0
        ? [{ test: { name: 'node', root, include: others, testTimeout: 60_000, hookTimeout: 120_000 } }]
        : []),
    ],
  },
})
