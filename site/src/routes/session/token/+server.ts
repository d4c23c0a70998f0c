import { json, type RequestEvent } from '@sveltejs/kit'
import { accessFor } from '$lib/server/access'
import { settings } from '$lib/server/settings'
import { problem } from '$lib/server/worker'
import type { ProblemBody } from '@macro-ai/shared'
import type { RequestHandler } from './$types'

/** Hands the browser's memory an access token, and tells it where the API is. Only our own pages may ask. */
export const POST: RequestHandler = async (event) => {
  if (!fromOurPage(event)) return refusal(problem('forbidden', 'Only pages of this site may ask.'))
  const asked = (await event.request.json().catch(() => ({}))) as { fresh?: unknown } | null
  const access = await accessFor(event, asked?.fresh === true)
  if (!access.ok) return refusal(access.problem)
  const { accessToken, expiresAtMs } = access.value
  const expiresIn = Math.floor((expiresAtMs - Date.now()) / 1000)
  return json({ accessToken, expiresIn, apiUrl: settings().publicApiUrl }, { headers: { 'cache-control': 'no-store' } })
}

const fromOurPage = ({ request, url }: RequestEvent): boolean =>
  request.headers.get('origin') === url.origin &&
  (request.headers.get('sec-fetch-site') ?? 'same-origin') === 'same-origin' &&
  (request.headers.get('content-type') ?? '').startsWith('application/json')

const refusal = (body: ProblemBody): Response =>
  json(body, {
    status: body.status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(body.retryAfterSeconds && { 'retry-after': String(body.retryAfterSeconds) }),
    },
  })
