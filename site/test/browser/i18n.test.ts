import type { Browser, BrowserContextOptions, Page, Locator } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answers, ask, newPerson, password, seen, visit } from './app.ts'
import { archiveOf, importArchive } from './archive.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const open = async (options: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }> => {
  const page = await (await browser.newContext({ baseURL: inject('siteUrl'), ...options })).newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
  return { page, complaints }
}

const languageOf = (page: Page) => page.locator('html').evaluate(({ lang, dir }: HTMLElement) => `${lang} ${dir}`)

test('a browser that asks for German is answered in German, on pages drawn for it and on those built ahead', async () => {
  const { page, complaints } = await open({ locale: 'de-AT' })
  await page.goto('/sign-in')
  expect(await languageOf(page)).toBe('de ltr')
  await page.getByLabel('E-Mail-Adresse').fill(await newPerson())
  await page.getByLabel('Passwort').fill(password)
  await page.getByRole('button', { name: 'Anmelden' }).click()
  await page.waitForURL('**/chat')
  await page.locator('h1').waitFor()
  expect(await languageOf(page)).toBe('de ltr')
  // The longest names of all languages: the sidebar's foot is one line with them too.
  const inLine = page.locator('aside footer').evaluate(({ children: [first, ...more] }) => {
    const { bottom = 0 } = first?.getBoundingClientRect() ?? {}
    return more.map((one) => one.getBoundingClientRect().top < bottom)
  })
  expect(await inLine).toEqual([true, true])
  await page.getByLabel('Deine Nachricht').fill('show me some code')
  await page.keyboard.press('Enter')
  await page.getByRole('article', { name: 'Antwort' }).getByRole('button', { name: 'Umbrechen' }).waitFor()
  await page.getByRole('article', { name: 'Du' }).getByRole('button', { name: 'Bearbeiten' }).waitFor()
  await page.goto('/chat/00000000-0000-7000-8000-000000000000')
  expect(await languageOf(page)).toBe('de ltr')
  expect(complaints.filter((complaint) => !complaint.includes('404'))).toEqual([])
})

test('what is chosen is remembered, without scripts too, and Arabic runs from right to left', async () => {
  const { page } = await open({ locale: 'en-GB', javaScriptEnabled: false })
  await page.goto('/sign-up')
  await page.getByLabel('Language').selectOption('العربية')
  await page.getByRole('button', { name: 'Change language' }).click()
  await expect.poll(() => languageOf(page)).toBe('ar rtl')
  expect(new URL(page.url()).pathname).toBe('/sign-up')
  await page.goto('/chat')
  expect(await languageOf(page)).toBe('ar rtl')
  await page.goto('/nowhere')
  await seen(page, 'لا توجد صفحة كهذه.').waitFor()
})

test('read from right to left, titles from left to right keep their beginning and stand below the others', async () => {
  const { page } = await visit(browser)
  await ask(page, 'Tides')
  await page.goto('/chat')
  await ask(page, 'Moons')
  const title = (name: RegExp) => page.locator('aside').getByRole('link', { name })
  await title(/Moons/).focus()
  await page.keyboard.press('F2')
  await page.getByLabel('Name of the conversation').fill('Moons, and whatever else is longer than this list is wide')
  const renamed = page.waitForResponse((response) => response.request().method() === 'PATCH')
  await page.keyboard.press('Enter')
  await renamed
  await title(/whatever/).waitFor()
  await page.goto('/settings/look')
  await page.getByLabel('Language').selectOption('العربية')
  await expect.poll(() => languageOf(page)).toBe('ar rtl')
  /** How far the words are from the two ends of their place. */
  const ends = (name: RegExp) =>
    title(name).evaluate((element) => {
      const words = document.createRange()
      words.selectNodeContents(element)
      const [text, place] = [words.getBoundingClientRect(), element.getBoundingClientRect()]
      return { left: text.left - place.left, right: place.right - text.right }
    })
  expect((await ends(/whatever/)).left).toBeGreaterThanOrEqual(0)
  expect((await ends(/Tides/)).right).toBeLessThan(20)
})

test('each paragraph goes the way of its words, and what stands below an answer the way of the page', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: مرحبا بك\n\nHello, world.')
  const way = (text: string) =>
    answers(page)
      .getByText(text)
      .evaluate((element) => {
        const words = document.createRange()
        words.selectNodeContents(element)
        const [at, place] = [words.getBoundingClientRect(), element.getBoundingClientRect()]
        return at.left - place.left < place.right - at.right ? 'left' : 'right'
      })
  expect([await way('مرحبا'), await way('Hello')]).toEqual(['right', 'left'])
  const left = async (place: Locator) => (await place.boundingBox())?.x ?? NaN
  const fromLeft = async () =>
    (await left(answers(page).getByRole('button', { name: 'Regenerate' }))) - (await left(answers(page)))
  expect(await fromLeft()).toBeLessThan(200)
})

test('read from right to left, a closed drawer waits beyond the right edge, and US$ stays together', async () => {
  const { page } = await open({ locale: 'ar', viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' })
  await page.goto('/sign-in')
  await page.getByLabel('البريد الإلكتروني').fill(await newPerson())
  await page.getByLabel('كلمة المرور', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'تسجيل الدخول' }).click()
  await page.waitForURL('**/chat')
  const fromRightPx = () =>
    page.locator('aside').evaluate((element) => innerWidth - Math.round(element.getBoundingClientRect().right))
  await expect.poll(fromRightPx).toBeLessThan(-200)
  await page.getByRole('button', { name: 'فتح الشريط الجانبي' }).click()
  await expect.poll(fromRightPx).toBe(0)
  await page.goto('/settings/spending')
  // The mark after it holds its sign to its letters.
  await seen(page, /US\$\u200e/)
    .first()
    .waitFor()
})

test('a page in Arabic has one kind of digits, wherever its reader is, and makes what writes them once', async () => {
  const { page, email } = await visit(browser, { locale: 'en-US' })
  const texts = Array.from({ length: 24 }, (_, at) => `Tide ${at}`)
  const archive = archiveOf('Tides', texts, { began: Date.UTC(2025, 7, 1) })
  await importArchive(inject('apiUrl'), { email, password }, archive)
  await ask(page, 'say exactly: and in')
  const { cookies } = await page.context().storageState()
  const arabic = await (await browser.newContext({ baseURL: inject('siteUrl'), locale: 'ar-EG' })).newPage()
  await arabic.context().addCookies(cookies)
  await arabic.addInitScript(() => {
    Object.assign(window, { made: 0 })
    for (const name of ['DateTimeFormat', 'NumberFormat'] as const) {
      type Making = new (...given: unknown[]) => object
      const construct = (Kind: Making, given: unknown[]) => {
        ;(window as unknown as { made: number }).made++
        return new Kind(...given)
      }
      Object.assign(Intl, { [name]: new Proxy(Intl[name] as unknown as Making, { construct }) })
    }
  })
  const main = arabic.locator('main')
  await arabic.goto('/chat')
  await arabic.locator('aside').getByRole('link', { name: 'Tides' }).click()
  await main.locator('.asked').nth(11).waitFor()
  await main.getByText('2025').first().waitFor()
  expect(await arabic.evaluate(() => (window as unknown as { made: number }).made)).toBeLessThan(8)
  for (const path of ['', '/settings/spending', '/settings/data', '/status']) {
    if (path) await arabic.goto(path)
    await expect.poll(() => main.textContent()).toMatch(/\d/)
    await arabic.waitForLoadState('networkidle')
    expect(await arabic.locator('body').textContent(), path).not.toMatch(/[٠-٩۰-۹]/)
  }
})

test('read from right to left code and keys are as they are written, and a chart’s days stand above their names', async () => {
  const { page } = await visit(browser, { locale: 'en-US' })
  await ask(page, 'say exactly: هذا `gravity()` هنا')
  await page.context().addCookies([{ name: 'locale', value: 'ar', url: inject('siteUrl') }])
  await page.reload()
  const code = await page.locator('.answered code').evaluate((element) => {
    const at = (from: number) => {
      const range = document.createRange()
      range.setStart(element.firstChild as Text, from)
      range.setEnd(element.firstChild as Text, from + 1)
      return range.getBoundingClientRect().left
    }
    return at(0) < at(7)
  })
  expect(code).toBe(true)
  await page.keyboard.press('ControlOrMeta+k')
  await page.locator('kbd').first().waitFor()
  const directions = await page.locator('kbd').evaluateAll((all) => all.map((one) => getComputedStyle(one).direction))
  expect(new Set(directions)).toEqual(new Set(['ltr']))
  await page.goto('/settings/spending')
  const columns = page.locator('figure:has(.column)').first()
  await columns.waitFor()
  // Today is the last day, and has cost something.
  const [today, name] = await columns.evaluate((figure) =>
    ['g:last-of-type .space', '.ends > :last-child'].map((of) => {
      const { left = 0, right = 0 } = figure.querySelector(of)?.getBoundingClientRect() ?? {}
      return (left + right) / 2 < innerWidth / 2
    }),
  )
  expect([today, name]).toEqual([true, true])
})

test('a form that fails says so in the reader’s language', async () => {
  const { page } = await open({ locale: 'ar', javaScriptEnabled: false })
  await page.goto('/sign-in')
  await page.getByLabel('البريد الإلكتروني').fill(await newPerson())
  await page.getByLabel('كلمة المرور', { exact: true }).fill('not-the-Passw0rd')
  await page.getByRole('button', { name: 'تسجيل الدخول' }).click()
  expect(await page.getByRole('alert').textContent()).toContain('البريد الإلكتروني أو كلمة المرور غير صحيحة')
})

test('what is wrong with a field is said in the reader’s language too', async () => {
  const { page } = await open({ locale: 'de' })
  await page.goto('/sign-up')
  await page.getByLabel('E-Mail-Adresse').fill(await newPerson())
  await page.getByLabel('Passwort').fill('kurz')
  await page.getByRole('button', { name: 'Konto anlegen' }).click()
  await seen(page, 'Mindestens 8 Zeichen.').waitFor()
})

test('one language is loaded, and English readers load no other', async () => {
  const scripts = async (locale: string) => {
    const { page } = await open({ locale })
    const bodies: Promise<string>[] = []
    page.on('response', (answer) => answer.request().resourceType() === 'script' && bodies.push(answer.text()))
    await page.goto('/', { waitUntil: 'networkidle' })
    return (await Promise.all(bodies)).join('\n')
  }
  const [english, german] = [await scripts('en'), await scripts('de')]
  expect(english).toContain('Your own quiet place')
  expect(english).not.toContain('ruhiger Ort')
  expect(german).toContain('ruhiger Ort')
  expect(german).not.toContain('مكانك')
})

test('requests in different languages at once do not mix', async () => {
  const title = async (language: string) => {
    const html = await (await fetch(`${inject('siteUrl')}/`, { headers: { 'accept-language': language } })).text()
    return /<h1[^>]*>(.*?)<\/h1>/s.exec(html)?.[1]
  }
  const titles = await Promise.all(Array.from({ length: 30 }, (_, at) => title(['en', 'de', 'ar'][at % 3] ?? 'en')))
  expect(new Set(titles).size).toBe(3)
  for (const [at, found] of titles.entries()) expect(found).toBe(titles[at % 3])
})
