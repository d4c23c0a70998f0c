import { svelte } from '@sveltejs/vite-plugin-svelte'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { messages } from '../messages.js'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** What needs no browser: texts, and Markdown drawn to HTML as the server would. */
export default defineConfig({
  plugins: [messages(), svelte()],
  resolve: {
    alias: {
      '$env/dynamic/private': at('env.ts'),
      '$env/dynamic/public': at('env.ts'),
      $lib: at('../src/lib'),
      $messages: at('../.svelte-kit/messages'),
    },
  },
  test: { name: 'site', root: import.meta.dirname, include: ['*.test.ts'], isolate: false, testTimeout: 60_000 },
})
