import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answers, ask, composer, newPerson, password, say, seen, visit } from './app.ts'
import { launch } from './browser.ts'
import { isKept, keepCopy, ready, savedPaths } from './saved.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

test('with no network the app opens, and what was read last can be read; what is sent waits and then arrives', async () => {
  const { page } = await visit(browser, { serviceWorkers: 'allow' })
  await ask(page, 'say exactly: kept for the train')
  await keepCopy(page)
  await page.context().setOffline(true)
  await page.reload()
  await answers(page).getByText('kept for the train').waitFor()
  await seen(page, 'You’re offline.').first().waitFor()
  expect(await page.locator('aside').getByRole('listitem').count()).toBe(1)
  await say(page, 'say exactly: sent from the tunnel')
  await page.context().setOffline(false)
  await answers(page).nth(1).getByText('sent from the tunnel').waitFor()
})

test('with no network there is also what was said since a conversation was opened, and conversations begun since', async () => {
  const { page } = await visit(browser, { serviceWorkers: 'allow' })
  await ask(page, 'say exactly: one')
  await keepCopy(page)
  await ask(page, 'say exactly: two')
  await page.goto('/chat')
  await ask(page, 'say exactly: elsewhere')
  await expect.poll(() => savedPaths(page)).toContain(`/saved/conversations/${page.url().split('/').pop()}`)
  await page.context().setOffline(true)
  await page.reload()
  await answers(page).getByText('elsewhere', { exact: true }).waitFor()
  await page.locator('aside').getByRole('link', { name: 'say exactly: one' }).click()
  await answers(page).getByText('two', { exact: true }).waitFor()
  expect(await answers(page).allInnerTexts()).toMatchObject(
    [/^one/, /^two/].map((text) => expect.stringMatching(text) as string),
  )
})

test('a conversation that was deleted is not kept, nor in the list', async () => {
  const { page } = await visit(browser, { serviceWorkers: 'allow' })
  await ask(page, 'say exactly: away')
  await keepCopy(page)
  const row = page.locator('aside').getByRole('listitem')
  await row.hover()
  await row.getByRole('button', { name: /^More for/ }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await expect.poll(async () => (await savedPaths(page)).filter((path) => /conversations\/./.test(path))).toEqual([])
  const list = await page.evaluate(async () => (await caches.match('/saved/conversations'))?.text())
  expect(list).not.toContain('away')
})

test('what is kept is given to its owner alone', async () => {
  const { page } = await visit(browser, { serviceWorkers: 'allow' })
  await ask(page, 'say exactly: mine')
  await keepCopy(page)
  const given = (token?: string, query = '') =>
    page.evaluate(
      async ([token, query]) => {
        const headers: HeadersInit = token ? { authorization: `Bearer ${token}` } : {}
        return (await fetch(`/saved/conversations${query}`, { headers })).text()
      },
      [token, query],
    )
  const tokenOf = (sub: unknown) => `e30.${btoa(JSON.stringify({ sub }))}.e30`
  const owner = await page.evaluate(async () => (await caches.match('/saved/owner'))?.text())
  expect(await given(tokenOf(owner))).toContain('mine')
  expect(await given(tokenOf('somebody else'))).toBe('')
  expect(await given()).toBe('')
  // Another list of theirs, or the rest of it, is not this one.
  expect(await given(tokenOf(owner), '?view=archived')).toBe('')
  expect((await page.goto('/saved/conversations'))?.status()).toBe(404)
})

test('with no network a part of the app that was never opened says so, and what is there stays', async () => {
  const { page } = await visit(browser, { serviceWorkers: 'allow' })
  await ask(page, 'say exactly: in the tunnel')
  await keepCopy(page)
  await page.context().setOffline(true)
  await page.locator('aside').getByRole('link', { name: 'Assistants' }).click()
  await seen(page, /This page needs a connection/).waitFor()
  await answers(page).getByText('in the tunnel').waitFor()
  expect(page.url()).toMatch(/chat\/./)
  // What was opened before is opened again.
  await page.getByRole('link', { name: 'New chat' }).first().click()
  await page.waitForURL('**/chat')
  await page.locator('aside').getByRole('link', { name: 'say exactly: in the tunnel' }).click()
  await answers(page).getByText('in the tunnel').waitFor()
})

test('a page that was never there says so instead of the browser’s own error', async () => {
  const { page } = await visit(browser, { serviceWorkers: 'allow' })
  await ready(page)
  await page.context().setOffline(true)
  await page.goto('/sign-up')
  await page.getByRole('heading', { name: 'No connection' }).waitFor()
  await page.getByRole('link', { name: 'Go to your conversations' }).click()
  await composer(page).waitFor()
})

test('signing out leaves nothing to read, and so does a session that another device has ended', async () => {
  const { page, email } = await visit(browser, { serviceWorkers: 'allow' })
  await ask(page, 'say exactly: secret')
  await keepCopy(page)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL('**/')
  await expect.poll(() => isKept(page)).toBe(false)

  await page.goto('/sign-in')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('aside').getByRole('listitem').first().waitFor()
  await expect.poll(() => savedPaths(page)).toContain('/saved/conversations')
  await page.context().clearCookies()
  await page.reload()
  await page.waitForURL('**/sign-in?next=*')
  await expect.poll(() => isKept(page)).toBe(false)
})

test('no token is in what is kept', async () => {
  const { page } = await visit(browser, { serviceWorkers: 'allow' })
  await ask(page, 'say exactly: mine')
  await keepCopy(page)
  const kept = await page.evaluate(async () => {
    const found: string[] = []
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      for (const request of await cache.keys()) {
        const response = await cache.match(request)
        found.push(request.url, ...[...(response?.headers ?? [])].flat())
        if (name === 'kept') found.push((await response?.text()) ?? '')
      }
    }
    return found.join('\n')
  })
  expect(kept).toContain('mine')
  expect(kept).not.toMatch(/eyJ[\w-]+\.[\w-]+\./)
  expect(kept.toLowerCase()).not.toContain('bearer')
})

test('the manifest makes the app installable, with icons that are there', async () => {
  const html = await (await fetch(`${inject('siteUrl')}/chat`)).text()
  const address = /rel="manifest" href="([^"]+)"/.exec(html)?.[1] ?? ''
  const manifest = (await (await fetch(new URL(address, inject('siteUrl')))).json()) as {
    start_url: string
    display: string
    icons: { src: string; sizes: string }[]
  }
  expect(manifest).toMatchObject({ start_url: '/chat', display: 'standalone' })
  expect(manifest.icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(['192x192', '512x512']))
  for (const { src } of manifest.icons)
    expect((await fetch(new URL(src, inject('siteUrl')))).headers.get('content-type')).toMatch(/^image\//)
})

test('when somebody else signs in, what was kept of the one before is gone', async () => {
  const { page } = await visit(browser, { serviceWorkers: 'allow' })
  await ask(page, 'say exactly: mine alone')
  await keepCopy(page)
  const [mine] = (await savedPaths(page)).filter((path) => /conversations\/./.test(path))
  await page.context().clearCookies()
  await page.evaluate(() => navigator.serviceWorker.getRegistration().then((one) => one?.unregister()))
  await page.goto('/sign-in')
  await page.getByLabel('E-mail address').fill(await newPerson())
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/chat')
  await ready(page)
  await page.reload()
  await composer(page).waitFor()
  await expect.poll(() => savedPaths(page)).not.toContain(mine)
  await expect.poll(() => savedPaths(page)).toContain('/saved/conversations')
})
