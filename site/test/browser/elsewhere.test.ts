import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answered, answers, ask, dripping, mendAll, questions, say, seen, signIn, stopButton, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const rows = (page: Page) => page.getByRole('navigation', { name: 'Your conversations' }).getByRole('link')

test('an answer that comes while something else is read shows in the list until it is looked at', async () => {
  const { page, complaints } = await visit(browser)
  await dripping('about wind')
  await say(page, 'write 150 words about wind')
  await page.waitForURL(/chat\/./)
  await stopButton(page).waitFor()
  await page.getByRole('link', { name: 'New chat' }).click()
  await rows(page).filter({ hasText: 'answering' }).waitFor()
  await ask(page, 'say exactly: meanwhile')
  await mendAll()
  const row = rows(page).filter({ hasText: 'new answer' })
  await row.waitFor()
  expect(await row.innerText()).toContain('wind')
  await row.click()
  await answers(page).getByText('wind').first().waitFor()
  await expect.poll(() => rows(page).filter({ hasText: 'new answer' }).count()).toBe(0)
  expect(await rows(page).count()).toBe(2)
  // What ends before somebody's eyes is no news.
  await ask(page, 'say exactly: seen')
  await page.getByRole('link', { name: 'Library' }).click()
  await page.waitForURL('**/library')
  expect(
    await rows(page)
      .filter({ hasText: /answer/ })
      .count(),
  ).toBe(0)
  expect(complaints).toEqual([])
})

test('whoever comes back to a page finds what was said on another device, and says the next thing after it', async () => {
  const { page, email, complaints } = await visit(browser)
  await ask(page, 'say exactly: at home')
  const other = await (await browser.newContext({ baseURL: inject('siteUrl'), serviceWorkers: 'block' })).newPage()
  await other.goto('/sign-in')
  await signIn(other, email)
  await rows(other).filter({ hasText: 'at home' }).click()
  await answers(other).waitFor()
  await ask(other, 'say exactly: on the way')
  await page.clock.setFixedTime(Date.now() + 2 * 60_000)
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await answers(page).getByText('on the way').waitFor()
  await ask(page, 'say exactly: home again')
  expect(await questions(page).count()).toBe(3)
  await other.reload()
  await answers(other).getByText('home again').waitFor()
  expect(complaints).toEqual([])
})

test('what was said on another device is there when its conversation is opened, also if it was not on the page', async () => {
  const { page, email, complaints } = await visit(browser)
  const open = async (page: Page, name: string) => {
    await rows(page).filter({ hasText: name }).click()
    await answers(page).first().getByText(name).waitFor()
  }
  await ask(page, 'say exactly: the first')
  await page.getByRole('link', { name: 'New chat' }).click()
  await answers(page).waitFor({ state: 'detached' })
  await ask(page, 'say exactly: the second')
  const other = await (await browser.newContext({ baseURL: inject('siteUrl'), serviceWorkers: 'block' })).newPage()
  await other.goto('/sign-in')
  await signIn(other, email)
  await open(other, 'the first')
  await ask(other, 'say exactly: elsewhere')
  // Nobody has looked away: opening something is when one looks.
  await page.clock.setFixedTime(Date.now() + 2 * 60_000)
  await open(page, 'the first')
  await answers(page).getByText('elsewhere').waitFor()

  // Told by the list while something else was read.
  await open(other, 'the second')
  await ask(other, 'say exactly: later')
  await page.clock.setFixedTime(Date.now() + 4 * 60_000)
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  const top = rows(page).first()
  await top.filter({ hasText: 'the second' }).waitFor()
  await open(page, 'the second')
  await answers(page).getByText('later').waitFor()
  expect(complaints).toEqual([])
})

test('a conversation that another tab deletes is told of, and is there again once that is taken back', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: here')
  const other = await page.context().newPage()
  await other.goto(page.url())
  await answers(other).getByText('here').waitFor()
  await rows(other).first().press('Delete')
  await seen(page, 'This doesn’t exist, or it isn’t yours to see.').waitFor()
  await page.getByRole('heading', { level: 1 }).waitFor({ state: 'detached' })
  await other.getByRole('button', { name: 'Undo' }).click()
  await answers(page).getByText('here').waitFor()
  await page.getByRole('heading', { level: 1 }).waitFor()
})

test('what somebody said bears its time, with the day once that is over', async () => {
  const { page } = await visit(browser, { locale: 'en-GB', timezoneId: 'Europe/London' })
  await ask(page, 'say exactly: on time')
  const time = questions(page).last().locator('time')
  const at = new Date((await time.getAttribute('datetime')) ?? '')
  const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'Europe/London' }).format(at)
  expect(await time.innerText()).toBe(clock)
  await page.clock.setFixedTime(at.getTime() + 3 * 86_400_000)
  await page.reload()
  await expect.poll(() => time.innerText()).toMatch(new RegExp(`^\\d+ \\w+ ${at.getFullYear()}, ${clock}$`))
})

type Said = { text: string; voice?: { name: string }; onend?: () => void; onerror?: () => void }
type Speech = { heard: Said[]; voices: { name: string; lang: string; localService: boolean }[] }

/** The headless browser has no voices: these keep what they are given, and say it when they are told to. */
const giveVoices = (page: Page) =>
  page.addInitScript(() => {
    const speech: Speech = { heard: [], voices: [] }
    const speechSynthesis = {
      getVoices: () => speech.voices,
      addEventListener: (_: string, go: () => void) => go(),
      speak: (said: Said) => speech.heard.push(said),
      cancel: () => {
        for (const { onerror } of speech.heard.splice(0)) onerror?.()
      },
    }
    const SpeechSynthesisUtterance = class {
      text: string
      constructor(text: string) {
        this.text = text
      }
    }
    for (const [name, value] of Object.entries({ speech, speechSynthesis, SpeechSynthesisUtterance }))
      Object.defineProperty(window, name, { value })
  })

const heard = (page: Page) =>
  page.evaluate(() =>
    (window as unknown as { speech: Speech }).speech.heard.map(({ text, voice }) => ({ text, voice: voice?.name })),
  )

test('an answer is read aloud by a voice of the device and by no other, until its end or until that is enough', async () => {
  const { page, complaints } = await visit(browser)
  await giveVoices(page)
  await ask(page, 'show me some code')
  await page.reload()
  await answered(page)
  const aloud = answers(page).last().getByRole('button', { name: 'Read aloud' })
  const enough = answers(page).last().getByRole('button', { name: 'Stop reading aloud' })
  await page.evaluate(() =>
    (window as unknown as { speech: Speech }).speech.voices.push({ name: 'far', lang: 'en-GB', localService: false }),
  )
  await aloud.click()
  await seen(page, 'This device has no voice of its own to read with.').waitFor()
  expect(await heard(page)).toEqual([])

  await page.evaluate(() =>
    (window as unknown as { speech: Speech }).speech.voices.push(
      { name: 'elsewhere', lang: 'de-DE', localService: true },
      { name: 'near', lang: 'en-GB', localService: true },
    ),
  )
  await aloud.click()
  await enough.waitFor()
  await expect
    .poll(async () => (await heard(page)).map(({ text }) => text))
    .toEqual(
      expect.arrayContaining(['Here is an example:', 'Code: typescript.', expect.stringMatching(/^I am the offline/)]),
    )
  const said = await heard(page)
  expect(new Set(said.map(({ voice }) => voice))).toEqual(new Set(['near']))
  await enough.click()
  await aloud.waitFor()
  expect(await heard(page)).toEqual([])

  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('combobox', { name: 'Type a command or search' }).fill('read aloud')
  await page.locator('[role=option][aria-selected=true]').getByText('Read aloud').waitFor()
  await page.keyboard.press('Enter')
  await expect.poll(() => heard(page)).not.toEqual([])
  await page.evaluate(() => (window as unknown as { speech: Speech }).speech.heard.at(-1)?.onend?.())
  await aloud.waitFor()
  expect(complaints).toEqual([])
})

test('a reading that is taken back before it could begin, or whose page is left, does not begin', async () => {
  const { page, complaints } = await visit(browser)
  await giveVoices(page)
  await ask(page, 'say exactly: a slow line')
  await page.reload()
  await answered(page)
  await page.evaluate(() =>
    (window as unknown as { speech: Speech }).speech.voices.push({ name: 'near', lang: 'en-GB', localService: true }),
  )
  let arrive = () => {}
  const slow = new Promise<void>((resolve) => (arrive = resolve))
  let asked = (_: string) => {}
  const part = new Promise<string>((resolve) => (asked = resolve))
  await page.route('**/_app/**/*.js', async (route) => {
    const response = await route.fetch()
    if ((await response.text()).includes('speechSynthesis.speak')) {
      asked(route.request().url())
      await slow
    }
    await route.fulfill({ response })
  })
  const button = answers(page).locator('[data-does="read-aloud"]')
  await button.click()
  const url = await part
  await answers(page).getByRole('button', { name: 'Stop reading aloud' }).click()
  await answers(page).getByRole('button', { name: 'Read aloud' }).click()
  await page.getByRole('link', { name: 'New chat' }).click()
  await button.waitFor({ state: 'detached' })
  arrive()
  // Whoever asked first for that part has gone on when it is here for the test.
  await page.evaluate(`import(${JSON.stringify(url)})`)
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  expect(await heard(page)).toEqual([])

  await page.goBack()
  await button.click()
  await expect.poll(() => heard(page)).toEqual([{ text: 'a slow line', voice: 'near' }])
  await page.getByRole('link', { name: 'New chat' }).click()
  await expect.poll(() => heard(page)).toEqual([])
  expect(complaints).toEqual([])
})
