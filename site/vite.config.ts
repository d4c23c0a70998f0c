import { sveltekit } from '@sveltejs/kit/vite'
import type { IncomingMessage } from 'node:http'
import { defineConfig, type Plugin } from 'vite'
import { chunks } from './chunks.ts'
import { messages } from './messages.js'
import { shellRules, type Condition } from './shell.js'
import { frameAddress, frameHeaders, securityHeaders } from './src/lib/server/headers.js'

const cookieOf = (request: IncomingMessage, name: string) =>
  request.headers.cookie?.match(new RegExp(`(?:^|; )${name}=([^;]*)`))?.[1]

const holds = (request: IncomingMessage, { type, key, value }: Condition): boolean => {
  const found = type === 'cookie' ? cookieOf(request, key) : request.headers[key]
  return typeof found === 'string' && new RegExp(`^(?:${value})$`).test(found)
}

/** The file that Vercel would answer with, by the first rule that fits. */
const shellAddress = (request: IncomingMessage, path: string): string => {
  const rule = shellRules.find(
    ({ src, has = [], missing = [] }) =>
      new RegExp(src).test(path) &&
      has.every((one) => holds(request, one)) &&
      !missing.some((one) => holds(request, one)),
  )
  return rule ? path.replace(new RegExp(rule.src), rule.dest) : path
}

/** On Vercel its own routes do this (see shell.js); here the preview does. */
const preview: Plugin = {
  name: 'preview',
  configurePreviewServer: ({ middlewares }) => {
    middlewares.use((request, response, next) => {
      const { pathname, search } = new URL(request.url ?? '/', 'http://localhost')
      const headers = pathname === frameAddress ? frameHeaders : securityHeaders
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      // SvelteKit's preview gives all pages built ahead one ETag: a page in another language would count as unchanged.
      delete request.headers['if-none-match']
      request.url = shellAddress(request, pathname) + search
      next()
    })
  },
}

/** Style sheets go by their hash alone: their names were 180 bytes of the scripts of an open conversation. */
const unnamedStyles: Plugin = {
  name: 'unnamed-styles',
  outputOptions: ({ assetFileNames, ...options }) => ({
    ...options,
    assetFileNames: (asset) => {
      const pattern = typeof assetFileNames === 'function' ? assetFileNames(asset) : (assetFileNames ?? '')
      return asset.names.every((name) => name.endsWith('.css')) ? pattern.replace('[name].', '') : pattern
    },
  }),
}

export default defineConfig({
  plugins: [messages(), preview, sveltekit(), unnamedStyles],
  // No data: addresses: the content security policy takes fonts and images from ourselves only.
  build: {
    assetsInlineLimit: 0,
    // The scripts that come first do not list what later parts need: that was 1.4 kB of the empty chat's. A part names
    // its scripts itself once it is here; its style sheets are still asked for beside it.
    modulePreload: { resolveDependencies: () => [] },
  },
  environments: { client: { build: { rolldownOptions: { output: { codeSplitting: { groups: chunks } } } } } },
  server: { host: '127.0.0.1' },
  // The reader of documents loads its parts as it needs them.
  worker: { format: 'es' },
  preview: { host: '127.0.0.1' },
})
