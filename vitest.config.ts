import { defineConfig } from 'vitest/config'

const patience = { testTimeout: 60_000, hookTimeout: 120_000 }
/** Looks at what `pnpm build` left, so it belongs to `pnpm test` alone. */
const bundles = 'worker/local/bundles.test.ts'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          include: ['shared/test/**/*.test.ts', 'db/test/**/*.test.ts', 'worker/{local,infra}/**/*.test.ts'],
          exclude: [bundles],
          ...patience,
        },
      },
      './worker/vitest.config.ts',
      './worker/vitest.resting.config.ts',
      './site/test/vitest.config.ts',
      { test: { name: 'bundles', include: [bundles], ...patience } },
      {
        test: {
          name: 'browser',
          include: ['site/test/browser/**/*.test.ts'],
          globalSetup: ['worker/local/test-stack.ts'],
          // Faults and counters are the whole stack's: one file at a time.
          fileParallelism: false,
          ...patience,
        },
      },
    ],
  },
})
