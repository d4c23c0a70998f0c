import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { answered, answers, ask, breakIt, composer, dripping, mendAll, questions, say, seen, visit } from './app.ts'
import { launch } from './browser.ts'
import { keepCopy } from './saved.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterEach(() => mendAll())
afterAll(() => browser.close())

test('an answer that the model failed is said to have failed, and another try answers', async () => {
  const { page } = await visit(browser)
  await breakIt({ target: 'model', kind: '500', times: 2 })
  await say(page, 'say exactly: here I am')
  await seen(page, 'The model didn’t answer.').waitFor()
  await mendAll()
  await page.getByRole('button', { name: 'Try again' }).click()
  await answers(page).getByText('here I am').waitFor()
  await answered(page)
  expect(await questions(page).count()).toBe(1)
})

test('where the model has failed another one can be asked at once', async () => {
  const { page } = await visit(browser)
  await breakIt({ target: 'model', kind: '500', times: 2 })
  await say(page, 'say exactly: somebody else')
  await seen(page, 'The model didn’t answer.').waitFor()
  await mendAll()
  await answers(page).getByRole('button', { name: 'Try another model' }).click()
  await page.getByRole('menuitemradio', { name: /large/i }).click()
  await answers(page).getByText('somebody else').waitFor()
  await answered(page)
  expect(await answers(page).last().innerText()).toMatch(/large/i)
})

test('with the database away the page says so, keeps the message, and goes on by itself when it is back', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: before')
  await breakIt({ target: 'database', kind: 'down' })
  await say(page, 'say exactly: after')
  await seen(page, 'Waking up …').waitFor()
  expect(await questions(page).last().textContent()).toContain('say exactly: after')
  await mendAll()
  await answers(page).getByText('after', { exact: true }).waitFor()
  expect(await questions(page).count()).toBe(2)
})

test('a conversation opened while the database is away shows a notice, then itself', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: still here')
  await breakIt({ target: 'database', kind: 'down' })
  await page.reload()
  await seen(page, 'Waking up …').first().waitFor()
  expect(await composer(page).isVisible()).toBe(true)
  await mendAll()
  await answers(page).getByText('still here').waitFor()
})

test('a conversation that was read before is there while the database is away, and what is said in it waits', async () => {
  const { page } = await visit(browser, { serviceWorkers: 'allow' })
  await ask(page, 'say exactly: still here')
  await keepCopy(page)
  await breakIt({ target: 'database', kind: 'down' })
  await page.reload()
  await answers(page).getByText('still here').waitFor()
  await page.locator('aside').getByRole('link', { name: 'say exactly: still here' }).waitFor()
  await seen(page, 'Waking up …').first().waitFor()
  // It may have gone on elsewhere: nothing of it is said anew before that is known.
  expect(await page.getByRole('button', { name: /^(Edit|Regenerate)$/ }).count()).toBe(0)
  await say(page, 'say exactly: at last')
  await mendAll()
  await answers(page).nth(1).getByText('at last', { exact: true }).waitFor()
  expect(await questions(page).count()).toBe(2)
})

test('a conversation that cannot be loaded again stays as it was read, and what is said in it asks once more', async () => {
  const { page } = await visit(browser, { serviceWorkers: 'allow' })
  await ask(page, 'say exactly: still here')
  await keepCopy(page)
  let asked = 0
  await page.context().route(`**/conversations/${page.url().split('/').pop()}`, (route) => {
    if (asked++ > 1) return route.continue()
    return route.fulfill({
      status: 500,
      contentType: 'application/problem+json',
      headers: { 'access-control-allow-origin': '*' },
      body: JSON.stringify({ type: 'about:blank', title: 'Broken', status: 500, code: 'internal' }),
    })
  })
  await page.reload()
  await answers(page).getByText('still here').waitFor()
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect.poll(() => asked).toBe(2)
  await page.getByRole('button', { name: 'Try again' }).waitFor()
  await say(page, 'say exactly: once more')
  await answers(page).nth(1).getByText('once more', { exact: true }).waitFor()
  await answered(page)
  expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0)
})

test('a message that should not be sent after all goes back to where it was written', async () => {
  const { page } = await visit(browser)
  await breakIt({ target: 'database', kind: 'down' })
  await say(page, 'never mind')
  await page.getByRole('button', { name: 'Don’t send' }).click()
  await expect.poll(() => composer(page).inputValue()).toBe('never mind')
  expect(await questions(page).count()).toBe(0)
})

test('with identity away a signed-in person reads and chats on', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: one')
  await breakIt({ target: 'identity', kind: 'down' })
  await page.reload()
  await answers(page).getByText('one', { exact: true }).waitFor()
  await ask(page, 'say exactly: two')
  await answers(page).getByText('two', { exact: true }).waitFor()
})

test('an answer that is cut off keeps its words, and goes on when asked to', async () => {
  const { page } = await visit(browser)
  await breakIt({ target: 'model', kind: 'cut', times: 1, ms: 1500 })
  await say(page, 'write 300 words about fog')
  const goOn = answers(page).getByRole('button', { name: 'Continue' })
  await goOn.waitFor()
  expect((await answers(page).locator('.markdown').textContent())?.length).toBeGreaterThan(0)
  await goOn.click()
  await answers(page).nth(1).getByText('Going on from').waitFor()
  await answered(page)
  expect(await answers(page).count()).toBe(2)
})

test('an answer that became as long as any can be says so and offers to go on', async () => {
  const { page } = await visit(browser)
  await page.route('**/models', async (route) => {
    const response = await route.fetch()
    const list = (await response.json()) as { maxOutputTokens: number }[]
    await route.fulfill({ response, json: list.map((model) => ({ ...model, maxOutputTokens: 2 })) })
  })
  await page.reload()
  await ask(page, 'say exactly: one two three four')
  await answers(page).getByText('This is as long as one answer can be.').waitFor()
  await answers(page).getByRole('button', { name: 'Continue' }).click()
  await expect.poll(() => questions(page).count()).toBe(2)
})

test('a connection that falls silent is given up for another, and the answer is whole', async () => {
  const { page } = await visit(browser)
  await page.clock.install()
  await page.reload()
  await dripping('about the wind')
  await say(page, 'write 200 words about the wind')
  await answers(page).getByText('wind').first().waitFor()
  const again = page.waitForRequest((request) => /\/turns\/[^/]+\/events\?/.test(request.url()))
  await page.clock.fastForward(41_000)
  expect(Number(await (await again).headerValue('last-event-id'))).toBeGreaterThan(0)
  await mendAll()
  await answered(page)
  const text = await answers(page).innerText()
  await page.reload()
  await answered(page)
  // The model is named once the list of them is there.
  await expect.poll(() => answers(page).innerText()).toBe(text)
})
