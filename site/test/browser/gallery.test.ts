import { mkdirSync, writeFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, inject, test } from 'vitest'
import { ask, visit } from './app.ts'
import { launch } from './browser.ts'

/** Takes the pictures of docs/gallery.md anew: GALLERY=1 npx -y pnpm@12 test site/test/browser/gallery.test.ts */
const folder = new URL('../../../docs/images/gallery/', import.meta.url)
const sizes = [
  [390, 844],
  [834, 1112],
  [1440, 900],
] as const

let browser: Browser
beforeAll(async () => {
  browser = await launch()
  mkdirSync(folder, { recursive: true })
})
afterAll(() => browser.close())

const take = async (page: Page, name: string) => {
  const devtools = await page.context().newCDPSession(page)
  for (const [width, height] of sizes)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height })
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.waitForLoadState('networkidle')
      await page.waitForFunction(() => document.querySelector('.skeleton') === null)
      await page.evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)))
      const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: 72 })
      writeFileSync(new URL(`${name}-${width}-${colorScheme}.webp`, folder), Buffer.from(data, 'base64'))
    }
}

const visitors = {
  landing: '/',
  'sign-in': '/sign-in',
  'sign-up': '/sign-up',
  offline: '/offline',
  missing: '/nowhere',
}
const people = { chat: '/chat', settings: '/settings' }

test.runIf(process.env['GALLERY'])(
  'every page is in the gallery, at three widths, light and dark',
  async () => {
    const stranger = await (await browser.newContext({ baseURL: inject('siteUrl') })).newPage()
    for (const [name, path] of Object.entries(visitors)) {
      await stranger.goto(path)
      await take(stranger, name)
    }
    const arabic = await (await browser.newContext({ baseURL: inject('siteUrl'), locale: 'ar' })).newPage()
    await arabic.goto('/')
    await take(arabic, 'landing-arabic')

    const { page } = await visit(browser)
    await ask(page, 'Show me a table, some code and a formula')
    await take(page, 'conversation')
    for (const [name, path] of Object.entries(people)) {
      await page.goto(path)
      await take(page, name)
    }
  },
  600_000,
)
