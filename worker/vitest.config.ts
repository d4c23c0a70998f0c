import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** The Worker's suite runs inside workerd, against a platform of its own. */
export default defineConfig({
  plugins: [
    cloudflareTest(({ inject }) => ({
      wrangler: { configPath: '../wrangler.toml', environment: 'local' },
      // All that `pnpm dev` would set, so that nothing of a developer's own .dev.vars shows through.
      miniflare: { bindings: inject('variables') },
    })),
  ],
  test: {
    name: 'worker',
    root: import.meta.dirname,
    include: ['test/**/*.test.ts'],
    exclude: ['test/resting/**'],
    globalSetup: ['local/test-platform.ts'],
    setupFiles: ['test/support/unpaused.ts'],
    // Faults and counters are the whole platform's: one file at a time.
    fileParallelism: false,
    isolate: false,
    testTimeout: 150_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
