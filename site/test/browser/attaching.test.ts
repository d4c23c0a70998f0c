import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import {
  answers,
  answered,
  ask,
  breakIt,
  composer,
  dripping,
  mendAll,
  questions,
  say,
  stopButton,
  visit,
} from './app.ts'
import { launch } from './browser.ts'
import { pdf } from './pdf.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterEach(mendAll)
afterAll(() => browser?.close())

const picture = {
  name: 'harbour.png',
  mimeType: 'image/png',
  buffer: readFileSync(join(import.meta.dirname, '../../static/icon-192.png')),
}
const note = (name: string, text: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) })
const attach = (page: Page) => page.getByLabel('Attach files')
const attached = (page: Page) => page.getByRole('group', { name: 'Attached files' })
/** What the demo model was sent last. */
const sent = async () => {
  const calls = (await (await fetch(`${inject('platformUrl')}/openai/demo/requests`)).json()) as { messages: unknown }[]
  return JSON.stringify(calls.at(-1)?.messages)
}

test('a picture and a text go along with a message, are shown in it and read by the model, and outlive a reload', async () => {
  const { page, complaints } = await visit(browser)
  await attach(page).setInputFiles([picture, note('packing.txt', 'Take the blue tent.')])
  await attached(page).getByRole('button', { name: 'View harbour.png' }).waitFor()
  await attached(page).getByRole('button', { name: 'Save packing.txt' }).waitFor()
  await page.reload()
  await attached(page).getByRole('button', { name: 'View harbour.png' }).waitFor()
  await ask(page, 'What shall I take?')
  expect(await attached(page).count()).toBe(0)
  expect(await sent()).toContain('Take the blue tent.')
  expect(await sent()).toContain('(image)')

  await page.reload()
  const question = questions(page).first()
  await question.getByRole('button', { name: 'Save packing.txt' }).waitFor()
  await question.getByRole('button', { name: 'View harbour.png' }).click()
  const shown = page.getByRole('dialog', { name: 'harbour.png' })
  await expect.poll(() => shown.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.width)).toBe(192)
  await shown.getByRole('button', { name: 'Close' }).click()

  await question.hover()
  await question.getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Edit the message').fill('And what else?')
  await question.getByRole('button', { name: 'Save packing.txt' }).waitFor()
  await page.getByRole('button', { name: 'Send again' }).click()
  await answered(page)
  expect(await sent()).toContain('Take the blue tent.')
  expect(complaints).toEqual([])
})

test('what waits keeps its files, what was pasted or dropped is attached, and what is removed is not sent', async () => {
  const { page } = await visit(browser)
  await dripping('about rope')
  await say(page, 'write 150 words about rope')
  await stopButton(page).waitFor()
  const give = (type: 'paste' | 'drop', name: string, text: string) =>
    composer(page).evaluate(
      (area, { type, name, text }) => {
        const data = new DataTransfer()
        data.items.add(new File([text], name, { type: 'text/plain' }))
        const init = { bubbles: true, cancelable: true }
        area.dispatchEvent(
          type === 'paste'
            ? new ClipboardEvent('paste', { ...init, clipboardData: data })
            : new DragEvent('drop', { ...init, dataTransfer: data }),
        )
      },
      { type, name, text },
    )
  await give('paste', 'knots.txt', 'A bowline holds.')
  await give('drop', 'secret.txt', 'Not for the model.')
  await attached(page).getByRole('button', { name: 'Save knots.txt' }).waitFor()
  await attached(page).getByRole('button', { name: 'Remove secret.txt' }).click()
  await say(page, 'Which knot holds?')
  await page.getByRole('group', { name: 'Waiting to be sent' }).getByText('1 file').waitFor()
  await mendAll()
  await answers(page).nth(1).waitFor()
  await answered(page)
  expect(await sent()).toContain('A bowline holds.')
  expect(await sent()).not.toContain('Not for the model.')
})

test('a file that is of no use, empty or too large says so and keeps nothing else back', async () => {
  const { page } = await visit(browser)
  await attach(page).setInputFiles([
    { name: 'tool.exe', mimeType: 'application/octet-stream', buffer: Buffer.from([0x4d, 0x5a, 0, 1, 2, 0, 0xff]) },
    note('nothing.txt', ''),
    { name: 'huge.txt', mimeType: 'text/plain', buffer: Buffer.alloc(10_000_001, 'a') },
    note('good.txt', 'All is well.'),
  ])
  for (const words of ['This kind of file can’t be used.', 'This file is empty.', 'This file is larger than 10 MB.'])
    await attached(page).getByText(words).waitFor()
  await attached(page).getByRole('button', { name: 'Save good.txt' }).waitFor()
  await ask(page, 'Is all well?')
  expect(await sent()).toContain('All is well.')
})

test('a turn that is refused gives its files back to the composer', async () => {
  const { page } = await visit(browser)
  await attach(page).setInputFiles([note('list.txt', 'Bread, salt.')])
  await attached(page).getByRole('button', { name: 'Save list.txt' }).waitFor()
  await breakIt({ target: 'model', kind: 'down' })
  await page.route('**/turns', (route) =>
    route.fulfill({
      status: 402,
      contentType: 'application/problem+json',
      headers: { 'access-control-allow-origin': '*' },
      body: JSON.stringify({ code: 'budget_exhausted', cap: 'user-day', status: 402 }),
    }),
  )
  await say(page, 'What shall I buy?')
  await expect.poll(() => composer(page).inputValue()).toBe('What shall I buy?')
  await attached(page).getByRole('button', { name: 'Save list.txt' }).waitFor()
})

test.runIf(inject('hasKnowledge'))(
  'a PDF goes into the library by itself, and what is asked next is answered from it',
  async () => {
    const { page } = await visit(browser)
    await attach(page).setInputFiles({
      name: 'ferry.pdf',
      mimeType: 'application/pdf',
      buffer: pdf(['The ferry to Borkum leaves Emden at nine.', 'Dogs travel on deck two.']),
    })
    await attached(page).getByText('Added', { exact: true }).waitFor()
    await ask(page, 'Where do dogs travel?')
    expect(await answers(page).last().textContent()).toContain('deck two')
    await answers(page).last().locator('.citation').first().waitFor()
  },
)
