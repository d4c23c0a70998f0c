import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answered, answers, ask, composer, say, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const picker = (page: Page) => page.getByRole('button', { name: /^Model:/ })
const large = /^Offline demo model, large/

test('the model is picked with its price in view, answers from the first turn on, and is remembered', async () => {
  const { page } = await visit(browser, { locale: 'en-GB' })
  expect(await picker(page).textContent()).toBe('Offline demo model')
  await picker(page).click()
  const option = page.getByRole('menuitemradio', { name: large })
  // Whatever the direction of the text around them, figures keep theirs: invisible marks see to that.
  const said = (await option.textContent())?.replaceAll('\u200e', '')
  expect(said).toMatch(/≈.£[\d.]+ in, ≈.£[\d.]+ out per million tokens\s+Reads up to 128,000 tokens/)
  await option.click()
  await page.reload()
  await picker(page).getByText('Offline demo model, large').waitFor()
  await ask(page, 'say exactly: hello')
  await answers(page).getByText('Offline demo model, large ·').waitFor()
  await page.reload()
  await answers(page).getByText('Offline demo model, large ·').waitFor()
  await picker(page).getByText('Offline demo model, large').waitFor()
  await page.locator('aside').getByRole('link', { name: 'New chat' }).click()
  await picker(page).getByText('Offline demo model', { exact: true }).waitFor()
})

test('a conversation that goes on takes the model chosen for it, also after a reload', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: one')
  await picker(page).click()
  const kept = page.waitForResponse((response) => response.request().method() === 'PATCH')
  await page.getByRole('menuitemradio', { name: large }).click()
  expect((await kept).status()).toBe(200)
  await page.reload()
  await answers(page).waitFor()
  await say(page, 'say exactly: two')
  await answers(page).nth(1).waitFor()
  await answered(page)
  await answers(page).nth(1).getByText('Offline demo model, large ·').waitFor()
  expect(await answers(page).first().getByText('Offline demo model ·').count()).toBe(1)
})

test('another model gives its answer beside the first, from the keyboard', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: hello')
  await answers(page).getByRole('button', { name: 'Try another model' }).press('Enter')
  const menu = page.getByRole('menu', { name: 'Model' })
  await menu.waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await answers(page).getByText('2/2').waitFor()
  await answered(page)
  await answers(page).getByText('Offline demo model, large ·').waitFor()
  expect(await picker(page).textContent()).toBe('Offline demo model')
})

test('a menu closes with Escape and gives the focus back to its button', async () => {
  const { page } = await visit(browser)
  await composer(page).waitFor()
  await picker(page).press('Enter')
  const menu = page.getByRole('menu', { name: 'Model' })
  await menu.waitFor()
  await page.keyboard.press('Escape')
  await menu.waitFor({ state: 'detached' })
  expect(await picker(page).evaluate((button) => button === document.activeElement)).toBe(true)
})

test('a menu of the page stays out of the sidebar beside it, on either side', async () => {
  const { page } = await visit(browser, { viewport: { width: 834, height: 1112 } })
  for (const locale of ['en', 'ar']) {
    await page.context().addCookies([{ name: 'locale', value: locale, url: inject('siteUrl') }])
    await page.reload()
    await page.locator('form button[aria-haspopup=menu]').click()
    await page.getByRole('menu').waitFor()
    const sides = (selector: string) =>
      page.locator(selector).evaluate((element) => {
        const { left, right } = element.getBoundingClientRect()
        return { left, right }
      })
    const main = await sides('main')
    await expect.poll(async () => (await sides('[role=menu]')).left).toBeGreaterThanOrEqual(main.left)
    await expect.poll(async () => (await sides('[role=menu]')).right).toBeLessThanOrEqual(main.right)
  }
})
