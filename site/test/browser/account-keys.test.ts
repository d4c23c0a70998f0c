import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { seen, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

test('a key for another program is made, shown once, works within what it may, and is put out at once', async () => {
  const { page } = await visit(browser)
  await page.goto('/settings/keys')
  await seen(page, 'No keys yet.').waitFor()
  expect(await page.getByLabel('Valid for').inputValue()).toBe('30')
  await page.getByLabel('What it is for').fill('my editor')
  await page.getByLabel('Monthly limit, in US dollars').fill('0.5')
  await page.getByLabel('embeddings').uncheck()
  await page.getByRole('button', { name: 'Create key' }).click()
  const key = (await page.getByLabel('The new key').textContent()) ?? ''
  expect(key).toMatch(/^mk_/)
  const row = page.getByRole('article', { name: 'my editor' })
  expect(await row.textContent()).toMatch(/of .*0\.50.* this month/)
  expect(await row.textContent()).not.toContain('embeddings')

  const ask = () => fetch(`${inject('apiUrl')}/v1/models`, { headers: { authorization: `Bearer ${key}` } })
  expect((await ask()).status).toBe(200)
  await page.reload()
  await row.waitFor()
  expect(await page.content()).not.toContain(key)

  await row.getByRole('button', { name: 'Revoke …' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke key' }).click()
  await seen(page, 'No keys yet.').waitFor()
  expect((await ask()).status).toBe(401)
})
