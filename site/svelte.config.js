import vercel from '@sveltejs/adapter-vercel'
import { contentSecurity } from './csp.js'
import { shellsInEveryLanguage, staticShell } from './shell.js'

/** @type {import('@sveltejs/kit').Config} */
export default {
  // Runes alone: what the older way of writing components needs is not shipped.
  compilerOptions: {
    discloseVersion: false,
    // What tells one component's styles from another's: five letters will do, and are in every element's template.
    cssHash: ({ hash, css }) => `s${hash(css).slice(0, 4)}`,
    runes: ({ filename }) => (filename.includes('node_modules') ? undefined : true),
  },
  kit: {
    adapter: staticShell(vercel({ runtime: 'nodejs24.x' })),
    alias: { $messages: '.svelte-kit/messages' },
    // A page built ahead is served at more addresses than its own: every conversation's.
    paths: { relative: false },
    version: { pollInterval: 30 * 60 * 1000 },
    serviceWorker: { register: process.env.NODE_ENV === 'production' },
    prerender: { entries: ['*', ...shellsInEveryLanguage] },
    // Hashes, not nonces: a prerendered page cannot carry a nonce that is new each time.
    csp: { mode: 'hash', directives: contentSecurity },
  },
}
