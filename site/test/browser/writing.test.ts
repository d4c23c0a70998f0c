import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { answered, answers, ask, composer, dripping, mendAll, questions, say, seen, stopButton, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterEach(() => mendAll())
afterAll(() => browser.close())

const waiting = (page: Page) => page.getByRole('group', { name: 'Waiting to be sent' })

test('what waits for an answer is shown, goes back to be edited, outlives a reload, and is said once', async () => {
  const { page } = await visit(browser)
  await dripping('about wind')
  await say(page, 'write 200 words about wind')
  await stopButton(page).waitFor()
  await say(page, 'say exactly: secnd')
  await waiting(page).getByRole('button', { name: 'Edit the queued message' }).click()
  await expect.poll(() => composer(page).inputValue()).toBe('say exactly: secnd')
  await say(page, 'say exactly: second')
  await waiting(page).getByText('say exactly: second').waitFor()
  await composer(page).fill('a draft beside it')
  await page.reload()
  await waiting(page).getByText('say exactly: second').waitFor()
  expect(await composer(page).inputValue()).toBe('a draft beside it')
  await mendAll()
  await answers(page).getByText('second', { exact: true }).waitFor()
  await answered(page)
  expect(await questions(page).count()).toBe(2)
  expect(await waiting(page).count()).toBe(0)
  expect(await composer(page).inputValue()).toBe('a draft beside it')
})

test('with two tabs open what waits is said once, and what is taken back is not said at all', async () => {
  const { page } = await visit(browser)
  await dripping('about ice')
  await say(page, 'write 150 words about ice')
  await stopButton(page).waitFor()
  await page.waitForURL(/chat\/./)
  await say(page, 'say exactly: only once')
  const second = await page.context().newPage()
  await second.goto(page.url())
  await waiting(second).waitFor()
  await mendAll()
  await answers(second).getByText('only once', { exact: true }).waitFor()
  await answered(second)
  expect(await questions(second).count()).toBe(2)
  await dripping('about snow')
  await say(page, 'write 150 words about snow')
  await stopButton(page).waitFor()
  await say(page, 'say exactly: never')
  await waiting(page).getByRole('button', { name: 'Remove the queued message' }).click()
  await mendAll()
  await answered(page)
  await second.reload()
  await questions(second).nth(2).waitFor()
  expect(await questions(second).count()).toBe(3)
})

test('what was sent before a reload, and is sent again before that has shown, is said once', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: one')
  const [lost, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  // The API takes it up; the page hears nothing.
  await page.route('**/turns', async (route) => {
    await route.fetch()
    lost.resolve()
  })
  await say(page, 'say exactly: two')
  await lost.promise
  await page.unroute('**/turns')
  await page.route('**/conversations/*', async (route) => {
    await release.promise
    await route.continue()
  })
  await page.reload()
  await expect.poll(() => composer(page).inputValue()).toBe('say exactly: two')
  await composer(page).press('Enter')
  await waiting(page).waitFor()
  release.resolve()
  await answers(page).nth(1).getByText('two', { exact: true }).waitFor()
  await answered(page)
  expect([await waiting(page).count(), await questions(page).count()]).toEqual([0, 2])
})

test('after a stop what waited stands in the composer again', async () => {
  const { page } = await visit(browser)
  await dripping('about mist')
  await say(page, 'write 400 words about mist')
  await answers(page).locator('.markdown p').first().waitFor()
  await say(page, 'say exactly: later')
  await waiting(page).waitFor()
  await stopButton(page).click()
  await seen(page, 'You stopped this answer.').waitFor()
  await expect.poll(() => composer(page).inputValue()).toBe('say exactly: later')
})

test('Shift+Enter starts a line, the composer grows with its text, and Enter sends it', async () => {
  const { page } = await visit(browser)
  const height = async () => (await composer(page).boundingBox())?.height ?? 0
  const empty = await height()
  await composer(page).pressSequentially('say exactly: one')
  for (const word of ['two', 'three']) {
    await composer(page).press('Shift+Enter')
    await composer(page).pressSequentially(word)
  }
  expect(await composer(page).inputValue()).toBe('say exactly: one\ntwo\nthree')
  expect(await height()).toBeGreaterThan(empty * 1.8)
  await composer(page).press('Enter')
  await answered(page)
  expect(await questions(page).locator('.bubble').textContent()).toBe('say exactly: one\ntwo\nthree')
  expect(await height()).toBe(empty)
})

test('Enter that picks a word of an input method does not send', async () => {
  const { page } = await visit(browser)
  await composer(page).focus()
  const input = await page.context().newCDPSession(page)
  await input.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 })
  await input.send('Input.dispatchKeyEvent', {
    type: 'rawKeyDown',
    key: 'Enter',
    code: 'Enter',
    windowsVirtualKeyCode: 229,
  })
  await input.send('Input.insertText', { text: '日本' })
  expect(await composer(page).inputValue()).toBe('日本')
  expect(await questions(page).count()).toBe(0)
  await composer(page).press('Enter')
  await questions(page).getByText('日本').waitFor()
})

test('Up in the empty composer edits the last message; Escape leaves it, Enter says it anew', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: first')
  await ask(page, 'say exactly: secnd')
  await composer(page).press('ArrowUp')
  const editor = page.getByLabel('Edit the message')
  expect(await editor.inputValue()).toBe('say exactly: secnd')
  await editor.press('Escape')
  await editor.waitFor({ state: 'detached' })
  await composer(page).press('ArrowUp')
  await editor.fill('say exactly: second')
  await editor.press('Enter')
  await answers(page).getByText('second', { exact: true }).waitFor()
  expect(await questions(page).count()).toBe(2)
})

test('words typed at the page itself land in the composer', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: hello')
  await page.getByRole('heading', { level: 1 }).click()
  await page.keyboard.type('straight on')
  expect(await composer(page).inputValue()).toBe('straight on')
})
