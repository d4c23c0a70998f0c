import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ask, breakIt, changeTables, mendAll, seen, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterEach(() => mendAll())
afterAll(() => browser?.close())

const text = (name: string, words: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(words) })
const addDocument = async (page: Page, name: string, words: string) => {
  await page.getByLabel('Add documents').setInputFiles(text(name, words))
  await page.getByRole('button', { name: `Dismiss ${name}` }).waitFor()
}
const idOf = (email: string) => `(select id from users where email = '${email}')`

test('somebody whose room is nearly used up is told so, sees what takes it, and lets it go', async () => {
  const { page, email, complaints } = await visit(browser)
  await page.goto('/library')
  await addDocument(page, 'tides.txt', 'Spring tides come at new moon. '.repeat(200))
  await page.goto('/chat')
  await page.getByLabel('Attach files').setInputFiles(text('notes.txt', 'The boathouse is blue.'))
  await page.getByRole('button', { name: 'Save notes.txt' }).waitFor()
  await ask(page, 'What is in the file?')
  const sidebar = page.getByRole('complementary', { name: 'Conversations' })
  expect(await sidebar.getByText('Little space left').count()).toBe(0)

  // As after months of use: the counters say that nearly all may be kept that may be.
  await changeTables(`update storage set chunks = 9000 where owner_id = ${idOf(email)}`)
  await page.goto('/settings')
  await page.getByRole('textbox').first().fill('Ada')
  await page.getByRole('button', { name: 'Save name' }).click()
  await sidebar.getByRole('link', { name: 'Little space left' }).click()
  await seen(page, 'Passages of your documents: 9,000 of 10,000').waitFor()

  const room = page.getByRole('region', { name: 'Free up space' })
  const remove = async (name: string) => {
    await room.getByRole('button', { name: `Delete ${name}` }).click()
    await room.getByRole('button', { name: 'Delete for good' }).click()
    await room.getByRole('link', { name, exact: true }).waitFor({ state: 'detached' })
  }
  await room.getByText(/in “What is in the file\?”/).waitFor()
  await remove('notes.txt')
  await changeTables(`update storage set chunks = 20 where owner_id = ${idOf(email)}`)
  await remove('tides.txt')
  await seen(page, 'Passages of your documents').waitFor({ state: 'detached' })
  await sidebar.getByRole('link', { name: 'Little space left' }).waitFor({ state: 'detached' })

  await remove('What is in the file?')
  await room.getByRole('button', { name: /^Erase 1 deleted conversation now/ }).click()
  await room.getByText('Nothing of yours takes up space.').waitFor()
  await page.goto('/library')
  await seen(page, 'Your library is empty.').waitFor()
  expect(complaints).toEqual([])
})

test('after the embedding was changed the library says that it is read again, until all of it is', async () => {
  const { page, email, complaints } = await visit(browser)
  await page.goto('/library')
  await addDocument(
    page,
    'log.txt',
    Array.from({ length: 60 }, (_, at) => `${at} ${'The tide. '.repeat(110)}`).join('\n\n'),
  )
  await changeTables(`update chunks set model = 'an-older-model' where owner_id = ${idOf(email)}`)
  // Slowly, as with a real model.
  await breakIt({ target: 'database', kind: 'slow', ms: 500, match: 'update chunks c set embedding' })
  await page.goto('/search?q=tide')
  await seen(page, 'Some of your documents are being read again.').waitFor()
  await page.goto('/library')
  await seen(page, 'Your documents are being read again').waitFor()
  await mendAll()
  await seen(page, 'are being read again').waitFor({ state: 'detached' })
  await page.goto('/search?q=tide')
  await page.getByRole('listitem').first().waitFor()
  expect(await seen(page, 'are being read again').count()).toBe(0)
  expect(complaints).toEqual([])
})
