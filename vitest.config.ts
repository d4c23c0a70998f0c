import { defineConfig } from 'vitest/config'

/**
 * On busy cores a walk through pages takes a minute that takes five seconds on idle ones. One process runs all files of
 * a project: to begin anew for each took a quarter of the time.
 */
const usual = { isolate: false, testTimeout: 150_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000 } } }
/** Looks at what `pnpm build` left, so it belongs to `pnpm test` alone. */
const bundles = 'worker/local/bundles.test.ts'

/** What of the browser's tests runs on a real PostgreSQL and a real Redis as well: `REAL=all` takes all of it. */
const onRealServers = [`site/test/browser/${process.env['REAL'] === 'all' ? '*' : 'chat'}.test.ts`]
/** These break the database where only a stand-in breaks; without a server of this machine's own there is no pgvector. */
const needVectors = process.env['POSTGRES_BIN'] ? [] : ['finding', 'search', 'knowledge']
const ofStandIns = ['faults', 'resting', 'gallery', 'room', ...needVectors].map(
  (name) => `site/test/browser/${name}.test.ts`,
)

export default defineConfig({
  test: {
    silent: 'passed-only',
    projects: [
      {
        test: {
          name: 'node',
          include: ['shared/test/**/*.test.ts', 'db/test/**/*.test.ts', 'worker/{local,infra}/**/*.test.ts'],
          exclude: [bundles],
          ...usual,
        },
      },
      './worker/vitest.config.ts',
      './worker/vitest.resting.config.ts',
      './site/test/vitest.config.ts',
      { test: { name: 'bundles', include: [bundles], ...usual } },
      {
        test: {
          name: 'real',
          include: ['site/test/browser/real/*.test.ts', ...onRealServers],
          exclude: ofStandIns,
          globalSetup: ['worker/local/test-real.ts'],
          fileParallelism: false,
          ...usual,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['site/test/browser/*.test.ts'],
          globalSetup: ['worker/local/test-stack.ts'],
          // Faults and counters are the whole stack's: one file at a time.
          fileParallelism: false,
          ...usual,
        },
      },
    ],
  },
})
