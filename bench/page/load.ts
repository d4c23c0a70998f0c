import { gzipSync } from 'node:zlib'
import { slowDown, type Visitor } from './visitor.ts'

export type Loaded = { composerMs: number; scriptBytes: number }

/** Loads the chat page with an empty cache. The composer is in its first HTML, so the first paint with content shows it. */
export const loaded = async (visitor: Visitor, slower: number): Promise<Loaded> => {
  const { page, devtools } = visitor
  await devtools.send('Network.enable')
  await devtools.send('Network.clearBrowserCache')
  const scripts = new Map<string, Promise<number>>()
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script')
      scripts.set(
        response.url(),
        response.body().then((body) => gzipSync(body).length),
      )
  })
  await slowDown(visitor, slower)
  await page.goto('/chat', { waitUntil: 'networkidle' })
  const composerMs = await page.evaluate(() => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN
    return document.querySelector('textarea') ? paint : NaN
  })
  await slowDown(visitor, 1)
  const sizes = await Promise.all(scripts.values())
  page.removeAllListeners('response')
  return { composerMs, scriptBytes: sizes.reduce((sum, size) => sum + size, 0) }
}
