import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { ask, breakIt, composer, mendAll, seen, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterEach(() => mendAll())
afterAll(() => browser.close())

const aside = (page: Page) => page.locator('aside')
const rows = (page: Page) => aside(page).getByRole('listitem')
const link = (page: Page, name: string) => rows(page).getByRole('link', { name, exact: true })

const begin = async (page: Page, title: string) => {
  // Where one stands at an empty chat already nothing would tell when the new one is there.
  if (!page.url().endsWith('/chat')) {
    await aside(page).getByRole('link', { name: 'New chat' }).click()
    await page.getByRole('heading', { name: 'What shall we look at closely?' }).waitFor()
  }
  await ask(page, title)
  await link(page, title).waitFor()
}

const more = async (page: Page, title: string, action: string) => {
  await link(page, title).hover()
  await aside(page)
    .getByRole('button', { name: new RegExp(`^More for .*${title}`) })
    .click()
  await page.getByRole('menuitem', { name: action, exact: true }).click()
}

test('a pinned conversation stands on top, an archived one in the archive, and both can be undone', async () => {
  const { page } = await visit(browser)
  for (const title of ['Tides', 'Moons', 'Stars']) await begin(page, title)
  await more(page, 'Tides', 'Pin')
  await aside(page).getByRole('heading', { name: 'Pinned' }).waitFor()
  expect(await rows(page).first().textContent()).toContain('Tides')
  await more(page, 'Moons', 'Archive')
  await seen(page, 'Conversation archived').waitFor()
  expect(await link(page, 'Moons').count()).toBe(0)
  await aside(page).getByRole('button', { name: 'Archived' }).click()
  await link(page, 'Moons').waitFor()
  await more(page, 'Moons', 'Unarchive')
  await aside(page).getByText('No archived conversations.').waitFor()
  await aside(page).getByRole('button', { name: 'All conversations' }).click()
  await link(page, 'Moons').waitFor()
  await page.reload()
  await link(page, 'Moons').waitFor()
  expect(await rows(page).first().textContent()).toContain('Tides')
})

test('several are selected and deleted, and one undo brings all of them back', async () => {
  const { page } = await visit(browser)
  for (const title of ['Tides', 'Moons', 'Stars']) await begin(page, title)
  await more(page, 'Tides', 'Select')
  await aside(page).getByRole('checkbox', { name: 'Moons' }).check()
  await aside(page).getByText('2 selected').waitFor()
  await aside(page).getByRole('button', { name: 'Delete' }).click()
  await seen(page, '2 conversations deleted').waitFor()
  expect(await rows(page).count()).toBe(1)
  await page.getByRole('button', { name: 'Undo' }).click()
  await link(page, 'Moons').waitFor()
  await page.reload()
  await link(page, 'Tides').waitFor()
  expect(await rows(page).count()).toBe(3)
})

test('what is deleted while it is read is left, and its undo leads back to it', async () => {
  const { page } = await visit(browser)
  await begin(page, 'Tides')
  await page.waitForURL(/chat\/./)
  const address = page.url()
  await link(page, 'Tides').focus()
  await page.keyboard.press('Delete')
  await page.getByRole('heading', { name: 'What shall we look at closely?' }).waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.waitForURL(address)
  await link(page, 'Tides').waitFor()
})

test.runIf(inject('breaksDatabase'))(
  'what the API does not take stands as it was, and the reason is said',
  async () => {
    const { page } = await visit(browser)
    await begin(page, 'Tides')
    await breakIt({ target: 'database', kind: 'down' })
    await more(page, 'Tides', 'Delete')
    await seen(page, 'Part of the service is waking up').waitFor()
    await link(page, 'Tides').waitFor()
    await more(page, 'Tides', 'Pin')
    await seen(page, 'Part of the service is waking up').waitFor()
    await expect.poll(() => aside(page).getByRole('heading', { name: 'Pinned' }).count()).toBe(0)
  },
)

test('the list goes by keyboard: arrows between the rows, F2 renames in place, Escape leaves the name', async () => {
  const { page } = await visit(browser)
  for (const title of ['Tides', 'Moons']) await begin(page, title)
  await link(page, 'Moons').focus()
  await page.keyboard.press('ArrowDown')
  expect(await link(page, 'Tides').evaluate((element) => element === document.activeElement)).toBe(true)
  await page.keyboard.press('F2')
  const name = page.getByLabel('Name of the conversation')
  await name.fill('Not this')
  await name.press('Escape')
  await link(page, 'Tides').focus()
  await page.keyboard.press('F2')
  await name.fill('Ebb and flow')
  await name.press('Enter')
  await link(page, 'Ebb and flow').waitFor()
  await composer(page).waitFor()
})
