import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { asksFor, localeCookie, locales } from './src/lib/i18n/locales.js'
import { frameAddress, frameHeaders, httpsOnlyHeaders, securityHeaders } from './src/lib/server/headers.js'

const configPath = '.vercel/output/config.json'
const routes = new URL('src/routes/', import.meta.url).pathname

/** Whether this page or a layout around it says that it is built ahead. @param {string} folder @returns {boolean} */
const isBuiltAhead = (folder, file = '+page.ts') => {
  const path = join(routes, folder, file)
  const [, ahead] = (existsSync(path) && /export const prerender = (.*)/.exec(readFileSync(path, 'utf8'))) || []
  if (ahead) return ahead !== 'false'
  if (file === '+page.ts') return isBuiltAhead(folder, '+layout.ts')
  return folder !== '.' && isBuiltAhead(dirname(folder), '+layout.ts')
}

const folders = globSync('**/+page.svelte', { cwd: routes })
  .map(dirname)
  .filter((folder) => isBuiltAhead(folder))
/** Groups and optional parameters are no part of an address. @param {string} folder */
const addressOf = (folder) => `/${folder}`.replace(/\/\([^/]*\)|\/\[\[[^/]*\]\]/g, '')
/** The pages built ahead, by their address. */
const shells = folders.map(addressOf)

const translations = locales.slice(1)

/** Where each of them is built in the other languages: see `reroute`. */
export const shellsInEveryLanguage = /** @type {`/${string}`[]} */ (
  translations.flatMap((locale) => shells.map((shell) => `/${locale}${shell}`))
)

/** An address below one that has an optional parameter, such as a conversation's: its own shell answers it. */
const open = folders.filter((folder) => folder.includes('[[')).map(addressOf)
const below = `^(${open.join('|')})/[^/]+$`

/** The language of the reader's cookie, else the one that the browser asks for. @param {import('./src/lib/i18n/locales.js').Locale} locale */
const readers = (locale) => [
  { has: [{ type: 'cookie', key: localeCookie, value: locale }] },
  {
    has: [{ type: 'header', key: 'accept-language', value: asksFor(locale) }],
    missing: [{ type: 'cookie', key: localeCookie, value: locales.join('|') }],
  },
]

/**
 * Which file answers which address, as rules of Vercel: a conversation's address is answered with the chat shell, so
 * that opening the app calls no function, and every shell in the reader's language.
 *
 * @type {{ src: string, dest: string, has?: Condition[], missing?: Condition[] }[]}
 * @typedef {{ type: string, key: string, value: string }} Condition
 */
export const shellRules = [
  ...translations.flatMap((locale) =>
    readers(locale).flatMap((reader) => [
      { src: below, dest: `/${locale}$1`, ...reader },
      { src: `^(${shells.join('|')})$`, dest: `/${locale}$1`, ...reader },
    ]),
  ),
  { src: below, dest: '$1' },
]

/**
 * The Vercel adapter, with rules more: those of the shells, and that every answer carries the security headers.
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
    config.routes.splice(files, 0, ...shellRules)
    config.routes.unshift(
      { src: frameAddress, headers: { ...frameHeaders, ...httpsOnlyHeaders }, continue: true },
      { src: `/(?!${frameAddress.slice(1)}$).*`, headers: { ...securityHeaders, ...httpsOnlyHeaders }, continue: true },
    )
    writeFileSync(configPath, JSON.stringify(config, undefined, 2))
  },
})
