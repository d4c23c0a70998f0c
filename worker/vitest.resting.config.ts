import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** The Worker's suite of turns that wait for a sleeping database: the same platform, with that setting on. */
export default defineConfig({
  plugins: [
    cloudflareTest(({ inject }) => ({
      wrangler: { configPath: '../wrangler.toml', environment: 'local' },
      miniflare: { bindings: { ...inject('variables'), DATABASE_REST_SECONDS: '1800' } },
    })),
  ],
  test: {
    name: 'resting',
    root: import.meta.dirname,
    include: [process.env['RESTING'] ?? 'test/resting/**/*.test.ts'],
    globalSetup: ['local/test-platform.ts'],
    setupFiles: ['test/support/unpaused.ts'],
    fileParallelism: false,
    isolate: false,
    testTimeout: 150_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
