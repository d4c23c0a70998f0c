import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

/** Renders the Markdown components to HTML, as the server would; no browser is needed. */
export default defineConfig({
  plugins: [svelte()],
  test: { name: 'markdown', root: import.meta.dirname, include: ['markdown*.test.ts'], testTimeout: 60_000 },
})
