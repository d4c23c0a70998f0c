import { sveltekit } from '@sveltejs/kit/vite'
import { defineConfig, type Plugin } from 'vite'
import { securityHeaders } from './src/lib/server/headers.js'

/** On Vercel the adapter's routes give prerendered pages and files their headers (see shell.js); here the preview does. */
const previewHeaders: Plugin = {
  name: 'preview-headers',
  configurePreviewServer: ({ middlewares }) => {
    middlewares.use((_request, response, next) => {
      for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
      next()
    })
  },
}

export default defineConfig({
  plugins: [previewHeaders, sveltekit()],
  // No data: addresses: the content security policy takes fonts and images from ourselves only.
  build: { assetsInlineLimit: 0 },
  server: { host: '127.0.0.1' },
  preview: { host: '127.0.0.1' },
})
