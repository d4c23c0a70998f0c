import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answers, ask, composer, questions, seen, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser?.close())

/** What the demo model was told last, before anything was said. */
const told = async () => {
  const calls = (await (await fetch(`${inject('platformUrl')}/openai/demo/requests`)).json()) as {
    messages: { content: string }[]
  }[]
  return calls.at(-1)?.messages[0]?.content ?? ''
}
const card = (page: Page, name: string) => page.getByRole('article', { name })

test('an assistant is made, begins a conversation with its starters, and is changed, deleted and brought back', async () => {
  const { page, complaints } = await visit(browser)
  await page.getByRole('link', { name: 'Assistants' }).click()
  await seen(page, 'No assistants yet.').waitFor()
  await page.getByRole('button', { name: 'New assistant' }).click()
  const form = page.getByRole('dialog', { name: 'New assistant' })
  await form.getByLabel('Name').fill('Harbour pilot')
  await form.getByLabel('What it is for').fill('Knows every shoal')
  await form.getByLabel('Instructions').fill('Speak of tides first.')
  await form.getByLabel('Model').selectOption({ label: 'Offline demo model, large' })
  await form.getByLabel('Conversation starters').fill('Say exactly: high water\n\nWhen is low water?')
  await form.getByRole('button', { name: 'Save' }).click()
  await card(page, 'Harbour pilot').getByText('Knows every shoal').waitFor()

  await card(page, 'Harbour pilot').getByRole('link', { name: 'Start a chat' }).click()
  await page.waitForURL('**/chat?assistant=*')
  await page.getByRole('heading', { name: 'Harbour pilot' }).waitFor()
  await page.reload()
  await page.getByRole('button', { name: 'Say exactly: high water' }).click()
  expect(await composer(page).inputValue()).toBe('Say exactly: high water')
  await ask(page, await composer(page).inputValue())
  expect(await told()).toContain('Speak of tides first.')
  await answers(page).last().getByText('Offline demo model, large').waitFor()
  await page.getByRole('button', { name: 'Model: Offline demo model, large' }).waitFor()

  await page.getByTitle('Harbour pilot answers here').click()
  await card(page, 'Harbour pilot').getByRole('button', { name: 'Edit Harbour pilot' }).click()
  await page.getByRole('dialog').getByLabel('Instructions').fill('Speak of winds first.')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'Say exactly: high water' }).click()
  await questions(page).first().waitFor()
  await ask(page, 'And now?')
  expect(await told()).toContain('Speak of winds first.')

  await page.getByRole('link', { name: 'Assistants' }).click()
  await card(page, 'Harbour pilot').getByRole('button', { name: 'Delete Harbour pilot' }).click()
  await seen(page, 'No assistants yet.').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await card(page, 'Harbour pilot').waitFor()
  expect(complaints).toEqual([])
})

test.runIf(inject('hasKnowledge'))(
  'a collection bounds what a conversation looks into, deleted and brought back too',
  async () => {
    const { page } = await visit(browser)
    await page.goto('/library')
    const files = [
      { name: 'ferry.txt', mimeType: 'text/plain', buffer: Buffer.from('The ferry to Borkum leaves Emden at nine.') },
      { name: 'train.txt', mimeType: 'text/plain', buffer: Buffer.from('The train to Emden leaves Bremen at seven.') },
    ]
    await page.getByLabel('Add documents').setInputFiles(files)
    await expect.poll(() => seen(page, 'Added', { exact: true }).count()).toBe(2)
    await page.getByRole('button', { name: 'New collection' }).click()
    const form = page.getByRole('dialog', { name: 'New collection' })
    await form.getByLabel('Name').fill('By rail')
    await form.getByLabel('train.txt').check()
    await form.getByRole('button', { name: 'Save' }).click()
    await seen(page, 'By rail').waitFor()
    await seen(page, '1 document', { exact: true }).waitFor()

    await page.goto('/chat')
    await page.getByRole('button', { name: 'Documents' }).click()
    await ask(page, 'When does it leave Emden or Bremen?')
    const lookInto = async () => {
      await page
        .locator('main header')
        .getByRole('button', { name: /^More for/ })
        .click()
      await page.getByRole('menuitem', { name: 'Documents to use …' }).click()
    }
    await lookInto()
    await page.getByLabel('By rail').check()
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await ask(page, 'When does it leave Emden or Bremen?')
    await answers(page).last().locator('.citation').first().waitFor()
    expect(await answers(page).last().textContent()).toContain('seven')
    expect(await answers(page).last().textContent()).not.toContain('nine')

    await page.getByRole('link', { name: 'Library' }).click()
    const remove = page.getByRole('button', { name: 'Delete By rail' })
    await remove.click()
    await seen(page, 'By rail was deleted; its documents are still here.').waitFor()
    await remove.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Undo' }).click()
    await remove.waitFor()
    await page.reload()
    await seen(page, '1 document', { exact: true }).waitFor()
    expect(await remove.count()).toBe(1)
    await page.goBack()
    await answers(page).first().waitFor()
    await lookInto()
    expect(await page.getByLabel('By rail').isChecked()).toBe(true)
    await page.keyboard.press('Escape')

    await page.getByRole('link', { name: 'Assistants' }).click()
    await page.getByRole('button', { name: 'New assistant' }).click()
    const assistant = page.getByRole('dialog', { name: 'New assistant' })
    await assistant.getByLabel('Name').fill('Conductor')
    await assistant.getByLabel('By rail').check()
    await assistant.getByRole('button', { name: 'Save' }).click()
    await card(page, 'Conductor').getByRole('link', { name: 'Start a chat' }).click()
    await page.getByRole('heading', { name: 'Conductor' }).waitFor()
    await ask(page, 'When does it leave Emden or Bremen?')
    expect(await answers(page).last().textContent()).toContain('seven')
    expect(await answers(page).last().textContent()).not.toContain('nine')
  },
)
