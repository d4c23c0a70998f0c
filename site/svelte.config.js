import vercel from '@sveltejs/adapter-vercel'
import { contentSecurity } from './csp.js'
import { staticShell } from './shell.js'

/** @type {import('@sveltejs/kit').Config} */
export default {
  kit: {
    adapter: staticShell(vercel({ runtime: 'nodejs24.x' })),
    // Hashes, not nonces: a prerendered page cannot carry a nonce that is new each time.
    csp: { mode: 'hash', directives: contentSecurity },
  },
}
