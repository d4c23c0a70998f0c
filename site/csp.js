import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Kit hashes the scripts that it writes; the one in app.html, which sets the theme before the first paint, is ours to hash. */
const shell = readFileSync(new URL('src/app.html', import.meta.url), 'utf8')
const themeScript = /<script>(.*?)<\/script>/s.exec(shell)?.[1] ?? ''

/** @param {string} text @returns {`sha256-${string}`} */
const hashOf = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`

/** The style attribute of Kit's route announcer, the only one in the site. */
const announcerStyle =
  'position: absolute; left: 0; top: 0; clip: rect(0 0 0 0); clip-path: inset(50%); overflow: hidden; white-space: nowrap; width: 1px; height: 1px'

/**
 * The one API a page may talk to. It is written into the prerendered pages, so it must be known when the site is built;
 * a build for this machine may talk to any of its ports.
 */
const apiOrigin = () => {
  const url = process.env.PUBLIC_API_URL
  if (!url && process.env.VERCEL)
    throw new Error(
      'Set PUBLIC_API_URL, the address of the API, before the site is built: its pages may talk to no other.',
    )
  const { origin, hostname } = new URL(url || 'http://127.0.0.1')
  return ['127.0.0.1', 'localhost'].includes(hostname) ? `http://${hostname}:*` : origin
}

/** @type {import('@sveltejs/kit').CspDirectives} */
export const contentSecurity = {
  'default-src': ['none'],
  'script-src': ['self', hashOf(themeScript)],
  'style-src': ['self'],
  'style-src-attr': ['unsafe-hashes', hashOf(announcerStyle)],
  // What is drawn in the browser itself: diagrams.
  'img-src': ['self', 'blob:'],
  'font-src': ['self'],
  'manifest-src': ['self'],
  'worker-src': ['self'],
  // The one that draws diagrams, see static/diagram.html.
  'frame-src': ['self'],
  'connect-src': ['self', /** @type {`${string}.${string}`} */ (apiOrigin())],
  'form-action': ['self'],
  'base-uri': ['none'],
  'frame-ancestors': ['none'],
}
