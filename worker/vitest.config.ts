import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { composeSettings } from './local/commands/settings.ts'

/** The Worker's suite runs inside workerd, against a platform of its own. */
export default defineConfig({
  plugins: [
    cloudflareTest(({ inject }) => ({
      wrangler: { configPath: '../wrangler.toml', environment: 'local' },
      miniflare: { bindings: variables(Number(new URL(inject('platformUrl')).port)) },
    })),
  ],
  test: {
    name: 'worker',
    root: import.meta.dirname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['local/test-platform.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})

/** All that `pnpm dev` would set, so that nothing of a developer's own .dev.vars shows through. */
const variables = (platform: number) =>
  composeSettings(
    {},
    { api: 8787, site: 5173, platform },
    { sessionKeys: 'unused', siteSecret: 'a secret of the test suite' },
  ).worker as Record<string, string>
