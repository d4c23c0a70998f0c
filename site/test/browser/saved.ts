import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { answers } from './app.ts'

/** Until the service worker has all that it needs to open the app with no network. */
export const ready = (page: Page) =>
  page.waitForFunction(async () => {
    await navigator.serviceWorker.ready
    return navigator.serviceWorker.controller !== null && (await caches.match('/chat')) !== undefined
  })

/** What the service worker keeps of the API's answers. */
export const savedPaths = (page: Page) =>
  page.evaluate(async () => (await (await caches.open('kept')).keys()).map(({ url }) => new URL(url).pathname))

export const isKept = (page: Page) => page.evaluate(() => caches.has('kept'))

/** Opens the conversation again, so that the API's answer passes through the service worker. */
export const keepCopy = async (page: Page) => {
  await ready(page)
  await page.reload()
  await answers(page).first().waitFor()
  await expect.poll(() => savedPaths(page)).toContain(`/saved/conversations/${page.url().split('/').pop()}`)
  await expect.poll(() => savedPaths(page)).toContain('/saved/conversations')
}
