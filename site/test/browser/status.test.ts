import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { smoke } from '../../../worker/local/commands/deploy/smoke.ts'
import { breakIt, mendAll, signIn } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterEach(mendAll)
afterAll(() => browser?.close())

const counters = `${inject('platformUrl')}/counters`
const trips = async () => ((await (await fetch(counters)).json()) as { database: number }).database

test('what a schedule tries finds all well, and wakes no database', async () => {
  await fetch(counters, { method: 'DELETE' })
  await smoke({ api: inject('apiUrl'), site: inject('siteUrl') })
  expect(await trips()).toBe(0)
})

test('anybody sees how the app does, without signing in, without scripts, and the database sleeps on', async () => {
  await fetch(counters, { method: 'DELETE' })
  await breakIt({ target: 'database', kind: 'down' })
  const context = await browser.newContext({ baseURL: inject('siteUrl'), javaScriptEnabled: false, locale: 'de' })
  const page = await context.newPage()
  await page.goto('/status')
  await page.getByRole('heading', { name: 'Gespräche (Datenbank)' }).waitFor()
  expect(await page.getByRole('listitem').count()).toBe(5)
  expect(await trips()).toBe(0)
})

test('the owner’s board shows how it runs: slow answers of the database, cold starts, what the cache had', async () => {
  const context = await browser.newContext({ baseURL: inject('siteUrl'), serviceWorkers: 'block' })
  const page = await context.newPage()
  await page.goto('/sign-in')
  await signIn(page, 'demo@macro.local', 'Demo-passw0rd')
  await page.waitForURL('**/chat')
  await page.goto('/admin')
  const figure = (name: string) => page.locator('dl > div', { hasText: name }).locator('dd')
  for (const name of ['Requests a day', 'Database answers over a second', 'Cold starts a day', 'Found in the cache'])
    expect(await figure(name).textContent()).toMatch(/^[\d.,]+\s?%?$|^none yet$/)
  expect(Number((await figure('Cold starts a day').textContent())?.replace(',', ''))).toBeGreaterThan(0)
})
