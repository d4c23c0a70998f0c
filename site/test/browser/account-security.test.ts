import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authenticator } from '../../../worker/test/support/authenticator.ts'
import { answers, ask, composer, password, say, seen, signIn, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const security = async (page: Page) => {
  await page.goto('/settings/security')
  await page.getByRole('heading', { name: 'Password' }).waitFor()
}
const signOut = async (page: Page) => {
  await page.getByRole('complementary').getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(({ pathname }) => pathname === '/')
}
/** The same person on another device. */
const elsewhere = async (email: string) => {
  const { page } = await visit(browser)
  await page.context().clearCookies()
  await page.goto('/sign-in')
  await signIn(page, email)
  await page.waitForURL('**/chat')
  return page
}

test('two-step sign-in is set up with a picture or a key, asked for, and turned off again', async () => {
  const { page, email, complaints } = await visit(browser)
  await security(page)
  await page.getByRole('button', { name: 'Set it up' }).click()
  await page.getByRole('img', { name: 'QR code for an authenticator app' }).waitFor()
  const secret = (await page.locator('code').innerText()).replace(/\s/g, '')
  expect(secret).toMatch(/^[A-Z2-7]{16,}$/)

  await page.getByLabel('Six-digit code').fill('000000')
  await page.getByRole('button', { name: 'Turn it on' }).click()
  await seen(page, 'This is not right: take the newest one').waitFor()
  await page.getByLabel('Six-digit code').fill(await authenticator(secret))
  await page.getByRole('button', { name: 'Turn it on' }).click()
  await seen(page, 'signing in asks for a code').waitFor()
  await signOut(page)

  await page.goto('/sign-in')
  await signIn(page, email)
  await page.getByRole('heading', { name: 'One more step' }).waitFor()
  await page.getByLabel('Six-digit code').fill('000000')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('alert').getByText('That code is wrong').waitFor()
  // A code works once: the one of the half minute to come has not been used.
  await page.getByLabel('Six-digit code').fill(await authenticator(secret, Date.now() + 30_000))
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL('**/chat')

  await security(page)
  await page.getByRole('button', { name: 'Turn it off …' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Turn it off' }).click()
  await page.getByRole('button', { name: 'Set it up' }).waitFor()
  await signOut(page)
  await page.goto('/sign-in')
  await signIn(page, email)
  await page.waitForURL('**/chat')
  expect(complaints.filter((complaint) => !complaint.includes('status of 4'))).toEqual([])
})

test('the password is changed by who knows the old one', async () => {
  const { page, email } = await visit(browser)
  await security(page)
  const change = async (current: string, next: string) => {
    await page.getByLabel('Current password').fill(current)
    await page.getByLabel('New password').fill(next)
    await page.getByRole('button', { name: 'Change password' }).click()
  }
  await change('Wrong-passw0rd', 'Louder-harbour-20')
  await seen(page, 'That is not your current password.').waitFor()
  await change(password, 'short')
  await seen(page, 'Use at least 8 characters').waitFor()
  await change(password, 'Louder-harbour-20')
  await seen(page, 'Changed.').waitFor()
  expect(await page.getByLabel('Current password').inputValue()).toBe('')
  await signOut(page)
  await page.goto('/sign-in')
  await signIn(page, email)
  await page.getByRole('alert').waitFor()
  await signIn(page, email, 'Louder-harbour-20')
  await page.waitForURL('**/chat')
})

test('signing out everywhere ends this device well, and the other one at its next step, with its words kept', async () => {
  const { page, email } = await visit(browser)
  const other = await elsewhere(email)
  await ask(other, 'say exactly: hello')
  await security(page)
  await page.getByRole('button', { name: 'Sign out on all devices' }).click()
  await page.waitForURL('**/sign-in?done=everywhere')
  await seen(page, 'You’ve been signed out on every device.').waitFor()

  await say(other, 'words that must not be lost')
  await other.getByRole('link', { name: 'Sign in' }).waitFor()
  expect(await composer(other).inputValue()).toBe('words that must not be lost')
  await other.getByRole('link', { name: 'Sign in' }).click()
  await signIn(other, email)
  await other.waitForURL('**/chat/**')
  await answers(other).getByText('hello', { exact: true }).waitFor()
  expect(await composer(other).inputValue()).toBe('words that must not be lost')
})

test('signing out in one tab takes the other one out too, and leaves no draft', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: private')
  await composer(page).fill('half a thought')
  const second = await page.context().newPage()
  await second.goto('/settings')
  await second.getByLabel('Name').waitFor()
  await signOut(second)
  await page.waitForURL(({ pathname }) => pathname === '/')
  expect(await seen(page, 'private').count()).toBe(0)
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('draft:')))).toEqual([])
})

test('an access token that is refused is replaced once for both tabs, and nothing that was written is lost', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: one')
  const second = await page.context().newPage()
  await second.goto(page.url())
  await answers(second).getByText('one', { exact: true }).waitFor()
  await composer(page).fill('a draft in the first tab')

  const refreshes: unknown[] = []
  const refused = new Set<string>()
  for (const tab of [page, second]) {
    tab.on('request', (request) => request.url().endsWith('/session/token') && refreshes.push(request.postDataJSON()))
    // Each token the tabs hold so far is refused, as the API does with one that has run out.
    await tab.route('**/turns', async (route) => {
      const token = route.request().headers()['authorization'] ?? ''
      if (refused.size === 0) refused.add(token)
      if (!refused.has(token)) return route.continue()
      return route.fulfill({ status: 401, headers: { 'access-control-allow-origin': '*' }, body: '{}' })
    })
  }
  const cookieBefore = (await page.context().cookies()).find(({ name }) => name === 'session')?.value
  await ask(second, 'say exactly: two')
  await answers(second).getByText('two', { exact: true }).waitFor()
  expect(refreshes).toEqual([{ fresh: true }])
  expect((await page.context().cookies()).find(({ name }) => name === 'session')?.value).not.toBe(cookieBefore)

  expect(await composer(page).inputValue()).toBe('a draft in the first tab')
  await answers(page).getByText('two', { exact: true }).waitFor()
  await composer(page).fill('say exactly: three')
  await composer(page).press('Enter')
  await answers(page).getByText('three', { exact: true }).waitFor()
  expect(refreshes).toHaveLength(1)
})

test('after a night’s sleep the page goes on by itself, also when its first refresh fails', async () => {
  const { page } = await visit(browser)
  await page.clock.install()
  await page.reload()
  await ask(page, 'say exactly: good night')
  // The access token ran out in the night, here and in its cookie; the session did not.
  await page.clock.fastForward('09:00:00')
  await page.context().clearCookies({ name: 'access' })
  let refusals = 0
  await page.route('**/session/token', (route) =>
    refusals++ === 0
      ? route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"code":"unavailable"}' })
      : route.continue(),
  )
  await ask(page, 'say exactly: good morning')
  await answers(page).getByText('good morning', { exact: true }).waitFor()
  expect(refusals).toBeGreaterThan(1)
  expect(await answers(page).count()).toBe(2)
})
