import { sveltekit } from '@sveltejs/kit/vite'
import { defineConfig } from 'vite'
import { securityHeaders } from './src/lib/server/headers.js'

export default defineConfig({
  plugins: [sveltekit()],
  server: { host: '127.0.0.1' },
  // On Vercel the adapter's routes set these; see shell.js.
  preview: { host: '127.0.0.1', headers: securityHeaders },
})
