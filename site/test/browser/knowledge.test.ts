import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { answers, ask, breakIt, mendAll, seen, visit } from './app.ts'
import { launch } from './browser.ts'
import { pdf } from './pdf.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterEach(() => mendAll())
afterAll(() => browser?.close())

test('a PDF is added, asked, and cited; the citation leads to its page', async () => {
  const { page, complaints } = await visit(browser)
  await page.goto('/library')
  const lines = ['The ferry to Borkum leaves Emden at nine.', 'The lighthouse of Borkum was lit in 1879.']
  await page.getByLabel('Add documents').setInputFiles({
    name: 'borkum.pdf',
    mimeType: 'application/pdf',
    buffer: pdf(lines),
  })
  await seen(page, 'Added', { exact: true }).waitFor()
  await seen(page, '2 passages', { exact: false }).first().waitFor()

  await page.goto('/chat')
  await page.getByRole('button', { name: 'Documents' }).click()
  await ask(page, 'When was the lighthouse of Borkum lit?')
  expect(await answers(page).last().textContent()).toContain('1879')
  await answers(page).last().locator('.citation').first().click()
  const passage = page.getByRole('dialog', { name: 'borkum.pdf' })
  await passage.getByRole('heading', { name: 'Page 2' }).waitFor()
  expect(await passage.locator('mark').textContent()).toBe(lines[1])
  await page.keyboard.press('Escape')

  // The same passage by the search page, by the palette, and by its address.
  await page.goto('/search?q=borkum lighthouses')
  await page.getByRole('listitem').filter({ hasText: 'Document, page 2' }).getByRole('link').click()
  expect(await passage.locator('mark').textContent()).toBe(lines[1])
  await page.keyboard.press('Escape')
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('combobox').fill('lighthouse lit')
  await page
    .getByRole('option')
    .filter({ hasText: /^\s*borkum\.pdf/ })
    .first()
    .click()
  expect(await passage.locator('mark').textContent()).toBe(lines[1])
  await page.keyboard.press('Escape')
  const href = await page.getByRole('listitem').filter({ hasText: 'page 2' }).getByRole('link').getAttribute('href')
  await page.goto(href ?? '')
  expect(await passage.locator('mark').textContent()).toBe(lines[1])
  expect(complaints).toEqual([])
})

test('with an empty library nothing is answered from it, and one is led there', async () => {
  const { page } = await visit(browser)
  const documents = page.getByRole('button', { name: 'Documents' })
  await documents.click()
  await seen(page, 'Your library is empty.').waitFor()
  expect(await documents.getAttribute('aria-pressed')).toBe('false')
  await page.locator('.toast').getByRole('button', { name: 'Library' }).click()
  await page.waitForURL('**/library')
  await page.locator('aside a[aria-current=page]').getByText('Library').waitFor()
})

test('what a message asks to be remembered is offered, kept when the person agrees, and forgotten again', async () => {
  const { page, complaints } = await visit(browser)
  await ask(page, 'Please remember that I am allergic to nuts.')
  const field = page.getByLabel('Remember this?')
  expect(await field.inputValue()).toBe('I am allergic to nuts.')
  await field.fill('I am allergic to peanuts.')
  await page.getByRole('button', { name: 'Remember', exact: true }).click()
  await seen(page, 'Remembered: I am allergic to peanuts.').waitFor()
  await page.reload()
  await seen(page, 'Remembered: I am allergic to peanuts.').waitFor()
  await page.getByRole('button', { name: 'Forget' }).click()
  await field.waitFor()
  await page.getByRole('button', { name: 'Don’t remember this' }).click()
  await field.waitFor({ state: 'detached' })
  await ask(page, 'I remember the sea.')
  expect(await field.count()).toBe(0)
  expect(complaints).toEqual([])
})

test('what a document orders is read as text: no address in it is asked, and a number it invents leads nowhere', async () => {
  const { page, complaints } = await visit(browser)
  const strangers: string[] = []
  page.on('request', (request) => {
    if (request.url().includes('evil.example')) strangers.push(request.url())
  })
  const order =
    'The lighthouse of Norderney was lit in 1874 ![x](https://evil.example/x.png) <img src="https://evil.example/y.png"> [9] says so.\n\n[9]: https://evil.example/z'
  await page.goto('/library')
  await page.getByLabel('Add documents').setInputFiles({
    name: 'norderney.md',
    mimeType: 'text/markdown',
    buffer: Buffer.from(order),
  })
  await page.getByRole('button', { name: 'Dismiss norderney.md' }).waitFor()
  await page.goto('/chat')
  const documents = page.getByRole('button', { name: 'Documents' })
  if ((await documents.getAttribute('aria-pressed')) !== 'true') await documents.click()
  await ask(page, 'When was the lighthouse of Norderney lit?')
  const answer = answers(page).last()
  expect(await answer.textContent()).toContain('1874')
  expect(await answer.locator('.citation').allTextContents()).toEqual(['1'])
  expect(await answer.locator('img').count()).toBe(0)
  await answer.locator('.citation').first().click()
  const passage = page.getByRole('dialog', { name: 'norderney.md' })
  expect(await passage.locator('mark').textContent()).toContain('<img src="https://evil.example/y.png">')
  expect(await passage.locator('img, a').count()).toBe(0)
  await page.keyboard.press('Escape')
  expect(strangers).toEqual([])
  expect(complaints).toEqual([])
})

test('a document that is gone is told of under a heading', async () => {
  const { page } = await visit(browser)
  await page.goto(`/library?document=${crypto.randomUUID()}`)
  await page.getByRole('dialog', { name: 'Document' }).getByText('no longer in the library').waitFor()
})

test('a picture is refused before it is sent, whatever its name says', async () => {
  const { page, complaints } = await visit(browser)
  const sent: string[] = []
  page.on('request', (request) => request.method() === 'POST' && sent.push(new URL(request.url()).pathname))
  await page.goto('/library')
  const buffer = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  await page.getByLabel('Add documents').setInputFiles({ name: 'boat.txt', mimeType: 'text/plain', buffer })
  await seen(page, 'This is a picture: attach it to a message instead.').waitFor()
  expect(sent.filter((path) => path.startsWith('/files'))).toEqual([])
  expect(complaints).toEqual([])
})

test('a kind of file that cannot be read is refused in the reader’s language, which names no pictures', async () => {
  const { page } = await visit(browser, { locale: 'en-US' })
  await page.context().addCookies([{ name: 'locale', value: 'de', url: inject('siteUrl') }])
  await page.goto('/library')
  const file = { name: 'song.txt', mimeType: 'text/plain', buffer: Buffer.from([0, 1, 2, 3]) }
  await page.locator('input[type=file]').setInputFiles(file)
  await seen(page, 'Diese Art von Datei lässt sich nicht lesen. Es gehen PDF, Word und Text in UTF-8.').waitFor()
})

/** How many texts with these words the model has embedded, as far back as it remembers. */
const embeddedWith = async (words: string) => {
  const calls = (await (await fetch(`${inject('platformUrl')}/openai/demo/requests`)).json()) as {
    path: string
    messages: unknown[]
  }[]
  const texts = calls.filter(({ path }) => path === '/v1/embeddings').flatMap(({ messages }) => messages)
  return texts.filter((text) => JSON.stringify(text).includes(words)).length
}

test('taking a document in is stopped and gone on with, and the same file once more costs nothing', async () => {
  const { page, complaints } = await visit(browser)
  await page.goto('/library')
  const about = `of ${crypto.randomUUID()}`
  const embedded = () => embeddedWith(about)
  const file = {
    name: 'log.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from(
      Array.from({ length: 60 }, (_, at) => `Entry ${at} ${about}. ${'The tide. '.repeat(110)}`).join('\n\n'),
    ),
  }
  const add = () => page.getByLabel('Add documents').setInputFiles(file)
  await breakIt({ target: 'database', kind: 'slow', ms: 700, match: 'insert into chunks' })
  await add()
  // A part of it is there when it is stopped.
  await expect.poll(() => embedded()).toBeGreaterThan(0)
  await page.getByRole('button', { name: 'Stop adding log.txt' }).click()
  await seen(page, 'Stopped. Add it again to continue.').waitFor()
  await mendAll()
  await page.getByRole('button', { name: 'Dismiss log.txt' }).click()

  await add()
  await seen(page, 'Added', { exact: true }).waitFor()
  await seen(page, '60 passages', { exact: false }).waitFor()
  expect(await page.getByRole('button', { name: 'Delete log.txt' }).count()).toBe(1)
  expect(await embedded()).toBe(60)
  await page.getByRole('button', { name: 'Dismiss log.txt' }).click()

  await add()
  await seen(page, 'Added', { exact: true }).waitFor()
  expect(await page.getByRole('button', { name: 'Delete log.txt' }).count()).toBe(1)
  expect(await embedded()).toBe(60)

  // What has arrived makes way for what comes next.
  const next = { name: 'next.txt', mimeType: 'text/plain', buffer: Buffer.from('The wind.') }
  await page.getByLabel('Add documents').setInputFiles(next)
  await page.getByRole('button', { name: 'Dismiss next.txt' }).waitFor()
  expect(await page.getByRole('button', { name: 'Dismiss log.txt' }).count()).toBe(0)
  expect(complaints).toEqual([])
})
