import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { breakIt, mendAll } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterEach(mendAll)
afterAll(() => browser?.close())

test('anybody sees how the app does, without signing in, without scripts, and the database sleeps on', async () => {
  await fetch(`${inject('platformUrl')}/counters`, { method: 'DELETE' })
  await breakIt({ target: 'database', kind: 'down' })
  const context = await browser.newContext({ baseURL: inject('siteUrl'), javaScriptEnabled: false, locale: 'de' })
  const page = await context.newPage()
  await page.goto('/status')
  await page.getByRole('heading', { name: 'Unterhaltungen (Datenbank)' }).waitFor()
  expect(await page.getByRole('listitem').count()).toBe(5)
  const counted = (await (await fetch(`${inject('platformUrl')}/counters`)).json()) as { database: number }
  expect(counted.database).toBe(0)
})
