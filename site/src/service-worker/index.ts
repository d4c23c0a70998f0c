/// <reference no-default-lib="true"/>
/// <reference lib="esnext" />
/// <reference lib="webworker" />
/// <reference types="@sveltejs/kit" />
import { prerendered, version } from '$service-worker'
import { shellOf } from '../lib/i18n/locales.js'
import { answerKept, forgetSaved, isKept, isSaved, save, takeCopy } from './saved'

/**
 * Lets the app be opened with no network: its shells, the files they name, and what was last read. The network comes
 * first for pages, so that nobody stays on an old version; a new worker waits until the tabs of the old one are closed,
 * as they may still ask for its files.
 */
const worker = self as unknown as ServiceWorkerGlobalScope

const filesCache = `files ${version}`
const offlinePage = '/offline'
/** A network that has not answered by then is as good as none. */
const patienceMs = 4_000

const shells = prerendered.filter((path) => !shellOf(path))

const shellAt = (path: string): string | undefined =>
  path.startsWith('/chat/') ? '/chat' : shells.find((shell) => shell === path)

const isFile = (url: URL) => url.origin === location.origin && url.pathname.startsWith('/_app/immutable/')

const prepare = async () => {
  const cache = await caches.open(filesCache)
  await Promise.all(
    ['/chat', offlinePage].map(async (path) => {
      const page = await fetch(path)
      if (!page.ok) throw new Error(`${path} answered ${page.status}`)
      const html = await page.clone().text()
      await cache.put(path, page)
      await addFiles([...html.matchAll(/"(\/_app\/immutable\/[^"]+)"/g)].map(([, file = '']) => file))
    }),
  )
}

const addFiles = async (addresses: string[]) => {
  const cache = await caches.open(filesCache)
  for (const address of addresses.filter((one) => isFile(new URL(one, location.origin))))
    if (!(await cache.match(address))) await cache.add(address)
}

const cleanUp = async () => {
  // 'saved' is what answers were kept under before pages asked here for them.
  const old = (await caches.keys()).filter(
    (name) => name === 'saved' || (name.startsWith('files ') && name !== filesCache),
  )
  await Promise.all(old.map((name) => caches.delete(name)))
  await worker.clients.claim()
}

/** A file never changes: what is here needs no asking. */
const answerFile = async (request: Request): Promise<Response> => {
  const cache = await caches.open(filesCache)
  const kept = await cache.match(request.url)
  if (kept) return kept
  const response = await fetch(request)
  if (response.ok) await cache.put(request.url, response.clone())
  return response
}

const answerPage = async (request: Request, path: string): Promise<Response> => {
  const cache = await caches.open(filesCache)
  const shell = shellAt(path)
  const kept = shell ? await cache.match(shell) : undefined
  const asked = fetch(request).then(async (response) => {
    if (shell && response.ok && !response.redirected) await cache.put(shell, response.clone())
    return response
  })
  try {
    return await (kept ? Promise.race([asked, late()]) : asked)
  } catch {
    if (path === '/') return Response.redirect('/chat')
    return kept ?? (await cache.match(offlinePage)) ?? Response.error()
  }
}

const late = () => new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error('late')), patienceMs))

worker.addEventListener('install', (event) => event.waitUntil(prepare()))
worker.addEventListener('activate', (event) => event.waitUntil(cleanUp()))

/** A page tells which files it had loaded before there was a worker, or past it: it is this one's from now on. */
worker.addEventListener('message', (event) =>
  event.waitUntil(Promise.all([worker.clients.claim(), addFiles(event.data as string[])])),
)

worker.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (url.origin !== location.origin) {
    if (isSaved(request)) event.respondWith(save(request, (task) => event.waitUntil(task)))
  } else if (isKept(request)) event.respondWith(request.method === 'PUT' ? takeCopy(request) : answerKept(request))
  else if (request.method === 'GET' && isFile(url)) event.respondWith(answerFile(request))
  else if (request.method === 'GET' && request.mode === 'navigate') event.respondWith(answerPage(request, url.pathname))
  else if (request.method === 'POST' && url.pathname === '/sign-out') event.respondWith(signOut(request))
  else if (url.pathname === '/session/token') event.respondWith(watchSession(request))
})

/** A session that is over, be it by another device, leaves nothing to read. */
const watchSession = async (request: Request): Promise<Response> => {
  const response = await fetch(request)
  if (response.status === 401) await forgetSaved()
  return response
}

/** What the page asked for on its way out is not kept either. */
const signOut = async (request: Request): Promise<Response> => {
  await forgetSaved()
  const response = await fetch(request)
  await forgetSaved()
  return response
}
