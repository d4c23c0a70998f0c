import type { Conversation, ConversationPage, OpenConversation } from '@macro-ai/shared'
import { savedAddress } from '../lib/chat/saved'

const savedCache = 'saved'

/** The list, the conversations that were opened, and who and what is there to choose from. Nothing else is kept. */
const paths = /^\/(conversations|conversations\/[\w-]{36}|models|me)$/
const mostKept = 60

/** Counts the times that all was forgotten: an answer that was asked for before is not kept after. */
let forgotten = 0

const isErasure = ({ method, url }: Request) => method === 'DELETE' && new URL(url).pathname === '/me'
const isDeletion = (request: Request) => request.method === 'DELETE' && pathOf(request) !== undefined

/** Calls of the API whose answers are kept, and those after which they may not be. Only the API gets a bearer token. */
export const isSaved = (request: Request): boolean =>
  ownerOf(request) !== undefined &&
  (isErasure(request) || isDeletion(request) || (request.method === 'GET' && pathOf(request) !== undefined))

const pathOf = ({ url }: Request): string | undefined => {
  const { pathname, search } = new URL(url)
  return !search && paths.test(pathname) ? pathname : undefined
}

/** Where our own pages ask for what is kept, and hand over what they know better; not an address of the API's. */
export const isKept = ({ url }: Request): boolean => new URL(url).pathname.startsWith(savedAddress('/'))
const keptPathOf = ({ url }: Request): string => new URL(url).pathname.slice(savedAddress('').length)

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
  } else if (response.status === 404 || (response.ok && isDeletion(request))) later(drop(request))
  else if (response.ok && request.method === 'GET') {
    const [path = '', owner = '', copy] = [pathOf(request), ownerOf(request), response.clone()]
    later(copy.text().then((body) => put(path, owner, body, then)))
  }
  return response
}

/** Gives a page what was answered last, to its owner alone; with no network nobody can say who asks. */
export const answerKept = async (request: Request): Promise<Response> => {
  const [path, owner] = [keptPathOf(request), await keptOwner()]
  const isTheirs = owner !== undefined && (ownerOf(request) ?? owner) === owner
  return (isTheirs && paths.test(path) && (await kept(path))) || nothing()
}

/** Takes from a page what it knows of a conversation since that was answered. */
export const takeCopy = async (request: Request): Promise<Response> => {
  const [then, path, body, owner] = [forgotten, keptPathOf(request), await request.text(), await keptOwner()]
  // Whoever has signed out meanwhile leaves nothing behind.
  if (owner === undefined || ownerOf(request) !== owner || !paths.test(path)) return nothing()
  await put(path, owner, body, then)
  const { conversation } = JSON.parse(body) as OpenConversation
  await list((items) => [conversation, ...items.filter(({ id }) => id !== conversation.id)])
  return nothing()
}

const nothing = () => new Response(null, { status: 204 })

/** Nothing is opened that is not there: that would make it. */
const kept = (path: string) => caches.match(savedAddress(path), { cacheName: savedCache })
const keptOwner = async () => (await kept('/owner'))?.text()

const put = async (path: string, owner: string, body: string, then: number) => {
  if (then !== forgotten) return
  const cache = await caches.open(savedCache)
  if ((await keptOwner()) !== owner) {
    for (const key of await cache.keys()) await cache.delete(key)
    await cache.put(savedAddress('/owner'), new Response(owner))
  }
  // All was forgotten in the meantime, and opening this made it anew.
  if (then !== forgotten) return void (await caches.delete(savedCache))
  // Deleted first, so that keys stand in the order of their last use.
  await cache.delete(savedAddress(path))
  await cache.put(savedAddress(path), json(body))
  const conversations = (await cache.keys()).filter(({ url }) => url.includes('/saved/conversations/'))
  for (const oldest of conversations.slice(0, -mostKept)) await cache.delete(oldest)
}

const json = (body: string) => new Response(body, { headers: { 'content-type': 'application/json' } })

/** Changes the list that is kept. */
const list = async (change: (items: Conversation[]) => Conversation[]) => {
  const [then, page] = [forgotten, (await (await kept('/conversations'))?.json()) as ConversationPage | undefined]
  if (!page) return
  const changed = json(JSON.stringify({ ...page, items: change(page.items) }))
  const cache = await caches.open(savedCache)
  if (then === forgotten) await cache.put(savedAddress('/conversations'), changed)
  else await caches.delete(savedCache)
}

/** A conversation that is gone is not read any more. */
const drop = async (request: Request) => {
  const path = pathOf(request)
  if (!path || !(await caches.has(savedCache))) return
  await (await caches.open(savedCache)).delete(savedAddress(path))
  await list((items) => items.filter(({ id }) => !path.endsWith(id)))
}

export const forgetSaved = async () => {
  forgotten++
  await caches.delete(savedCache)
}
