import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ask, composer, seen, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const settings = async (page: Page, section?: string) => {
  await page.getByRole('link', { name: 'Settings' }).click()
  if (section) await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: section }).click()
}
const saved = (page: Page) => seen(page, 'Saved', { exact: true }).waitFor()

test('name, instructions, model and memory are kept, and the page tells when they are not good', async () => {
  const { page, complaints } = await visit(browser)
  await settings(page)
  await page.getByLabel('Name').fill('Ada')
  await page.getByRole('button', { name: 'Save name' }).click()
  await saved(page)

  await settings(page, 'Chat')
  await page.getByRole('textbox', { name: 'Instructions' }).fill('Answer in verse.')
  await seen(page, /^.?16.? of .?8,000.? characters$/).waitFor()
  await page.getByRole('button', { name: 'Save instructions' }).click()
  await saved(page)
  await page.getByLabel('Offline demo model, large').check()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect.poll(() => seen(page, 'Saved', { exact: true }).count()).toBe(2)
  await Promise.all([
    page.waitForResponse((answer) => answer.request().method() === 'PATCH'),
    page.getByLabel('Answers may use what is remembered').uncheck(),
  ])
  await page.reload()
  await expect.poll(() => page.getByLabel('Answers may use what is remembered').isChecked()).toBe(false)
  expect(await page.getByRole('textbox', { name: 'Instructions' }).inputValue()).toBe('Answer in verse.')
  expect(await page.getByLabel('Offline demo model, large').isChecked()).toBe(true)
  expect(complaints).toEqual([])

  await page.getByRole('textbox', { name: 'Instructions' }).fill('x'.repeat(8001))
  await page.getByRole('button', { name: 'Save instructions' }).click()
  await page.getByRole('alert').getByText('Something in the form isn’t right yet.').waitFor()
  await settings(page)
  await expect.poll(() => page.getByLabel('Name').inputValue()).toBe('Ada')
})

test('what was spent and what is kept is listed', async () => {
  const { page } = await visit(browser, { locale: 'en-GB' })
  await ask(page, 'say exactly: hello')
  await settings(page, 'Spending')
  await seen(page, /A single answer may cost .?≈.£[\d.]+.? at most/).waitFor()
  expect(await page.getByRole('meter', { name: 'Today' }).getAttribute('value')).not.toBe('0')
  const models = page.getByRole('table', { name: 'By model' })
  expect(await models.textContent()).toMatch(/Offline demo model.*1 call, .?\d+.? tokens in, .?\d+.? out.*≈.£0\.0/)
  expect(await page.getByRole('table', { name: 'By day' }).getByRole('row').count()).toBe(1)
  await settings(page, 'Data')
  const kept = page.getByRole('table', { name: /About .* in all/ })
  await kept.getByText('1 conversation').waitFor()
  await kept.getByText('2 messages').waitFor()
})

test('an invitation’s link fills in its code, with and without JavaScript', async () => {
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({ baseURL: inject('siteUrl'), javaScriptEnabled })
    const page = await context.newPage()
    await page.goto('/sign-up?invite=ABCDE-%3Cscript%3E')
    expect(await page.getByLabel('Invite').inputValue()).toBe('ABCDE-<script>')
  }
})

test('a shell of the settings holds nothing of anyone and asks who is signed in', async () => {
  const html = await (await fetch(`${inject('siteUrl')}/settings/security`)).text()
  expect(html).not.toContain('@')
  const page = await (await browser.newContext({ baseURL: inject('siteUrl') })).newPage()
  await page.goto('/settings/data')
  await page.waitForURL(/\/sign-in\?next=%2Fsettings%2Fdata/)
  expect(await composer(page).count()).toBe(0)
})
