import type { Browser, Page } from 'playwright-core'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answers, ask, composer, password, seen, visit } from './app.ts'
import { archiveOf, importArchive } from './archive.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

test('on a phone the sidebar is a drawer, and nothing is wider than the screen', async () => {
  const { page } = await visit(browser, phone)
  await composer(page).fill(`say exactly: ${'long '.repeat(40)}`)
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByRole('button', { name: 'Regenerate' }).waitFor()
  const sidebar = page.locator('aside')
  expect(await sidebar.isVisible()).toBe(false)
  await page.getByRole('button', { name: 'Open the sidebar' }).click()
  await sidebar.getByRole('listitem').waitFor()
  await sidebar.getByRole('link', { name: 'New chat' }).click()
  await sidebar.waitFor({ state: 'hidden' })
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
})

test('on a phone the composer keeps clear of the screen’s edges, and stays in view with the end when the keyboard comes up', async () => {
  const { page, email } = await visit(browser, phone)
  const viewport = await page.locator('meta[name=viewport]').getAttribute('content')
  for (const part of ['viewport-fit=cover', 'interactive-widget=resizes-content']) expect(viewport).toContain(part)
  const texts = ['Well?', 'Many words. '.repeat(200)]
  await importArchive(inject('apiUrl'), { email, password }, archiveOf('Words', texts))
  await page.reload()
  await page.getByRole('button', { name: 'Open the sidebar' }).click()
  await page.locator('aside').getByRole('link', { name: 'Words' }).click()
  await page.getByRole('button', { name: 'Regenerate' }).waitFor()
  /** How far the composer’s lower edge is from the screen’s, and what of the conversation is below what can be seen. */
  const below = () =>
    page.evaluate(() => {
      const edge = (selector: string) => document.querySelector(selector)?.getBoundingClientRect().bottom ?? 0
      const { scrollHeight, scrollTop, clientHeight } = document.querySelector('.scroll') as HTMLElement
      return {
        composerPx: innerHeight - edge('.composer'),
        unreadPx: scrollHeight - scrollTop - clientHeight,
        hiddenPx: edge('.answered') - (document.querySelector('.foot')?.getBoundingClientRect().top ?? 0),
        pagePx: document.documentElement.scrollHeight - innerHeight,
      }
    })
  await expect.poll(async () => (await below()).unreadPx).toBeLessThan(2)
  const plain = await below()
  expect(plain.hiddenPx).toBeLessThan(1)
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Emulation.setSafeAreaInsetsOverride', { insets: { top: 47, bottom: 34 } })
  await expect.poll(async () => (await below()).composerPx - plain.composerPx).toBe(34)
  expect(
    await page.locator('main header').evaluate((bar) => parseFloat(getComputedStyle(bar).paddingTop)),
  ).toBeGreaterThan(47)
  await devtools.send('Emulation.setSafeAreaInsetsOverride', { insets: {} })

  // A keyboard that resizes the content, as the page asks for.
  await composer(page).tap()
  await page.setViewportSize({ width: 390, height: 480 })
  await expect.poll(async () => (await below()).composerPx).toBe(plain.composerPx)
  await expect.poll(async () => (await below()).unreadPx).toBeLessThan(2)
  const typing = await below()
  expect(typing.hiddenPx).toBeLessThan(1)
  expect(typing.pagePx).toBe(0)
  // Who reads further up stays there.
  await page.locator('.scroll').evaluate((element) => element.scrollBy({ top: -700 }))
  await page.getByRole('button', { name: 'Jump to the newest message' }).waitFor()
  await page.setViewportSize(phone.viewport)
  await page.setViewportSize({ width: 390, height: 480 })
  expect((await below()).unreadPx).toBeGreaterThan(250)
})

test('on a phone what is written leaves the model its name, and moves nothing', async () => {
  const { page } = await visit(browser, phone)
  const model = page.getByRole('button', { name: /^Model:/ })
  const look = () =>
    model.evaluate((button) => ({
      cutPx: (button.firstElementChild?.scrollWidth ?? 0) - (button.firstElementChild?.clientWidth ?? 0),
      formTop: button.closest('form')?.getBoundingClientRect().top,
    }))
  const before = await look()
  expect(before.cutPx).toBe(0)
  await composer(page).fill('how much?')
  await seen(page, /^at most /).waitFor()
  expect(await look()).toEqual(before)
})

test('on a phone, in the largest text, the model’s name is there whole and the current tab of the settings in view', async () => {
  const { page } = await visit(browser, phone)
  await page.goto('/settings/look')
  const tabs = page.getByRole('navigation', { name: 'Settings' })
  const inView = () =>
    tabs.evaluate((nav) => {
      const { left = -1, right = Infinity } = nav.querySelector('[aria-current]')?.getBoundingClientRect() ?? {}
      return left >= 0 && right <= innerWidth
    })
  await page.getByRole('group', { name: 'Text size' }).getByLabel('Larger').check()
  await expect.poll(inView).toBe(true)
  await page.goto('/settings/keys')
  await expect.poll(inView).toBe(true)
  await page.setViewportSize({ width: 844, height: 390 })
  // Nobody turns a phone there and back within a frame.
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
  await page.setViewportSize(phone.viewport)
  await expect.poll(inView).toBe(true)

  await page.goto('/chat')
  await page.getByRole('button', { name: /^Model:/ }).waitFor()
  const row = await page.locator('.composer .row').evaluate((row) => {
    const name = row.querySelector('[aria-haspopup=menu] span') as HTMLElement
    return {
      cutPx: name.scrollWidth - name.clientWidth,
      linesHigh: name.clientHeight / parseFloat(getComputedStyle(name).lineHeight),
      beyondPx: row.scrollWidth - row.clientWidth,
    }
  })
  expect(row.cutPx).toBe(0)
  expect(row.linesHigh).toBeLessThan(3.5)
  expect(row.beyondPx).toBe(0)
})

test('a page longer than the screen scrolls in itself: the sidebar stays where it is', async () => {
  const { page } = await visit(browser, { viewport: { width: 1200, height: 500 } })
  await page.goto('/settings/data')
  const file = page.getByLabel('File to import')
  await file.waitFor({ state: 'attached' })
  await file.focus()
  await file.evaluate((input) => input.scrollIntoView({ block: 'start' }))
  const { beyondPx, sidebarPx } = await page.evaluate(() => ({
    beyondPx: document.documentElement.scrollHeight - innerHeight,
    sidebarPx: document.querySelector('aside')?.getBoundingClientRect().top,
  }))
  expect(beyondPx).toBe(0)
  expect(sidebarPx).toBe(0)
})

test('below an earlier answer nothing is left of its buttons until the pointer is there', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: one')
  await ask(page, 'say exactly: two')
  await composer(page).hover()
  const shown = (at: number) =>
    answers(page)
      .nth(at)
      .locator('.actions button')
      .evaluateAll((buttons) => buttons.filter((one) => one.checkVisibility({ opacityProperty: true })).length)
  await expect.poll(() => shown(0)).toBe(0)
  expect(await shown(1)).toBeGreaterThan(2)
  await answers(page).first().hover()
  await expect.poll(() => shown(0)).toBeGreaterThan(2)
})

test('a table of many columns is scrolled on a phone, not pressed together', async () => {
  const { page } = await visit(browser, phone)
  const row = (cells: string[]) => `| ${cells.join(' | ')} |`
  const words = 'Do this before anything else, it pays back within three winters'
  const table = [
    ['Part', 'Lost', 'Cost', 'Time', 'Remark'],
    Array(5).fill('-'),
    ['Roof', '30 %', '£25', 'Two days', words],
  ]
  await composer(page).fill(`say exactly: ${table.map(row).join('\n')}`)
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByRole('button', { name: 'Regenerate' }).waitFor()
  const sizes = await page.getByRole('region', { name: 'Table' }).evaluate((element) => ({
    ...{ shown: element.clientWidth, whole: element.scrollWidth },
    high: element.querySelector('td')?.clientHeight ?? 0,
  }))
  expect(sizes.whole).toBeGreaterThan(sizes.shown)
  expect(sizes.high).toBeLessThan(130)
})

test('the theme follows the system until one is chosen, and the choice is there before the page is', async () => {
  const { page } = await visit(browser, { colorScheme: 'dark' })
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  expect(await paper()).toBe('rgb(25, 24, 22)')
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('link', { name: 'Appearance' }).click()
  await page.getByLabel('Light').check()
  expect(await paper()).toBe('rgb(251, 250, 247)')
  await page.goto('/chat', { waitUntil: 'commit' })
  await page.locator('textarea').waitFor()
  expect(await paper()).toBe('rgb(251, 250, 247)')
})

test('money is shown in the currency of the reader’s region, marked as about, or in the one they chose', async () => {
  const { page } = await visit(browser, { locale: 'en-GB' })
  await ask(page, 'say exactly: a penny for your thoughts')
  const cost = page.getByTitle('What this conversation has cost so far')
  await expect.poll(() => cost.textContent()).toMatch(/^≈.£0\.\d+$/)
  const pounds = Number((await cost.textContent())?.slice(3))
  await composer(page).fill('how much?')
  await seen(page, /^at most ≈.£0\.\d+$/).waitFor()
  await composer(page).fill('')
  await page.goto('/settings/look')
  await page.getByLabel('US Dollar').check()
  await page.goBack()
  await expect.poll(() => cost.textContent()).toMatch(/^US\$0\.\d+$/)
  const dollars = Number((await cost.textContent())?.slice(3))
  expect(pounds).toBeLessThan(dollars)
  await page.goto('/settings/look')
  await page.getByLabel('Euro').check()
  await seen(page, /^US\$1\.00 is ≈.€0\.\d\d here, at the rate of \d/).waitFor()
  await page.goto('/settings/spending')
  await page
    .getByText(/≈.€[\d.]+ of ≈.€[\d.]+/)
    .first()
    .waitFor()
})

test('the composer is in the first HTML, before any script or data', async () => {
  const html = await (await fetch(`${inject('siteUrl')}/chat`)).text()
  expect(html).toContain('<textarea')
  expect(html).not.toContain('@')
})

/** No script arrives until it is released. */
const holdScripts = async (page: Page) => {
  let release = () => {}
  const arrival = new Promise<void>((resolve) => (release = resolve))
  await page.route('**/_app/**/*.js', async (route) => {
    await arrival
    await route.continue()
  })
  return release
}

test('what is typed before the scripts have arrived is still there once they run', async () => {
  const { page } = await visit(browser)
  const release = await holdScripts(page)
  await page.goto('/chat', { waitUntil: 'commit' })
  await composer(page).fill('typed early')
  release()
  await page.getByRole('heading', { name: 'What shall we look at closely?' }).waitFor()
  await expect.poll(() => composer(page).inputValue()).toBe('typed early')
})

test('what is pressed before the scripts have arrived happens once they run, and once', async () => {
  const { page } = await visit(browser)
  const release = await holdScripts(page)
  await page.goto('/assistants', { waitUntil: 'commit' })
  const button = page.getByRole('button', { name: 'New assistant' })
  await button.click()
  await button.click()
  release()
  await page.getByRole('dialog', { name: 'New assistant' }).waitFor()
  expect(await page.getByRole('dialog').count()).toBe(1)
})

test('a language that is chosen before the scripts have arrived is the page’s once they run', async () => {
  const page = await (await browser.newContext({ baseURL: inject('siteUrl'), locale: 'en' })).newPage()
  const release = await holdScripts(page)
  await page.goto('/sign-in', { waitUntil: 'commit' })
  await page.getByLabel('Language').selectOption('Deutsch')
  release()
  await page.getByRole('button', { name: 'Anmelden' }).waitFor()
})

test('the empty chat and an open conversation load at most 75 kB of scripts each', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: hello')
  const scripts = new Map<string, number>()
  page.on('response', async (response) => {
    // The service worker comes after the page, and runs beside it.
    if (response.request().resourceType() === 'script' && !response.url().endsWith('/service-worker.js'))
      scripts.set(response.url(), gzipSync(await response.body()).length)
  })
  const load = async (path: string) => {
    scripts.clear()
    await page.goto(path, { waitUntil: 'networkidle' })
    const bytes = [...scripts.values()].reduce((sum, size) => sum + size, 0)
    console.log(`JavaScript of ${path}: ${(bytes / 1000).toFixed(1)} kB gzip in ${scripts.size} files`)
    return bytes
  }
  const conversation = new URL(page.url()).pathname
  const chat = await load('/chat')
  expect(chat).toBeGreaterThan(10_000)
  expect(chat).toBeLessThanOrEqual(75_000)
  expect(await load(conversation)).toBeLessThanOrEqual(75_000)
})
