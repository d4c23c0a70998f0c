import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { answered, answers, ask, breakIt, mendAll, password, questions, seen, visit } from './app.ts'
import { archiveOf, importArchive } from './archive.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterEach(() => mendAll())
afterAll(() => browser.close())

const search = async (page: Page, words: string) => {
  await page.getByRole('link', { name: 'Search', exact: true }).click()
  await page.getByLabel('Search your conversations and documents').fill(words)
}
const inView = (page: Page, text: string) =>
  page.waitForFunction((wanted) => {
    const said = [...document.querySelectorAll('[data-message]')].find((one) => one.textContent?.includes(wanted))
    const box = said?.getBoundingClientRect()
    return box !== undefined && box.top >= 0 && box.bottom <= innerHeight
  }, text)

test('a hit shows its words marked, and opens the conversation at the message', async () => {
  const { page, complaints } = await visit(browser)
  await ask(page, 'say exactly: good morning')
  await ask(page, 'say exactly: the heron stands in the **reeds**')
  await ask(page, 'write 300 words about weather')
  await ask(page, 'write 300 words about wind')
  await search(page, 'heron')
  const hit = page.getByRole('listitem').filter({ hasText: 'Answer' })
  expect(await hit.locator('mark').first().textContent()).toMatch(/^heron$/i)
  expect(await hit.locator('p').textContent()).toBe('the heron stands in the reeds')
  await hit.getByRole('link').click()
  await inView(page, 'the heron stands')
  await expect.poll(() => page.url()).not.toContain('message=')
  await page.goBack()
  await expect.poll(() => page.getByLabel('Search your conversations and documents').inputValue()).toBe('heron')
  await page.getByLabel('Search your conversations and documents').fill('zebra')
  await seen(page, /^Nothing found for .*zebra/).waitFor()
  expect(complaints).toEqual([])
})

test('what was written in Markdown is read without its marks: in results, in the palette, in the list', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: # On *curlews* and `bills`')
  await page.locator('aside').getByRole('link', { name: 'say exactly: On curlews and bills', exact: true }).waitFor()
  await page.getByRole('heading', { name: 'say exactly: On curlews and bills', exact: true }).waitFor()
  expect(await page.title()).toBe('say exactly: On curlews and bills · Macro AI')
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('combobox').fill('curlews')
  const option = page.getByRole('option').filter({ hasText: 'bills On curlews' })
  await expect.poll(() => option.textContent()).toMatch(/say exactly: On curlews and bills On curlews and bills\s*$/)
  await page.keyboard.press('Escape')
  await search(page, 'curlews')
  const hit = page.getByRole('listitem').filter({ hasText: 'Answer' })
  await expect.poll(() => hit.locator('mark').allTextContents()).toEqual(['curlews', 'curlews'])
  expect(await hit.locator('p').textContent()).toBe('On curlews and bills')
  expect(await hit.locator('h2').textContent()).toBe('say exactly: On curlews and bills')
})

test('a conversation found by its title has it marked, and opens at what was said with the words, if anything was', async () => {
  const { page, email } = await visit(browser)
  const give = (title: string, texts: string[]) =>
    importArchive(inject('apiUrl'), { email, password }, archiveOf(title, texts))
  await give('Of kestrels', ['Do they hover?', 'They do.'])
  await give('The *kestrels* again', ['What do kestrels eat?', 'Voles.'])
  await search(page, 'kestrels')
  const hit = (text: string) => page.getByRole('listitem').filter({ hasText: text })
  const said = hit('The kestrels again')
  await said.waitFor()
  expect(await said.locator('h2 mark').allTextContents()).toEqual(['kestrels'])
  expect(await said.locator('p mark').allTextContents()).toEqual(['kestrels'])
  expect(await said.getByRole('link').getAttribute('href')).toMatch(/\?message=.*&word=kestrels$/)
  const named = hit('Of kestrels')
  expect(await named.locator('mark').allTextContents()).toEqual(['kestrels'])
  expect(await named.locator('p').textContent()).toBe('They do.')
  expect(await named.locator('small').textContent()).not.toContain('Answer')
  expect(await named.getByRole('link').getAttribute('href')).toMatch(/^\/chat\/[\w-]+$/)
  await named.getByRole('link').click()
  await inView(page, 'Do they hover?')
  expect(await page.locator('[data-message][tabindex]').count()).toBe(0)
})

test('a hit in a long message that is folded is shown where it is', async () => {
  const { page, email } = await visit(browser)
  const log = Array.from({ length: 300 }, (_, at) => (at === 220 ? 'then a bittern' : `${at} GET /tides`)).join('\n')
  await importArchive(inject('apiUrl'), { email, password }, archiveOf('A log', [log, 'I see.']))
  await search(page, 'bittern')
  await page.getByRole('listitem').filter({ hasText: 'You' }).getByRole('link').click()
  await page.waitForFunction(() => {
    const text = document.querySelector('.asked .bubble > div')?.firstChild
    const at = text?.nodeValue?.indexOf('bittern') ?? -1
    if (!text || at < 0) return false
    const range = document.createRange()
    range.setStart(text, at)
    range.setEnd(text, at + 7)
    const box = range.getBoundingClientRect()
    return document.elementFromPoint(box.left + 2, box.top + 2)?.closest('.bubble')
  })
  await expect.poll(() => page.url()).toMatch(/\/chat\/[\w-]+$/)
})

test('a hit on a branch that is not shown opens that branch', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: good morning')
  await ask(page, 'say exactly: the otter')
  await questions(page).nth(1).hover()
  await questions(page).nth(1).getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Edit the message').fill('say exactly: the badger')
  await page.getByRole('button', { name: 'Send again' }).click()
  await answers(page).getByText('the badger').waitFor()
  await answered(page)
  await search(page, 'otter')
  await page.getByRole('listitem').filter({ hasText: 'Answer' }).getByRole('link').click()
  await answers(page).getByText('the otter').waitFor()
  expect(await answers(page).getByText('the badger').count()).toBe(0)
})

test.runIf(inject('breaksDatabase'))(
  'with the database away the search says so and goes on once it is back',
  async () => {
    const { page } = await visit(browser)
    await ask(page, 'say exactly: kingfisher')
    await breakIt({ target: 'database', kind: 'down' })
    await search(page, 'kingfisher')
    await seen(page, 'Waking up …').waitFor()
    await mendAll()
    await page.locator('mark').first().waitFor()
  },
)
