import { defineConfig } from 'vitest/config'
import worker from '../../worker/vitest.config.ts'

/** Stryker names one configuration; which suites belong to what is broken, `main.ts` says. */
const suites = (process.env['SUITES'] ?? '').split(',').filter(Boolean)

export default defineConfig({
  ...worker,
  test: { ...worker.test, include: suites.map((name) => `test/${name}.test.ts`) },
})
