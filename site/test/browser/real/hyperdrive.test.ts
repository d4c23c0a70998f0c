import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answers, ask, seen, visit } from '../app.ts'
import { launch } from '../browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser?.close())

const overNeon = async () => {
  const counted = (await (await fetch(`${inject('platformUrl')}/counters`)).json()) as { database: number }
  return counted.database
}

test('a conversation is kept in a PostgreSQL that only Hyperdrive leads to; without pgvector documents are said to be off', async () => {
  const { page, complaints } = await visit(browser)
  const before = await overNeon()
  await ask(page, 'Say exactly: kept on a PostgreSQL')
  await page.reload()
  await answers(page).getByText('kept on a PostgreSQL').waitFor()
  expect(await overNeon()).toBe(before)
  expect(complaints).toEqual([])

  await page.goto('/library')
  const off = seen(page, 'this instance’s database has no pgvector')
  if (inject('hasKnowledge')) {
    await seen(page, 'Your library is empty.').waitFor()
    expect(await off.count()).toBe(0)
  } else await off.waitFor()
})
