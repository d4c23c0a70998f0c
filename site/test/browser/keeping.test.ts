import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answers, ask, password, visit } from './app.ts'
import { archiveOf, importArchive } from './archive.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const choose = async (page: Page, action: string) => {
  await page
    .locator('main')
    .getByRole('button', { name: /^More for/ })
    .click()
  await page.getByRole('menuitem', { name: action, exact: true }).click()
}

const saved = async (page: Page, action: string) => {
  const download = page.waitForEvent('download')
  await choose(page, action)
  const file = await download
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') }
}

test('a conversation is saved as Markdown and as JSON, under a name that any disk takes', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: ../ **bold**')
  await answers(page).getByText('bold').waitFor()
  const markdown = await saved(page, 'Save as Markdown')
  expect(markdown.name).toBe('say exactly bold.md')
  expect(markdown.text).toMatch(
    /^# say exactly: .*\n\n## You\n\nsay exactly: .*\n\n## Answer · Offline demo model\n\n/s,
  )
  const json = await saved(page, 'Save as JSON')
  const { conversation, messages } = JSON.parse(json.text) as { conversation: object; messages: { role: string }[] }
  expect(conversation).toMatchObject({ title: 'say exactly: ../ **bold**' })
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
})

test('on paper there is the conversation, and nothing of the page around it', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: on paper')
  await page.emulateMedia({ media: 'print' })
  // An A4 sheet.
  await page.setViewportSize({ width: 794, height: 1123 })
  expect(await page.locator('aside').isVisible()).toBe(false)
  for (const pressed of await page.locator('button, a').all())
    expect(await pressed.isVisible(), await pressed.innerHTML()).toBe(false)
  expect(await page.getByLabel('Your message').isVisible()).toBe(false)
  expect(await answers(page).getByText('on paper').isVisible()).toBe(true)
})

test('instructions are kept with their conversation, and counted in what a message costs at most', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: hello')
  const atMost = async () => {
    await page.getByLabel('Your message').fill('And then?')
    return Number(await page.locator('main data').getAttribute('value'))
  }
  const before = await atMost()
  await choose(page, 'Instructions')
  await page.getByLabel('Only for this conversation').fill('Answer in two sentences. '.repeat(40))
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  expect(await atMost()).toBeGreaterThan(before)
  await page.reload()
  await answers(page).waitFor()
  await choose(page, 'Instructions')
  expect(await page.getByLabel('Only for this conversation').inputValue()).toContain('two sentences')
})

test('a link is made for so many days, shown once, and ended', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: hello')
  await choose(page, 'Share')
  const dialog = page.getByRole('dialog', { name: 'Share' })
  await dialog.getByLabel('7 days').check()
  await dialog.getByRole('button', { name: 'Create link' }).click()
  expect(await dialog.getByLabel('The link', { exact: true }).inputValue()).toMatch(/^http.*\/shared?\//)
  await dialog.getByText('1 link works now.').waitFor()
  // Whoever has it is asked by nobody else, and given nothing to be known by.
  const context = await browser.newContext()
  const reader = await context.newPage()
  const asked = new Set<string>()
  reader.on('request', (request) => asked.add(new URL(request.url()).origin))
  const link = await dialog.getByLabel('The link', { exact: true }).inputValue()
  await reader.goto(link, { waitUntil: 'networkidle' })
  await reader.getByText('hello', { exact: true }).waitFor()
  expect([...asked]).toEqual([new URL(link).origin])
  const { cookies, origins } = await context.storageState({ indexedDB: true })
  expect([...cookies, ...origins]).toEqual([])
  await page.keyboard.press('Escape')
  await choose(page, 'Share')
  await dialog.getByText('1 link works now.').waitFor()
  expect(await dialog.getByLabel('The link', { exact: true }).count()).toBe(0)
  await dialog.getByRole('button', { name: 'Disable all links' }).click()
  await dialog.getByText('1 link works now.').waitFor({ state: 'detached' })
  await reader.reload()
  await reader.getByRole('heading', { name: 'This link doesn’t work any more' }).waitFor()
})

test('a shared copy has its own preview card, and says its day as its reader writes days, with scripts or without', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: hello')
  await choose(page, 'Share')
  const dialog = page.getByRole('dialog', { name: 'Share' })
  await dialog.getByRole('button', { name: 'Create link' }).click()
  const link = await dialog.getByLabel('The link', { exact: true }).inputValue()
  const written = /shared on (\d+ \w+ \d{4})/
  const html = await (await fetch(link, { headers: { 'accept-language': 'fr,en-GB;q=0.9,en-US;q=0.8' } })).text()
  expect(html).toMatch(written)
  // What a preview card is made of.
  expect(html).toMatch(/<meta property="og:title" content="say exactly: hello"/)
  expect(html).toMatch(/<meta property="og:description" content="hello"/)
  expect(html).toMatch(/<meta property="og:image" content="http[^"]+\/card.png"/)
  const reader = await (await browser.newContext({ locale: 'en-GB' })).newPage()
  await reader.goto(link)
  await reader.locator('#svelte-announcer').waitFor({ state: 'attached' })
  expect(await reader.getByText(/^A conversation with/).textContent()).toMatch(written)
  expect(await reader.getByText(/^This is a copy/).textContent()).toMatch(/from \d+ \w+ \d{4}.* expires on \d+ \w+/)
})

test('a long question of a shared copy shows its beginning until more is asked for, and all of it without scripts', async () => {
  const { page, email } = await visit(browser)
  const log = Array.from({ length: 120 }, (_, at) => `${at} GET /tides 200`).join('\n')
  const archive = archiveOf('A log', [log, 'Much of the same.', 'Short?', 'Yes.'])
  await importArchive(inject('apiUrl'), { email, password }, archive)
  await page.reload()
  await page.locator('aside').getByRole('link', { name: 'A log' }).click()
  await answers(page).first().waitFor()
  await choose(page, 'Share')
  const dialog = page.getByRole('dialog', { name: 'Share' })
  await dialog.getByRole('button', { name: 'Create link' }).click()
  const link = await dialog.getByLabel('The link', { exact: true }).inputValue()
  for (const javaScriptEnabled of [true, false]) {
    const reader = await (await browser.newContext({ javaScriptEnabled })).newPage()
    await reader.goto(link)
    const bubble = reader.getByRole('article', { name: 'Question' }).first().locator('.bubble')
    const box = async () => (await bubble.boundingBox()) ?? { y: 0, height: 0 }
    await reader.getByText('Much of the same.').waitFor()
    expect(await bubble.evaluate((element) => getComputedStyle(element).backgroundColor)).not.toBe('rgba(0, 0, 0, 0)')
    if (javaScriptEnabled) {
      const { y } = await box()
      expect((await box()).height).toBeLessThan(500)
      await bubble.getByRole('button', { name: 'Show more' }).click()
      await bubble.getByRole('button', { name: 'Show less' }).waitFor()
      expect((await box()).y).toBe(y)
    }
    expect((await box()).height).toBeGreaterThan(2500)
    expect(await reader.getByRole('button', { name: /^Show/ }).count()).toBe(javaScriptEnabled ? 1 : 0)
  }
})
