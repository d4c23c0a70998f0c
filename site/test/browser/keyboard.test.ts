import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import {
  answered,
  answers,
  ask,
  composer,
  dripping,
  mendAll,
  newPerson,
  password,
  questions,
  say,
  stopButton,
  visit,
} from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

/** Presses Tab until what has the focus is called that. Every stop on the way must show that it has the focus. */
const tabTo = async (page: Page, name: RegExp) => {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(() => {
      const element = document.activeElement
      if (!element || element === document.body) return undefined
      // Some are too small or too plain to wear a ring: what stands around them does.
      const ringed = [element, element.parentElement, element.closest('.composer')].filter((one) => one !== null)
      const ring = ringed
        .map((one) => getComputedStyle(one))
        .some(({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2)
      const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : undefined
      const name = element.getAttribute('aria-label') ?? label ?? element.textContent ?? ''
      return { name: name.trim(), ring }
    })
    if (!stop) continue
    expect(stop.ring, `${stop.name} shows that it has the focus`).toBe(true)
    if (name.test(stop.name)) return
  }
  throw new Error(`Tab never reaches ${name.source}.`)
}

test('with nothing but the keyboard one signs in, asks, reads, goes to the settings and signs out', async () => {
  const page = await (await browser.newContext({ baseURL: inject('siteUrl') })).newPage()
  await page.goto('/')
  await tabTo(page, /^Sign in$/)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/sign-in')
  await tabTo(page, /^E-mail address$/)
  await page.keyboard.type(await newPerson())
  await tabTo(page, /^Password$/)
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/chat')
  await composer(page).waitFor()
  await tabTo(page, /^Your message$/)
  await page.keyboard.type('say exactly: by hand')
  await page.keyboard.press('Enter')
  await answers(page).getByText('by hand').waitFor()
  await tabTo(page, /^Regenerate$/)
  await tabTo(page, /^Settings$/)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/settings')
})

const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement } = document
    return activeElement?.getAttribute('aria-label') ?? activeElement?.textContent?.trim() ?? ''
  })

test('the list of conversations can be passed over with one press', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: passed over')
  await page.reload()
  await answers(page).getByText('passed over').waitFor()
  await page.locator('aside').getByRole('listitem').waitFor()
  await page.keyboard.press('Tab')
  expect(await focused(page)).toBe('Skip to the content')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true)
  expect(await answers(page).count()).toBe(1)
})

test('who edits a message goes on where they came from', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: first')
  await composer(page).press('ArrowUp')
  await page.getByLabel('Edit the message').press('Escape')
  await expect.poll(() => focused(page)).toBe('Your message')
  await questions(page).getByRole('button', { name: 'Edit' }).focus()
  await page.keyboard.press('Enter')
  await page.getByLabel('Edit the message').waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => focused(page)).toBe('Edit')
  await page.keyboard.press('Enter')
  await page.getByLabel('Edit the message').fill('say exactly: second')
  await page.keyboard.press('Enter')
  await expect.poll(() => focused(page)).toBe('Your message')
})

test('who renames or deletes in the list stays in it', async () => {
  const { page } = await visit(browser)
  for (const title of ['Tides', 'Moons', 'Stars']) {
    await page.goto('/chat')
    await ask(page, title)
  }
  const link = (name: string) => page.locator('aside').getByRole('link', { name, exact: true })
  await link('Moons').focus()
  await page.keyboard.press('F2')
  await page.getByLabel('Name of the conversation').press('Escape')
  await expect.poll(() => focused(page)).toBe('Moons')
  await page.keyboard.press('F2')
  await page.getByLabel('Name of the conversation').fill('Suns')
  await page.keyboard.press('Enter')
  await expect.poll(() => focused(page)).toBe('Suns')
  await page.keyboard.press('Delete')
  await expect.poll(() => focused(page)).toBe('Tides')
  await page.keyboard.press('Delete')
  await expect.poll(() => focused(page)).toBe('Stars')
})

test('who acts on an answer writes on, and who pins or selects in the list stays in it', async () => {
  const { page } = await visit(browser)
  await ask(page, 'Tides')
  const place = () => page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.textContent)
  await answers(page).getByRole('button', { name: 'Regenerate' }).press('Enter')
  await expect.poll(place).toBe('Your message')
  await answered(page)
  await dripping('slowly')
  await say(page, 'slowly')
  await stopButton(page).press('Enter')
  await expect.poll(place).toBe('Your message')
  await mendAll()
  await answered(page)

  const row = page.locator('aside').getByRole('listitem').filter({ hasText: 'Tides' })
  const act = async (name: string) => {
    await row.getByRole('button').press('Enter')
    await page.getByRole('menuitem', { name, exact: true }).press('Enter')
  }
  await act('Pin')
  await page.locator('aside').getByRole('heading', { name: 'Pinned' }).waitFor()
  await expect.poll(place).toBe('Tides')
  await act('Select')
  await row.getByRole('checkbox').and(page.locator(':focus')).waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(place).toBe('Tides')

  // Letters for a field that is on its way are nobody else's.
  let arrive = () => {}
  const slow = new Promise<void>((resolve) => (arrive = resolve))
  await page.reload()
  await row.waitFor()
  await page.route('**/_app/**/*.js', (route) => slow.then(() => route.continue()))
  await row.getByRole('link').focus()
  await page.keyboard.press('F2')
  await row.getByRole('link').waitFor({ state: 'detached' })
  await page.keyboard.type('Moons')
  arrive()
  await page.getByLabel('Name of the conversation').waitFor()
  expect(await composer(page).inputValue()).toBe('')
})

test('a form over the page is written in at once', async () => {
  const { page } = await visit(browser)
  await page.goto('/assistants')
  await page.getByRole('button', { name: 'New assistant' }).first().click()
  await page.getByLabel('Name', { exact: true }).and(page.locator(':focus')).waitFor()
})

test('a starter leads into the composer, and so do letters typed while a button has the focus', async () => {
  const { page } = await visit(browser)
  await page.locator('.opening button').first().click()
  await expect.poll(() => focused(page)).toBe('Your message')
  await ask(page, 'say exactly: hello')
  await answers(page).getByRole('button', { name: 'Copy' }).click()
  await page.keyboard.type('and then?')
  expect(await composer(page).inputValue()).toBe('and then?')
})

test('on a narrow screen either the drawer or what lies under it can be reached, on a wide one both', async () => {
  const { page } = await visit(browser, { viewport: { width: 390, height: 844 } })
  const inert = () =>
    page.evaluate(() => ['aside', 'main'].map((name) => document.querySelector<HTMLElement>(name)?.inert))
  expect(await inert()).toEqual([true, false])
  await page.getByRole('button', { name: 'Open the sidebar' }).click()
  await expect.poll(inert).toEqual([false, true])
  await page.setViewportSize({ width: 1200, height: 844 })
  await expect.poll(inert).toEqual([false, false])
  await page.setViewportSize({ width: 390, height: 844 })
  await page.keyboard.press('Escape')
  await expect.poll(inert).toEqual([true, false])
})

test('on a narrow screen the keyboard follows the drawer in, and cannot leave it for what lies under it', async () => {
  const { page } = await visit(browser, { viewport: { width: 390, height: 844 } })
  await page.getByRole('button', { name: 'Open the sidebar' }).press('Enter')
  await expect.poll(() => focused(page)).toBe('Close the sidebar')
  for (let presses = 0; presses < 20; presses++) {
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.closest('main'))).toBeNull()
  }
  await page.keyboard.press('Escape')
  await expect.poll(() => focused(page)).toBe('Open the sidebar')
})

test('the sidebar beside a page is closed and opened by a press or by keys, and stays so', async () => {
  const { page, complaints } = await visit(browser)
  const sidebar = page.getByRole('complementary', { name: 'Conversations' })
  const widthPx = () => page.locator('main').evaluate(({ clientWidth }) => innerWidth - clientWidth)
  await page.getByRole('button', { name: 'Close the sidebar' }).press('Enter')
  await expect.poll(() => sidebar.count()).toBe(0)
  await expect.poll(widthPx).toBe(0)
  await expect.poll(() => focused(page)).toBe('Open the sidebar')
  await page.reload({ waitUntil: 'commit' })
  await composer(page).waitFor()
  await expect.poll(() => sidebar.count()).toBe(0)
  await page.getByRole('link', { name: 'New chat' }).waitFor()
  // On a phone it lies over the page, whatever was chosen for beside it.
  await page.setViewportSize({ width: 390, height: 844 })
  await page.getByRole('button', { name: 'Open the sidebar' }).click()
  await sidebar.waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => sidebar.isVisible()).toBe(false)
  await page.setViewportSize({ width: 1280, height: 720 })
  await expect.poll(() => sidebar.count()).toBe(0)
  await expect
    .poll(async () => {
      if ((await sidebar.count()) === 0) await page.keyboard.press('ControlOrMeta+Shift+S')
      return sidebar.isVisible()
    })
    .toBe(true)
  await expect.poll(() => focused(page)).toBe('Close the sidebar')
  await page.reload()
  await sidebar.waitFor()
  expect(complaints).toEqual([])
})

test('a new chat is written to at once, but on a touch screen no keyboard comes up unasked', async () => {
  const { page } = await visit(browser)
  await expect.poll(() => focused(page)).toBe('Your message')
  await ask(page, 'say exactly: hello')
  await page.locator('aside').getByRole('link', { name: 'New chat' }).click()
  await page.locator('.opening').waitFor()
  await expect.poll(() => focused(page)).toBe('Your message')

  const { page: phone } = await visit(browser, { hasTouch: true, isMobile: true })
  await phone.locator('.opening').waitFor()
  expect(await focused(phone)).not.toBe('Your message')
})
