import { building } from '$app/environment'
import { settings } from '$lib/server/settings'
import type { Handle, HandleServerError, ServerInit } from '@sveltejs/kit'
import { httpsOnlyHeaders, securityHeaders } from '$lib/server/headers'

/** A missing setting stops the server at its start, not the first person who signs in. */
export const init: ServerInit = () => {
  if (!building) settings()
}

export const handle: Handle = async ({ event, resolve }) => {
  const response = await resolve(event, {
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
  return { message: status === 404 ? 'There is no such page.' : 'Something went wrong on our side.', requestId }
}
