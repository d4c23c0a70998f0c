import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answers, ask, changeTables, composer, say, seen, signIn, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
let page: Page
beforeAll(async () => {
  browser = await launch()
  page = await (await browser.newContext({ baseURL: inject('siteUrl'), locale: 'en-GB' })).newPage()
  await page.goto('/sign-in')
  await signIn(page, 'demo@macro.local', 'Demo-passw0rd')
  await page.waitForURL('**/chat')
})
afterAll(() => browser.close())

/** By way of the settings, as the owner goes. */
const owners = async (section: string) => {
  await page.goto('/settings')
  await page.getByRole('link', { name: 'For the owner' }).click()
  await page.getByRole('navigation', { name: 'For the owner' }).getByRole('link', { name: section }).click()
}

const rowOf = async (email: string) => {
  const row = page.getByRole('listitem').filter({ hasText: email })
  const more = page.getByRole('button', { name: 'Show more' })
  await page.getByRole('heading', { name: 'People' }).waitFor()
  const found = async () => {
    if ((await row.count()) === 0 && (await more.isVisible())) await more.click()
    return row.count()
  }
  await expect.poll(found).toBe(1)
  return row
}

test('the owner limits what somebody may spend, and shuts them out at once, until they are let in again', async () => {
  const { page: theirs, email } = await visit(browser)
  await ask(theirs, 'say exactly: hello')
  await owners('People')
  const row = await rowOf(email)
  await row.getByText(/≈.£0\.0\d+.? this month/).waitFor()
  await row.locator('summary').click()
  await row.getByLabel('Daily limit, in US dollars').fill('0.0001')
  await row.getByRole('button', { name: 'Save limits' }).click()
  await row.getByText('Saved').waitFor()
  await say(theirs, 'say exactly: too dear')
  await seen(theirs, 'Today’s budget is used up.').waitFor()
  // What still works, and when it starts anew; nothing that was written is lost, and nothing of it was charged.
  await seen(theirs, /You haven’t been charged\. You can still read/).waitFor()
  await theirs
    .getByText(/It resets on/)
    .first()
    .waitFor()
  expect(await composer(theirs).inputValue()).toBe('say exactly: too dear')
  await theirs.reload()
  await answers(theirs).getByText('hello', { exact: true }).waitFor()

  await row.getByLabel('May use Macro AI').uncheck()
  await row.getByText('disabled', { exact: true }).waitFor()
  await theirs.reload()
  // Their session's cookie lives, and the way to sign in leads there all the same, and refuses them.
  await theirs.waitForURL('**/sign-in?next=*')
  await signIn(theirs, email)
  await theirs.getByRole('alert').getByText('is not right').waitFor()
  await theirs.reload()
  await theirs.getByLabel('Password').waitFor()

  await row.getByLabel('May use Macro AI').check()
  await row.getByText('disabled', { exact: true }).waitFor({ state: 'detached' })
  await signIn(theirs, email)
  await theirs.waitForURL('**/chat/**')
  await answers(theirs).getByText('hello', { exact: true }).waitFor()
})

test('an invitation is a link that fills in the sign-up form', async () => {
  await owners('Invitations')
  await page.getByLabel('How many people may use it').fill('2')
  await page.getByRole('button', { name: 'Create invitation' }).click()
  const link = await page.getByLabel('Invitation link').inputValue()
  const { pathname, search, searchParams } = new URL(link)
  const guest = await (await browser.newContext({ baseURL: inject('siteUrl') })).newPage()
  await guest.goto(pathname + search)
  expect(await guest.getByLabel('Invite').inputValue()).toBe(searchParams.get('invite'))
})

test('an invitation is listed as long as it is good, and can be taken back', async () => {
  await changeTables('delete from invites')
  await owners('Invitations')
  await seen(page, 'No open invitations.').waitFor()
  await page.getByLabel('How many people may use it').fill('2')
  await page.getByRole('button', { name: 'Create invitation' }).click()
  const row = page.getByRole('article', { name: '0 of 2 used' })
  await row.getByText(/valid until .* made by/).waitFor()
  await page.getByLabel('Invitation link').waitFor()

  await changeTables('update invites set uses = 1')
  await page.reload()
  const used = page.getByRole('article', { name: '1 of 2 used' })
  await used.getByRole('button', { name: 'Take back …' }).click()
  await page
    .getByRole('dialog', { name: 'Take this invitation back?' })
    .getByRole('button', { name: 'Take back' })
    .click()
  await seen(page, 'No open invitations.').waitFor()
})

test('the kill switch stops every call to a model until it is turned off, and the board says so', async () => {
  const { page: theirs } = await visit(browser)
  await owners('Instance')
  await page.getByLabel('Pause all spending').check()
  await expect.poll(() => page.getByLabel('Pause all spending').isEnabled()).toBe(true)
  try {
    await say(theirs, 'say exactly: hello')
    await seen(theirs, 'The owner has paused all answers for now.').waitFor()
    await owners('Board')
    await seen(page, 'Paused by you: no model is called.').waitFor()
  } finally {
    await owners('Instance')
    await page.getByLabel('Pause all spending').uncheck()
    await expect.poll(() => page.getByLabel('Pause all spending').isEnabled()).toBe(true)
  }
  await ask(theirs, 'say exactly: hello again')
})

test('the board shows every limit, and what was spent, also as a file', async () => {
  await owners('Board')
  const workers = page.getByRole('article', { name: /^Cloudflare Workers, requests/i })
  expect(await workers.getByRole('img').getAttribute('aria-label')).toMatch(
    /^.?[\d,.]+.? of .?100,000 requests.? a day/,
  )
  await workers.getByText('When used up: Error 1027').waitFor()
  expect(await page.getByRole('article').count()).toBeGreaterThan(15)
  await page.getByRole('table', { name: 'By person' }).getByText('@example.org').first().waitFor()
  const purposes = page.getByRole('table', { name: 'By purpose' })
  await purposes.getByRole('rowheader', { name: /^Answers / }).waitFor()
  await page.getByLabel('Days shown').selectOption('90')
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download as CSV' }).click(),
  ])
  expect(file.suggestedFilename()).toBe('macro-ai-spending-90-days.csv')
  expect((await readFile(await file.path())).toString().split('\n').length).toBeGreaterThan(2)
})

test('the board is in the reader’s language, with the words for its services, units and sources', async () => {
  const german = await page.context().newPage()
  await german.context().addCookies([{ name: 'locale', value: 'de', url: inject('siteUrl') }])
  try {
    await german.goto('/admin')
    const shown = (name: string) => german.getByRole('article', { name, exact: true })
    await shown('Modell, Geld').getByText('Die Grenze, die du gesetzt hast').waitFor()
    await shown('AWS, Rechnung').getByText('Das Budget, das worker/infra setzt').waitFor()
    await shown('Upstash, Befehle')
      .getByText(/^.?[\d.,]+.? von .?500\.000 Befehlen.? im Monat/)
      .waitFor()
  } finally {
    await german.context().addCookies([{ name: 'locale', value: 'en', url: inject('siteUrl') }])
    await german.close()
  }
})

test('nobody else is shown the way to it, or anything in it', async () => {
  const { page: theirs } = await visit(browser)
  await theirs.goto('/settings')
  await theirs.getByLabel('Name').waitFor()
  expect(await theirs.getByRole('link', { name: 'For the owner' }).count()).toBe(0)
  await theirs.goto('/admin/people')
  await theirs.getByRole('alert').getByText('You don’t have permission to do that.').waitFor()
})

test('the owner is told by e-mail once a week, through the binding that production has', async () => {
  const local = `${inject('apiUrl')}/cdn-cgi/local`
  const sent = async () => {
    const answer = await fetch(`${local}/explorer/api/local/email/sending`)
    const { result } = (await answer.json()) as { result: { from: string; to: string[]; subject: string }[] }
    return result.filter(({ subject }) => subject === 'Macro AI: the week')
  }
  // Twice, as the clock does: what was told once is not told again.
  for (let n = 0; n < 2; n++) {
    await (await browser.newContext({ baseURL: inject('siteUrl') })).newPage().then((one) => one.goto('/status'))
    expect((await fetch(`${local}/scheduled`)).ok).toBe(true)
    expect(await sent()).toMatchObject([{ from: 'alerts@macro.local', to: ['owner@macro.local'] }])
  }
})
