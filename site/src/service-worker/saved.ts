import type { Conversation, ConversationPage, OpenConversation } from '@macro-ai/shared'
import { savedAddress, savedCache } from '../lib/chat/saved'

/** The list, the conversations that were opened, and who and what is there to choose from. Nothing else is kept. */
const paths = /^\/(conversations|conversations\/[\w-]{36}|models|me)$/
const mostKept = 60

/** Counts the times that all was forgotten: an answer that was asked for before is not kept after. */
let forgotten = 0
/** Conversations that were deleted, until they are asked for again: nothing that was on its way then is kept. */
const deleted = new Set<string>()

const isErasure = ({ method, url }: Request) => method === 'DELETE' && new URL(url).pathname === '/me'

/** Calls of the API whose answers change what is kept. Only the API gets a bearer token. */
export const isSaved = (request: Request): boolean =>
  ownerOf(request) !== undefined &&
  (isErasure(request) || (pathOf(request) !== undefined && ['GET', 'PATCH', 'DELETE'].includes(request.method)))

const pathOf = ({ url }: Request): string | undefined => {
  const { pathname, search } = new URL(url)
  return !search && paths.test(pathname) ? pathname : undefined
}

/** Where our own pages ask for what is kept, and hand over what they know better; not an address of the API's. */
export const isKept = ({ url, mode }: Request): boolean =>
  mode !== 'navigate' && new URL(url).pathname.startsWith(savedAddress('/'))

const keptPathOf = ({ url }: Request): string | undefined => {
  const { pathname, search } = new URL(url)
  const path = pathname.slice(savedAddress('').length)
  return !search && paths.test(path) ? path : undefined
}

/** Whose the answer is: the subject of the access token that asks for it. */
const ownerOf = ({ headers }: Request): string | undefined => {
  const payload = /^Bearer [^.]+\.([^.]+)\./.exec(headers.get('authorization') ?? '')?.[1]
  if (!payload) return undefined
  const { sub } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { sub?: string }
  return sub
}

/** Passes a call on, and keeps what its answer tells. */
export const save = async (request: Request, later: (task: Promise<void>) => void): Promise<Response> => {
  const [then, path = '', owner = ''] = [forgotten, pathOf(request), ownerOf(request)]
  if (request.method === 'GET') deleted.delete(path)
  const response = await fetch(request)
  if (isErasure(request)) {
    if (response.ok) later(forgetSaved())
    return response
  }
  const isChange = request.method === 'PATCH'
  // A change may name another thing that is not there.
  const isGone = request.method === 'DELETE' ? response.ok : response.status === 404 && !isChange
  if (isGone) later(inTurn(() => drop(path)))
  else if (response.ok) {
    const body = response.clone().text()
    later(body.then((body) => inTurn(() => (isChange ? change(path, body) : put(path, owner, body, then)))))
  }
  return response
}

/** Gives a page what was answered last, to its owner alone; with no network nobody can say who asks. */
export const answerKept = async (request: Request): Promise<Response> => {
  const [path, asking, owner] = [keptPathOf(request), ownerOf(request), await keptOwner()]
  const isTheirs = owner !== undefined && (asking === owner || (asking === undefined && !navigator.onLine))
  return (isTheirs && path && (await kept(path))) || nothing()
}

/** Takes from a page what it knows of a conversation since that was answered. */
export const takeCopy = async (request: Request): Promise<Response> => {
  const [then, path, body] = [forgotten, keptPathOf(request), await request.text()]
  await inTurn(async () => {
    const owner = await keptOwner()
    // Whoever has signed out meanwhile leaves nothing behind.
    if (!path || owner === undefined || ownerOf(request) !== owner || deleted.has(path)) return
    await put(path, owner, body, then)
    const { conversation } = JSON.parse(body) as OpenConversation
    if (!conversation.archived) await list((items) => [conversation, ...without(conversation.id, items)])
  })
  return nothing()
}

const nothing = () => new Response(null, { status: 204 })
const json = (body: unknown) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), {
    headers: { 'content-type': 'application/json' },
  })

let last = Promise.resolve()
/** What reads and then writes runs alone. */
const inTurn = (task: () => Promise<void>): Promise<void> => (last = last.then(task, task))

/** Nothing is opened that is not there: that would make it. */
const kept = (path: string) => caches.match(savedAddress(path), { cacheName: savedCache })
const keptOwner = async () => (await kept('/owner'))?.text()

const put = async (path: string, owner: string, body: string, then: number) => {
  if (then !== forgotten || deleted.has(path)) return
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
  const conversations = (await cache.keys()).filter(({ url }) => url.includes(savedAddress('/conversations/')))
  for (const oldest of conversations.slice(0, -mostKept)) await cache.delete(oldest)
}

/** Changes what is kept at a path, if something is. */
const amend = async <Value>(path: string, amended: (value: Value) => Value) => {
  const [then, known] = [forgotten, await kept(path)]
  if (!known) return
  const value = json(amended((await known.json()) as Value))
  const cache = await caches.open(savedCache)
  if (then === forgotten) await cache.put(savedAddress(path), value)
  else await caches.delete(savedCache)
}

const list = (items: (items: Conversation[]) => Conversation[]) =>
  amend<ConversationPage>('/conversations', (page) => ({ ...page, items: items(page.items) }))
const without = (id: string, items: Conversation[]) => items.filter((item) => item.id !== id)

/** A conversation was renamed, pinned, archived, or leads to another branch, whose messages are not here. */
const change = async (path: string, body: string) => {
  if (path === '/me') return
  const conversation = JSON.parse(body) as Conversation
  await list((items) =>
    conversation.archived
      ? without(conversation.id, items)
      : items.map((item) => (item.id === conversation.id ? conversation : item)),
  )
  await amend<OpenConversation>(path, (opened) =>
    opened.conversation.leafId === conversation.leafId ? { ...opened, conversation } : opened,
  )
}

/** A conversation that is gone is not read any more. */
const drop = async (path: string) => {
  deleted.add(path)
  if (!(await caches.has(savedCache))) return
  await (await caches.open(savedCache)).delete(savedAddress(path))
  await list((items) => items.filter(({ id }) => !path.endsWith(id)))
}

export const forgetSaved = async () => {
  forgotten++
  await caches.delete(savedCache)
}
