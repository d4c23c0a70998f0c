import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answers, ask, composer, say, seen, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const api = (path: string) => new RegExp(`^${inject('apiUrl')}${path}`)

test('the first thing a new person sees is where their conversations will be, and what to begin with', async () => {
  const { page } = await visit(browser)
  await seen(page, 'Your conversations will appear here.').waitFor()
  expect(await page.locator('main').getByRole('button').count()).toBeGreaterThan(2)
})

test('while a conversation is on its way its shape is shown, and when that takes long a word', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: slow')
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  await page.route(api('/conversations/'), async (route) => {
    await held
    await route.continue()
  })
  await page.reload()
  await page.locator('main .skeleton').first().waitFor()
  await seen(page, 'This is taking longer than usual').waitFor({ state: 'visible' })
  release()
  await page.locator('main .skeleton').first().waitFor({ state: 'hidden' })
})

test.each([
  ['as a page of its own', { status: 429, contentType: 'text/html', body: '<title>Error 1027</title>' }],
  ['as a lost connection', undefined],
])(
  'when Cloudflare has no requests left today, seen %s, it is said when there are some again',
  async (_how, answer) => {
    const { page } = await visit(browser)
    await page.route(api('/turns'), (route) => (answer ? route.fulfill(answer) : route.abort()))
    await say(page, 'say exactly: too late today')
    await seen(page, /free requests for today are used up, it will be back at \d/).waitFor()
    await page.getByRole('button', { name: 'Don’t send' }).click()
    await expect.poll(() => composer(page).inputValue()).toBe('say exactly: too late today')
  },
)

test.each(['user-day', 'instance-month'])('a used-up budget (%s) is said, with what still works', async (cap) => {
  const { page } = await visit(browser)
  await page.route(api('/turns'), (route) =>
    route.fulfill({
      status: 402,
      contentType: 'application/problem+json',
      body: JSON.stringify({ code: 'budget_exhausted', cap, resetsAt: '2030-01-01T00:00:00Z' }),
      headers: { 'access-control-allow-origin': inject('siteUrl') },
    }),
  )
  await say(page, 'say exactly: nothing')
  await seen(page, /budget.* is used up/).waitFor()
  await seen(page, 'You haven’t been charged.').waitFor()
  expect(await composer(page).inputValue()).toBe('say exactly: nothing')
  // It is where whoever begins anew finds it, and arrives where it was on its way to.
  const address = page.url()
  await page.reload()
  await page.getByRole('link', { name: 'New chat' }).first().click()
  await page.waitForURL('**/chat')
  await expect.poll(() => composer(page).inputValue()).toBe('say exactly: nothing')
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await composer(page).press('Enter')
  await answers(page).getByText('nothing', { exact: true }).waitFor()
  expect(page.url()).toBe(address)
  await page.getByRole('link', { name: 'New chat' }).first().click()
  await page.waitForURL('**/chat')
  expect(await composer(page).inputValue()).toBe('')
})

test('a page that is not there leads back to the start', async () => {
  const page = await (await browser.newContext({ baseURL: inject('siteUrl') })).newPage()
  expect((await page.goto('/nowhere'))?.status()).toBe(404)
  await page.getByRole('heading', { name: 'This page doesn’t exist.' }).waitFor()
  await page.getByRole('link', { name: 'Back to the start page' }).click()
  await page.waitForURL('**/')
})

test('a conversation that is not there is said not to be, and trying again is not offered', async () => {
  const { page } = await visit(browser)
  await page.goto(`/chat/${crypto.randomUUID()}`)
  await seen(page, 'This doesn’t exist, or it isn’t yours to see.').waitFor()
  expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0)
})

test('the page of the design’s parts is for developers: a build has none of it', async () => {
  expect((await fetch(`${inject('siteUrl')}/design`)).status).toBe(404)
})

test('text size, motion and contrast are as chosen, before the page is there', async () => {
  const { page } = await visit(browser)
  await page.goto('/settings/look')
  await page.getByRole('group', { name: 'Text size' }).getByLabel('Larger').check()
  await page.getByRole('group', { name: 'Contrast' }).getByLabel('More').check()
  await page.goto('/chat', { waitUntil: 'commit' })
  await page.locator('textarea').waitFor()
  const [size, contrast] = await page.evaluate(() => {
    const style = getComputedStyle(document.documentElement)
    return [style.fontSize, style.getPropertyValue('--ink-2') === style.getPropertyValue('--ink')]
  })
  expect(size).toBe('21px')
  expect(contrast).toBe(true)
})
