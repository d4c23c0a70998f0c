import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answered, answers, ask, password, questions, visit } from './app.ts'
import { archiveOf, importArchive } from './archive.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const texts = Array.from({ length: 2000 }, (_, at) =>
  at % 2 ? `Answer ${at}. ${'It is **so**, and here is why. '.repeat((at * 7) % 40)}` : `Question ${at}?`,
)

const openLong = async (page: Page, email: string) => {
  await importArchive(inject('apiUrl'), { email, password }, archiveOf('The long one', texts))
  await page.reload()
  await page.locator('aside').getByRole('link', { name: 'The long one' }).click()
  await answers(page).getByText('Answer 1999.').waitFor()
}

const scroller = (page: Page) => page.locator('main .scroll')
const scrolled = (page: Page) =>
  scroller(page).evaluate(({ scrollTop, scrollHeight, clientHeight }) => ({
    scrollTop,
    left: scrollHeight - scrollTop - clientHeight,
  }))

/** Goes up by 400 pixels at a time, and watches in each frame how far what is read is from where it should be. */
const readUpward = (page: Page) =>
  scroller(page).evaluate(async (element) => {
    const questions = () => element.querySelectorAll('[aria-label=You]').length
    const read = () => {
      for (let y = 300; y < 500; y += 20) {
        const message = document.elementFromPoint(640, y)?.closest('[data-message]')
        if (message) return message
      }
      throw new Error('There is no message in the middle.')
    }
    /** Where it is in the next frame that is painted: after all that corrects a frame has been done. */
    const painted = (message: Element) =>
      new Promise<number>((resolve) =>
        requestAnimationFrame(() => {
          const last = new ResizeObserver(() => {
            last.disconnect()
            resolve(message.getBoundingClientRect().top)
          })
          last.observe(message)
        }),
      )
    let furthestOffPx = 0
    for (let step = 0; step < 1000 && questions() < 100; step++) {
      const message = read()
      const expected = message.getBoundingClientRect().top + Math.min(400, element.scrollTop)
      element.scrollBy({ top: -400, behavior: 'instant' })
      for (let frames = 0; frames < 12; frames++) {
        const topPx = await painted(message)
        furthestOffPx = Math.max(furthestOffPx, Math.abs(topPx - expected))
      }
    }
    return { furthestOffPx }
  })

test('a conversation of 2,000 messages opens at its end, and older ones come above without pushing it away', async () => {
  const { page, email, complaints } = await visit(browser)
  await openLong(page, email)
  await expect.poll(() => questions(page).count()).toBeGreaterThanOrEqual(25)
  await expect.poll(async () => (await scrolled(page)).left).toBeLessThan(2)
  expect((await readUpward(page)).furthestOffPx).toBeLessThan(2)
  expect(await questions(page).count()).toBeGreaterThanOrEqual(75)
  await page.getByRole('button', { name: 'Jump to the newest message' }).click()
  await expect.poll(async () => (await scrolled(page)).left).toBeLessThan(2)
  expect(complaints).toEqual([])
})

test('whoever reads further up stays there when something is said in another tab', async () => {
  const { page, email, complaints } = await visit(browser)
  await openLong(page, email)
  const other = await page.context().newPage()
  await other.goto(page.url())
  await answers(other).getByText('Answer 1999.').waitFor()
  await expect.poll(() => questions(page).count()).toBeGreaterThanOrEqual(25)
  await readUpward(page)
  const read = questions(page).getByText('Question 1902?')
  await read.evaluate((element) => element.scrollIntoView({ block: 'center' }))
  const place = () => read.evaluate((element) => Math.round(element.getBoundingClientRect().top))
  await expect.poll(place).toBeLessThan(600)
  const before = await questions(page).count()
  await ask(other, 'say exactly: and one more')
  await expect.poll(() => questions(page).count()).toBe(before + 1)
  await answers(page).getByText('and one more').waitFor({ state: 'attached' })
  expect(await read.isVisible()).toBe(true)
  expect(await place()).toBeGreaterThan(0)
  expect(await place()).toBeLessThan(600)
  expect(complaints).toEqual([])
})

test('a branch that leaves the path far up is turned over there', async () => {
  const { page, email, complaints } = await visit(browser)
  await importArchive(inject('apiUrl'), { email, password }, archiveOf('Long branches', texts.slice(0, 200)))
  await page.reload()
  await page.locator('aside').getByRole('link', { name: 'Long branches' }).click()
  await answers(page).getByText('Answer 199.').waitFor()
  await expect.poll(() => questions(page).count()).toBeGreaterThanOrEqual(25)
  await readUpward(page)
  const asked = questions(page).filter({ hasText: 'Question 20?' })
  await asked.hover()
  await asked.getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Edit the message').fill('say exactly: otherwise')
  await page.getByLabel('Edit the message').press('Enter')
  await answers(page).getByText('otherwise').waitFor()
  await answered(page)
  await questions(page).last().getByRole('button', { name: 'Previous version' }).press('Enter')
  await asked.waitFor()
  await expect.poll(() => asked.evaluate((element) => element.contains(document.activeElement))).toBe(true)
  const { y } = (await asked.boundingBox()) ?? {}
  expect(y).toBeGreaterThan(0)
  expect(y).toBeLessThan(700)
  expect(complaints).toEqual([])
})

test('what is off the screen is not laid out, and is there to be found all the same', async () => {
  const { page, email } = await visit(browser)
  await openLong(page, email)
  await expect.poll(() => answers(page).count()).toBeGreaterThanOrEqual(25)
  const first = answers(page).first()
  const text = (await first.textContent())?.match(/Answer \d+\./)?.[0] ?? ''
  const drawn = await first.evaluate((element) => element.checkVisibility({ contentVisibilityAuto: true }))
  expect(drawn).toBe(false)
  expect(text).not.toBe('')
})

const inView = (page: Page, text: string) =>
  page.waitForFunction((wanted) => {
    const said = [...document.querySelectorAll('main [data-message] p')].find((one) => one.textContent.includes(wanted))
    const box = said?.getBoundingClientRect()
    return box !== undefined && box.top >= 0 && box.bottom <= innerHeight
  }, text)

test('the browser’s own search finds what is off the screen, and the site’s is offered for what is not loaded yet', async () => {
  const { page, email, complaints } = await visit(browser)
  await openLong(page, email)
  await expect.poll(() => answers(page).count()).toBeGreaterThanOrEqual(25)
  const first = answers(page).first()
  const text = (await first.textContent())?.match(/Answer \d+\./)?.[0] ?? ''
  expect(await first.evaluate((element) => element.checkVisibility({ contentVisibilityAuto: true }))).toBe(false)
  // A link to a text is looked for by what looks for a text in the page: a machine's own browser does, npm's cannot.
  if (await page.evaluate(() => (window as unknown as { find: (text: string) => boolean }).find('Answer 1999.'))) {
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Page.navigate', { url: `${page.url()}#found:~:text=${encodeURIComponent(text)}` })
    await inView(page, text)
  }
  await page.keyboard.press('ControlOrMeta+f')
  await page.getByRole('button', { name: 'Search the whole conversation' }).click()
  await page.getByLabel('Search this conversation').fill('Question 1750?')
  await page.getByRole('button', { name: 'Only in “The long one”' }).waitFor()
  await page.getByRole('listitem').filter({ hasText: 'Question 1750?' }).getByRole('link').click()
  await inView(page, 'Answer 1751.')
  expect(complaints).toEqual([])
})

test('a browser that does not hold what is read in its place by itself is helped to', async () => {
  const { page, email } = await visit(browser)
  await page.addInitScript(() => {
    const supports = CSS.supports.bind(CSS)
    CSS.supports = (property: string, value?: string) =>
      property !== 'overflow-anchor' && (value === undefined ? supports(property) : supports(property, value))
    const style = new CSSStyleSheet()
    style.replaceSync('* { overflow-anchor: none }')
    document.adoptedStyleSheets.push(style)
  })
  await openLong(page, email)
  await expect.poll(() => questions(page).count()).toBeGreaterThanOrEqual(25)
  await expect.poll(async () => (await scrolled(page)).left).toBeLessThan(2)
  expect((await readUpward(page)).furthestOffPx).toBeLessThan(2)
  expect(await questions(page).count()).toBeGreaterThanOrEqual(75)
})

test('another conversation opens at its own end, wherever the last one was left', async () => {
  const { page, email } = await visit(browser)
  const short = Array.from({ length: 30 }, (_, at) => (at % 2 ? `Said ${at}.` : 'And?'))
  await importArchive(inject('apiUrl'), { email, password }, archiveOf('The short one', short))
  await openLong(page, email)
  await page.mouse.move(640, 300)
  await page.mouse.wheel(0, -500)
  await page.getByRole('button', { name: 'Jump to the newest message' }).waitFor()
  await page.locator('aside').getByRole('link', { name: 'The short one' }).click()
  await answers(page).getByText('Said 29.').waitFor()
  await expect.poll(async () => (await scrolled(page)).left).toBeLessThan(2)
})
