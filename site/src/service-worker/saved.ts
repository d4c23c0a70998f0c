import { savedAddress, savedCache } from '../lib/chat/saved'

/** The list, the conversations that were opened, and who and what is there to choose from. Nothing else is kept. */
const paths = /^\/(conversations|conversations\/[\w-]{36}|models|me)$/
const mostKept = 60
const ownerAddress = '/saved/owner'

/** Counts the times that all was forgotten: an answer that was asked for before is not kept after. */
let forgotten = 0

const isErasure = ({ method, url }: Request) => method === 'DELETE' && new URL(url).pathname === '/me'

/** Calls of the API whose answers are kept, and the one after which nothing may be. Only the API gets a bearer token. */
export const isSaved = (request: Request): boolean =>
  ownerOf(request) !== undefined && (isErasure(request) || (request.method === 'GET' && pathOf(request) !== undefined))

const pathOf = ({ url }: Request): string | undefined => {
  const { pathname, search } = new URL(url)
  return !search && paths.test(pathname) ? pathname : undefined
}

/** Whose the answer is: the subject of the access token that asks for it. */
const ownerOf = ({ headers }: Request): string | undefined => {
  const payload = /^Bearer [^.]+\.([^.]+)\./.exec(headers.get('authorization') ?? '')?.[1]
  if (!payload) return undefined
  const { sub } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { sub?: string }
  return sub
}

/** Passes a call on, and keeps its answer. */
export const save = async (request: Request, later: (task: Promise<void>) => void): Promise<Response> => {
  const then = forgotten
  const response = await fetch(request)
  if (isErasure(request)) {
    if (response.ok) later(forgetSaved())
  } else if (response.status === 404) later(drop(request))
  else if (response.ok) {
    const copy = response.clone()
    later(put(request, copy, then))
  }
  return response
}

const put = async (request: Request, response: Response, then: number) => {
  const [path, owner, body] = [pathOf(request), ownerOf(request), await response.text()]
  if (!path || !owner || then !== forgotten) return
  const cache = await caches.open(savedCache)
  if ((await (await cache.match(ownerAddress))?.text()) !== owner) {
    for (const key of await cache.keys()) await cache.delete(key)
    await cache.put(ownerAddress, new Response(owner))
  }
  // All was forgotten in the meantime, and opening this made it anew.
  if (then !== forgotten) return void (await caches.delete(savedCache))
  // Deleted first, so that keys stand in the order of their last use.
  await cache.delete(savedAddress(path))
  await cache.put(savedAddress(path), new Response(body, { headers: { 'content-type': 'application/json' } }))
  const conversations = (await cache.keys()).filter(({ url }) => url.includes('/saved/conversations/'))
  for (const oldest of conversations.slice(0, -mostKept)) await cache.delete(oldest)
}

/** A conversation that is gone is not read any more. */
const drop = async (request: Request) => {
  const path = pathOf(request)
  if (path) await (await caches.open(savedCache)).delete(savedAddress(path))
}

export const forgetSaved = async () => {
  forgotten++
  await caches.delete(savedCache)
}
