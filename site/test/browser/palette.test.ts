import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answers, ask, dripping, mendAll, say, seen, stopButton, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const field = (page: Page) => page.getByRole('combobox', { name: 'Type a command or search' })
const chosen = (page: Page) => page.locator('[role=option][aria-selected=true]')

const command = async (page: Page, typed: string, expected: string) => {
  await page.keyboard.press('ControlOrMeta+k')
  await field(page).fill(typed)
  await chosen(page).getByText(expected).waitFor()
  await page.keyboard.press('Enter')
  await field(page).waitFor({ state: 'detached' })
}

test('the palette is not loaded before it is asked for, and Escape gives the focus back', async () => {
  const { page, complaints } = await visit(browser)
  const scripts: string[] = []
  page.on('request', (request) => request.resourceType() === 'script' && scripts.push(request.url()))
  await page.getByLabel('Your message').focus()
  await page.keyboard.press('ControlOrMeta+k')
  await field(page).waitFor()
  expect(scripts.length).toBeGreaterThan(0)
  expect(await field(page).getAttribute('aria-activedescendant')).toBe(await chosen(page).getAttribute('id'))
  await page.keyboard.press('Escape')
  await field(page).waitFor({ state: 'detached' })
  expect(await page.getByLabel('Your message').evaluate((area) => area === document.activeElement)).toBe(true)
  expect(complaints).toEqual([])
})

test('what is typed while the palette is on its way is typed into it; Escape means that nobody waits for it', async () => {
  const { page, complaints } = await visit(browser)
  let arrive = () => {}
  const slow = new Promise<void>((resolve) => (arrive = resolve))
  await page.route('**/_app/**/*.js', async (route) => {
    await slow
    await route.continue()
  })
  const dialogs = page.getByRole('dialog')
  await page.getByLabel('Your message').focus()
  await page.keyboard.press('ControlOrMeta+k')
  await page.keyboard.press('Escape')
  await expect.poll(() => dialogs.count()).toBe(0)
  expect(await page.getByLabel('Your message').evaluate((area) => area === document.activeElement)).toBe(true)
  await page.keyboard.press('ControlOrMeta+k')
  await page.keyboard.type('librery')
  await page.keyboard.press('Backspace')
  await page.keyboard.press('Backspace')
  await page.keyboard.press('Backspace')
  arrive()
  await page.keyboard.type('ary')
  await field(page).waitFor()
  await expect.poll(() => field(page).inputValue()).toBe('library')
  expect(await dialogs.count()).toBe(1)
  expect(await page.getByLabel('Your message').inputValue()).toBe('')
  await chosen(page).getByText('Library').waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL('**/library')
  expect(complaints).toEqual([])
})

test('it goes to a conversation by a few letters of its name, and starts a new one', async () => {
  const { page } = await visit(browser)
  await ask(page, 'Rivers of Wales')
  await command(page, 'newch', 'New chat')
  await page.getByRole('heading', { name: 'What shall we look at closely?' }).waitFor()
  await command(page, 'rivwal', 'Rivers of Wales')
  await answers(page).waitFor()
  // Letters that stand anywhere in an action come after a search for them.
  await page.keyboard.press('Control+k')
  await field(page).fill('tide')
  await chosen(page).getByText('Search everything for “tide”').waitFor()
  await page.getByRole('option', { name: /^Motion: Same as/ }).waitFor()
})

test('it stops an answer, picks the model and the theme, renames, archives and takes that back', async () => {
  const { page } = await visit(browser)
  await dripping('about rain')
  await say(page, 'write 400 words about rain')
  await stopButton(page).waitFor()
  await answers(page).locator('.markdown p').first().waitFor()
  await command(page, 'stop', 'Stop the answer')
  await mendAll()
  await seen(page, 'You stopped this answer.').waitFor()
  await command(page, 'model large', 'Offline demo model, large')
  await page.getByRole('button', { name: /^Model:.*large/ }).waitFor()
  await command(page, 'dark', 'Dark')
  expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark')
  await command(page, 'rename', 'Rename')
  await page.getByLabel('Name of the conversation').fill('About rain')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'About rain' }).waitFor()
  await command(page, 'archive', 'Archive')
  await seen(page, 'Conversation archived').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('heading', { name: 'About rain' }).waitFor()
})

test('every page is a few letters away, and so is what is chosen once', async () => {
  const { page } = await visit(browser)
  for (const [typed, label, path] of [
    ['library', 'Library', '/library'],
    ['assistants', 'Assistants', '/assistants'],
    ['settings spend', 'Settings: Spending', '/settings/spending'],
    ['settings keys', 'Settings: API keys', '/settings/keys'],
  ] as const) {
    await command(page, typed, label)
    await page.waitForURL(`**${path}`)
  }
  await command(page, 'text larger', 'Text size: Larger')
  expect(await page.evaluate(() => document.documentElement.dataset['text'])).toBe('larger')
  await page.goto('/chat')
  const picking = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: /^Model:/ }).waitFor()
  await command(page, 'attach', 'Attach files')
  await picking
  await command(page, 'deutsch', 'Language: Deutsch')
  await page.getByRole('heading', { name: 'Was sehen wir uns genauer an?' }).waitFor()
})

test('the keys that there are can be read, and each leads where it says', async () => {
  const { page } = await visit(browser)
  await page.keyboard.press('ControlOrMeta+/')
  const help = page.getByRole('dialog', { name: 'Keyboard' })
  await help.getByText('New line').waitFor()
  await page.keyboard.press('Escape')
  await help.waitFor({ state: 'detached' })
  await page.keyboard.press('ControlOrMeta+Shift+F')
  await page.getByLabel('Search your conversations and documents').waitFor()
  await page.keyboard.press('ControlOrMeta+Shift+O')
  await page.getByRole('heading', { name: 'What shall we look at closely?' }).waitFor()
})
