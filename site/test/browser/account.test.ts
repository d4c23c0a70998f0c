import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ask, newEmail, newPerson, password, seen, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const withoutScripts = async () => {
  const context = await browser.newContext({ baseURL: inject('siteUrl'), javaScriptEnabled: false })
  return context.newPage()
}

test('somebody signs up, confirms and signs in without JavaScript', async () => {
  const page = await withoutScripts()
  const email = newEmail()
  await page.goto('/')
  await page.getByRole('link', { name: 'Create account' }).click()
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByLabel('Six-digit code').fill('123456')
  await page.getByRole('button', { name: 'Confirm' }).click()
  await seen(page, 'Your address is confirmed').waitFor()
  expect(await page.getByRole('heading').textContent()).toBe('Welcome')
  expect(await page.getByLabel('E-mail address').inputValue()).toBe(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  expect(new URL(page.url()).pathname).toBe('/chat')
  await page.getByRole('button', { name: 'Sign out' }).click()
  expect(new URL(page.url()).pathname).toBe('/')
})

/** Signs somebody up in this page, as far as the question for the code. */
const signUp = async (page: Page, email: string) => {
  await page.goto('/sign-up')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByLabel('Six-digit code').waitFor()
}

test('who confirms their address in the tab where they signed up is signed in, and the tab keeps no password', async () => {
  const page = await (await browser.newContext({ baseURL: inject('siteUrl') })).newPage()
  const email = newEmail()
  await signUp(page, email)
  await page.getByLabel('Six-digit code').fill('111111')
  await page.getByRole('button', { name: 'Confirm' }).click()
  await seen(page, 'That code is wrong or has expired.').waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(await page.getByRole('link', { name: 'Sign up again' }).getAttribute('href')).toBe('/sign-up')
  expect(await page.content()).not.toContain(password)
  await page.getByLabel('Six-digit code').fill('123456')
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.waitForURL('**/chat')
  await page.getByLabel('Your message').waitFor()
  const kept = () => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state])
  expect(await page.evaluate(kept)).not.toContain(password)
})

test('who confirms it anywhere else has only the password to type', async () => {
  const page = await (await browser.newContext({ baseURL: inject('siteUrl') })).newPage()
  const email = newEmail()
  await signUp(page, email)
  await page.reload()
  await page.getByLabel('Six-digit code').fill('123456')
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByRole('heading', { name: 'Welcome', exact: true }).waitFor()
  await page.locator('[type=password]:focus').waitFor()
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/chat')
})

test('a form that fails says what is wrong beside its field and keeps everything but the secrets', async () => {
  const page = await withoutScripts()
  await page.goto('/sign-up')
  await page.getByLabel('Name').fill('Ada')
  await page.getByLabel('E-mail address').fill('ada@example')
  await page.getByLabel('Password').fill('short')
  await page.getByRole('button', { name: 'Create account' }).click()
  expect(await page.getByRole('alert').textContent()).toContain('isn’t right yet')
  expect(await page.getByLabel('E-mail address').getAttribute('aria-invalid')).toBe('true')
  expect(await page.getByLabel('Name').inputValue()).toBe('Ada')
  expect(await page.getByLabel('Password').inputValue()).toBe('')
})

test('a wrong password, an unknown address and one that is not confirmed are refused with one plain sentence', async () => {
  const page = await withoutScripts()
  const unconfirmed = newEmail()
  await signUp(page, unconfirmed)
  await page.context().clearCookies()
  for (const [email, secret] of [
    [await newPerson(), 'not-the-Passw0rd'],
    [newEmail(), password],
    [unconfirmed, password],
  ] as const) {
    await page.goto('/sign-in')
    await page.getByLabel('E-mail address').fill(email)
    await page.getByLabel('Password').fill(secret)
    await page.getByRole('button', { name: 'Sign in' }).click()
    expect(await page.getByRole('alert').textContent()).toBe(
      'The e-mail address or the password is not right, or the address isn’t confirmed yet: then enter your code first.',
    )
  }
  // The page for the code knows whose it is.
  await page.getByRole('link', { name: 'Enter your code' }).click()
  await page.getByLabel('Six-digit code').fill('123456')
  await page.getByRole('button', { name: 'Confirm' }).click()
  await seen(page, 'Your address is confirmed').waitFor()
  expect(await page.getByLabel('E-mail address').inputValue()).toBe(unconfirmed)
})

test('a password can be looked at while it is typed, and is hidden again when it is sent', async () => {
  const page = await (await browser.newContext({ baseURL: inject('siteUrl') })).newPage()
  await page.goto('/sign-up')
  const field = page.getByLabel('Password')
  await field.fill('short')
  expect(await field.getAttribute('type')).toBe('password')
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await expect.poll(() => field.getAttribute('type')).toBe('text')
  expect(await field.inputValue()).toBe('short')
  await page.getByLabel('E-mail address').fill(newEmail())
  await page.getByRole('button', { name: 'Create account' }).click()
  await seen(page, 'Use at least 8 characters.').waitFor()
  await expect.poll(() => field.getAttribute('type')).toBe('password')
  // What it should be is still said beside what it is not.
  await seen(page, /^At least 8 characters/).waitFor()
  const said = await field.evaluate((input) =>
    (input.getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent),
  )
  expect(said).toEqual([expect.stringMatching(/^Use at least 8/), expect.stringMatching(/^At least 8/)])
})

test('what is typed into a form before its scripts have arrived is still there once they run', async () => {
  const page = await (await browser.newContext({ baseURL: inject('siteUrl') })).newPage()
  let release = () => {}
  const arrival = new Promise<void>((resolve) => (release = resolve))
  await page.route('**/_app/**/*.js', async (route) => {
    await arrival
    await route.continue()
  })
  await page.goto('/sign-in', { waitUntil: 'commit' })
  await page.getByLabel('E-mail address').fill('early@example.org')
  release()
  await page.waitForLoadState('networkidle')
  await page.locator('#svelte-announcer').waitFor({ state: 'attached' })
  expect(await page.getByLabel('E-mail address').inputValue()).toBe('early@example.org')
})

test('no token lies in storage, in an address or in a cookie that scripts can read', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: hello')
  const seen = await page.evaluate(() => ({
    storage: JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
    cookies: document.cookie,
    addresses: performance.getEntriesByType('resource').map(({ name }) => name),
  }))
  const token = /eyJ[\w-]+\./
  expect(seen.storage).not.toMatch(token)
  expect(seen.cookies).toBe('')
  expect(seen.addresses.join('\n')).not.toMatch(token)
  const cookies = await page.context().cookies()
  expect(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]).sort()).toEqual([
    ['access', true, 'Lax'],
    ['session', true, 'Lax'],
  ])
})

test('the token is handed out to our own pages only', async () => {
  const { page } = await visit(browser)
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  const from = (headers: Record<string, string>) =>
    fetch(`${inject('siteUrl')}/session/token`, { method: 'POST', headers: { cookie, ...headers }, body: '{}' })
  const json = { 'content-type': 'application/json' }
  expect((await from({ ...json, origin: inject('siteUrl') })).status).toBe(200)
  expect((await from({ ...json, origin: 'https://elsewhere.example' })).status).toBe(403)
  expect((await from({ ...json, origin: inject('siteUrl'), 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect((await from(json)).status).toBe(403)
})

test('no form of ours can be sent from a page of somebody else', async () => {
  const { page } = await visit(browser)
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  const send = (path: string, origin: string) =>
    fetch(inject('siteUrl') + path, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie, origin, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ email: 'a@example.org', password: 'x' }),
    })
  for (const origin of ['https://evil.example', 'null', inject('siteUrl').replace('127.0.0.1', 'localhost')])
    for (const path of ['/sign-out', '/sign-in?/password', '/sign-up', '/forgot', '/reset', '/confirm'])
      expect((await send(path, origin)).status, `${path} from ${origin}`).toBe(403)
  await page.reload()
  await page.getByLabel('Your message').waitFor()
  expect((await send('/sign-out', inject('siteUrl'))).status).toBeLessThan(400)
})

test('a session that has ended asks to sign in again and keeps the draft', async () => {
  const { page, email } = await visit(browser)
  await ask(page, 'say exactly: hello')
  await page.getByLabel('Your message').fill('a thought half written')
  await page.context().clearCookies()
  await page.reload()
  await page.waitForURL('**/sign-in**')
  await seen(page, /^Your session has ended/).waitFor()
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/chat/**')
  await seen(page, 'hello', { exact: true }).last().waitFor()
  expect(await page.getByLabel('Your message').inputValue()).toBe('a thought half written')
})

test('every page is guarded by its headers', async () => {
  for (const path of ['/', '/sign-in', '/chat', '/settings', '/no-such-page']) {
    const { headers } = await fetch(inject('siteUrl') + path)
    expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'")
    expect(headers.get('x-content-type-options'), path).toBe('nosniff')
    expect(headers.get('cross-origin-opener-policy'), path).toBe('same-origin')
    expect(headers.get('referrer-policy'), path).toBe('same-origin')
    expect(headers.get('permissions-policy'), path).toContain('camera=()')
  }
  const policy = (await fetch(`${inject('siteUrl')}/sign-in`)).headers.get('content-security-policy')
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toMatch(/unsafe-(inline|eval)/)
  // Drawn by the server it stands in a header, in pages that were built ahead in the page itself.
  const built = /http-equiv="content-security-policy" content="([^"]+)"/.exec(
    await (await fetch(`${inject('siteUrl')}/chat`)).text(),
  )
  for (const one of [policy, built?.[1]]) {
    const directives = new Map((one ?? '').split(/; ?/).map((part) => [part.split(' ')[0], part.split(' ').slice(1)]))
    for (const name of ['img-src', 'font-src', 'style-src', 'form-action'])
      expect(directives.get(name)?.[0], name).toBe("'self'")
    // A blob is made in the page itself, of what somebody attaches.
    expect(directives.get('img-src')).toEqual(["'self'", 'blob:'])
    expect(directives.get('base-uri')).toEqual(["'none'"])
    expect(directives.get('connect-src')).toEqual(["'self'", 'http://127.0.0.1:*'])
    for (const source of directives.get('script-src') ?? ['none at all'])
      expect(source).toMatch(/^'(self|sha256-[\w+/=]+|nonce-[\w+/=]+)'$/)
  }
})
