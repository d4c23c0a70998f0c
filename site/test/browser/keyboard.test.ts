import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answers, composer, newPerson, password } from './app.ts'
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
