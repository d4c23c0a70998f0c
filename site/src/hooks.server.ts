import { building } from '$app/environment'
import { regionIn } from '$lib/i18n/language'
import { directionOf, localeCookie, localeFor, shellOf, type Locale } from '$lib/i18n/locales.js'
import { httpsOnlyHeaders, securityHeaders } from '$lib/server/headers'
import { followRequests } from '$lib/server/language'
import { settings } from '$lib/server/settings'
import * as m from '$messages'
import type { Handle, HandleServerError, RequestEvent, ServerInit } from '@sveltejs/kit'

followRequests()

/** A missing setting stops the server at its start, not the first person who signs in. */
export const init: ServerInit = () => {
  if (!building) settings()
}

const localeOf = ({ url, cookies, request }: RequestEvent): Locale => {
  const builtAhead = shellOf(url.pathname)?.locale
  if (builtAhead || building) return builtAhead ?? 'en'
  return localeFor(cookies.get(localeCookie), request.headers.get('accept-language'))
}

const regionOf = ({ url, request }: RequestEvent, locale: Locale) => {
  if (building || shellOf(url.pathname)) return undefined
  const asked = request.headers.get('accept-language') ?? ''
  return regionIn(
    asked.split(',').map((tag) => tag.split(';')[0]?.trim() ?? ''),
    locale,
  )
}

export const handle: Handle = async ({ event, resolve }) => {
  const locale = localeOf(event)
  const region = regionOf(event, locale)
  Object.assign(event.locals, { locale, region })
  const response = await resolve(event, {
    transformPageChunk: ({ html }) =>
      html
        .replace('%lang%', locale)
        .replace('%dir%', directionOf(locale))
        .replace('%region%', region ?? ''),
    // The text face is needed by every page; its rarer half loads when a letter asks for it.
    preload: ({ type, path }) => type !== 'font' || path.includes('sans-latin-wght'),
  })
  const headers = event.url.protocol === 'https:' ? { ...securityHeaders, ...httpsOnlyHeaders } : securityHeaders
  for (const [name, value] of Object.entries(headers))
    if (!response.headers.has(name)) response.headers.set(name, value)
  if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'private, no-store')
  return response
}

/** What the inside said goes to the log under an id; the page shows only the id. */
export const handleError: HandleServerError = ({ error, event, status }) => {
  const requestId = crypto.randomUUID()
  if (status !== 404) console.error(JSON.stringify({ requestId, route: event.route.id, error: String(error) }))
  return { message: status === 404 ? m.errorNoPage() : m.errorOurs(), requestId }
}
