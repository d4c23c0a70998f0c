import { readFileSync, writeFileSync } from 'node:fs'
import { httpsOnlyHeaders, securityHeaders } from './src/lib/server/headers.js'

const configPath = '.vercel/output/config.json'

/**
 * The Vercel adapter, with two rules more: every answer carries the security headers, and a conversation's address is
 * answered with the prerendered chat shell, so that opening the app calls no function.
 *
 * @param {import('@sveltejs/kit').Adapter} adapter
 * @returns {import('@sveltejs/kit').Adapter}
 */
export const staticShell = (adapter) => ({
  ...adapter,
  async adapt(builder) {
    await adapter.adapt(builder)
    const config = JSON.parse(readFileSync(configPath, 'utf8'))
    const files = config.routes.findIndex((/** @type {{ handle?: string }} */ route) => route.handle === 'filesystem')
    config.routes.splice(files, 0, { src: '^/chat/[^/]+$', dest: '/chat' })
    config.routes.unshift({ src: '/.*', headers: { ...securityHeaders, ...httpsOnlyHeaders }, continue: true })
    writeFileSync(configPath, JSON.stringify(config, undefined, 2))
  },
})
