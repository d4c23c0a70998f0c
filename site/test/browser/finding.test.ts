import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { ask, breakIt, composer, mendAll, password, say, seen, visit } from './app.ts'
import { archiveOf, importArchive } from './archive.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterEach(() => mendAll())
afterAll(() => browser.close())

const aside = (page: Page) => page.locator('aside')
const rows = (page: Page) => aside(page).getByRole('listitem')
const link = (page: Page, name: string) => rows(page).getByRole('link', { name, exact: true })

const begin = async (page: Page, title: string) => {
  // Where one stands at an empty chat already nothing would tell when the new one is there.
  if (!page.url().endsWith('/chat')) {
    await aside(page).getByRole('link', { name: 'New chat' }).click()
    await page.getByRole('heading', { name: 'What shall we look at closely?' }).waitFor()
  }
  await ask(page, title)
  await link(page, title).waitFor()
}

const openMenu = async (page: Page, title: string) => {
  await link(page, title).hover()
  await aside(page)
    .getByRole('button', { name: new RegExp(`^More for .*${title}`) })
    .click()
}

const more = async (page: Page, title: string, action: string) => {
  await openMenu(page, title)
  await page.getByRole('menuitem', { name: action, exact: true }).click()
}

test('a conversation is called by its first whole words as soon as it begins', async () => {
  const { page } = await visit(browser)
  await breakIt({ target: 'model', kind: 'hang', match: 'Write a title' })
  await say(page, 'Write 400 words about how lighthouses were built on rocks that the sea covers twice a day')
  await link(page, 'Write 400 words about how lighthouses were built on rocks…').waitFor()
  await page.reload()
  await link(page, 'Write 400 words about how lighthouses were built on rocks…').waitFor()
})

test('a pinned conversation stands on top, an archived one in the archive, and both can be undone', async () => {
  const { page } = await visit(browser)
  for (const title of ['Tides', 'Moons', 'Stars']) await begin(page, title)
  await more(page, 'Tides', 'Pin')
  await aside(page).getByRole('heading', { name: 'Pinned' }).waitFor()
  expect(await rows(page).first().textContent()).toContain('Tides')
  await more(page, 'Moons', 'Archive')
  await seen(page, 'Conversation archived').waitFor()
  expect(await link(page, 'Moons').count()).toBe(0)
  await aside(page).getByRole('button', { name: 'Archived' }).click()
  await link(page, 'Moons').waitFor()
  await more(page, 'Moons', 'Unarchive')
  await aside(page).getByText('No archived conversations.').waitFor()
  await aside(page).getByRole('button', { name: 'All conversations' }).click()
  await link(page, 'Moons').waitFor()
  await page.reload()
  await link(page, 'Moons').waitFor()
  expect(await rows(page).first().textContent()).toContain('Tides')
})

test('conversations stand under their days, by the reader’s own calendar and clock and in their language', async () => {
  const { page, email } = await visit(browser, { locale: 'en-GB' })
  // In Berlin the clocks went back in the night to the 26th: that day had 25 hours.
  const said: Record<string, string> = {
    pinned: '2025-08-01T12:00Z',
    today: '2025-10-26T23:10Z',
    night: '2025-10-26T22:50Z',
    morning: '2025-10-25T22:10Z',
    before: '2025-10-25T21:50Z',
    week: '2025-10-19T23:00Z',
    eight: '2025-10-19T21:00Z',
    month: '2025-09-28T12:00Z',
    older: '2025-09-20T12:00Z',
    oldest: '2024-09-30T23:00Z',
  }
  const archives = Object.entries(said).map(([title, time]) =>
    archiveOf(title, [title], { began: Date.parse(time), pinned: title === 'pinned' }),
  )
  await importArchive(inject('apiUrl'), { email, password }, archives.join('\n'))
  const groups = async () => {
    await page.reload()
    await rows(page).nth(9).waitFor()
    return aside(page)
      .getByRole('navigation')
      .evaluate((list) => {
        const texts = [...list.querySelectorAll('h2, li a')].map((one) => [one.tagName, one.textContent.trim()])
        return texts.map(([tag, text]) => (tag === 'H2' ? `# ${text}` : text)).join(', ')
      })
  }
  await page.clock.setFixedTime('2025-10-26T23:30Z')
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Emulation.setTimezoneOverride', { timezoneId: 'Europe/Berlin' })
  expect(await groups()).toBe(
    '# Pinned, pinned, # Today, today, # Yesterday, night, morning, # Previous 7 days, before, week, # Previous 30 days, eight, month, # September 2025, older, # October 2024, oldest',
  )
  await devtools.send('Emulation.setTimezoneOverride', { timezoneId: 'America/New_York' })
  expect(await groups()).toBe(
    '# Pinned, pinned, # Today, today, night, # Yesterday, morning, before, # Previous 7 days, week, eight, # Previous 30 days, month, # September 2025, older, # September 2024, oldest',
  )
  await page.goto('/settings/look')
  await page.getByLabel('Language').selectOption('Deutsch')
  await aside(page).getByRole('heading', { name: 'Gestern' }).waitFor()
  expect((await groups()).match(/# [^,]+/g)).toEqual([
    ...['# Angeheftet', '# Heute', '# Gestern', '# Vorherige 7 Tage', '# Vorherige 30 Tage'],
    ...['# September 2025', '# September 2024'],
  ])
})

test('several are selected and deleted, and one undo brings all of them back', async () => {
  const { page } = await visit(browser)
  for (const title of ['Tides', 'Moons', 'Stars']) await begin(page, title)
  await openMenu(page, 'Tides')
  await page.getByRole('menuitem', { name: 'Select' }).waitFor()
  expect((await page.getByRole('menuitem').last().textContent())?.trim()).toBe('Delete')
  await page.getByRole('menuitem', { name: 'Select' }).click()
  await aside(page).getByRole('checkbox', { name: 'Moons' }).check()
  await aside(page).getByText('2 selected').waitFor()
  await aside(page).getByRole('button', { name: 'Delete' }).click()
  await seen(page, '2 conversations deleted').waitFor()
  expect(await rows(page).count()).toBe(1)
  await page.getByRole('button', { name: 'Undo' }).click()
  await link(page, 'Moons').waitFor()
  await page.reload()
  await link(page, 'Tides').waitFor()
  expect(await rows(page).count()).toBe(3)
})

test('what is deleted while it is read is left, and its undo leads back to it', async () => {
  const { page } = await visit(browser)
  await begin(page, 'Tides')
  await page.waitForURL(/chat\/./)
  const address = page.url()
  await link(page, 'Tides').focus()
  await page.keyboard.press('Delete')
  await page.getByRole('heading', { name: 'What shall we look at closely?' }).waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.waitForURL(address)
  await link(page, 'Tides').waitFor()
})

test.runIf(inject('breaksDatabase'))(
  'what the API does not take stands as it was, and the reason is said',
  async () => {
    const { page } = await visit(browser)
    await begin(page, 'Tides')
    await breakIt({ target: 'database', kind: 'down' })
    await more(page, 'Tides', 'Delete')
    await seen(page, 'Part of the service is waking up').waitFor()
    await link(page, 'Tides').waitFor()
    await more(page, 'Tides', 'Pin')
    await seen(page, 'Part of the service is waking up').waitFor()
    await expect.poll(() => aside(page).getByRole('heading', { name: 'Pinned' }).count()).toBe(0)
  },
)

test('the list goes by keyboard: arrows between the rows, F2 renames in place, Escape leaves the name', async () => {
  const { page } = await visit(browser)
  for (const title of ['Tides', 'Moons']) await begin(page, title)
  await link(page, 'Moons').focus()
  await page.keyboard.press('ArrowDown')
  expect(await link(page, 'Tides').evaluate((element) => element === document.activeElement)).toBe(true)
  await page.keyboard.press('F2')
  const name = page.getByLabel('Name of the conversation')
  await name.fill('Not this')
  await name.press('Escape')
  await link(page, 'Tides').focus()
  await page.keyboard.press('F2')
  await name.fill('Ebb and flow')
  await name.press('Enter')
  await link(page, 'Ebb and flow').waitFor()
  await composer(page).waitFor()
})
