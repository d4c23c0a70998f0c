import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { ask, changeTables, composer, newEmail, password, say, seen, signIn, visit, type Visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
let owner: Page
let guest: Visit
beforeAll(async () => {
  browser = await launch()
  owner = await (await browser.newContext({ baseURL: inject('siteUrl'), locale: 'en-GB' })).newPage()
  await owner.goto('/sign-in')
  await signIn(owner, 'demo@macro.local', 'Demo-passw0rd')
  await owner.waitForURL('**/chat')
  guest = await visit(browser, { locale: 'en-GB' })
})
afterAll(() => browser.close())

/** The board looks at the database, and what it finds decides what rests. */
const board = async () => {
  await owner.goto('/admin')
  await owner.getByRole('heading', { name: 'Every limit' }).waitFor()
}

const notice = (page: Page) => page.getByRole('complementary', { name: 'On hold for now' })

const signUp = async (page: Page, email: string) => {
  await page.goto('/sign-up')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: /account/i }).click()
}

describe('near the end of a free tier', () => {
  test('everybody is told what rests, why, until when and what still works, and it goes on by itself', async () => {
    const { page, complaints } = guest
    const stranger = await (await browser.newContext({ baseURL: inject('siteUrl'), locale: 'en-GB' })).newPage()
    await changeTables(`insert into users (id, email) select gen_random_uuid(), 'crowd-' || n || '@example.test'
      from generate_series(1, 9000) n`)
    try {
      await board()
      const standing = owner.locator('main .notice').filter({ hasText: 'New accounts' })
      await standing.getByText(/90 % of the allowance at Cognito is used|9\d% of the allowance at Cognito/).waitFor()
      await page.reload()
      await notice(page).getByText('New accounts are on hold until there is room again.').click()
      await notice(page)
        .getByText(/allowance at Cognito is used/)
        .waitFor()
      await notice(page)
        .getByText(/Chatting, reading and searching work as always/)
        .waitFor()
      await ask(page, 'say exactly: still here')

      await signUp(stranger, newEmail())
      await seen(stranger, /New accounts are on hold/).waitFor()
      for (const [locale, title, what] of [
        ['en', 'Works, with less than usual', 'New accounts'],
        ['de', 'Es läuft, mit weniger als sonst', 'Neue Konten'],
        ['ar', 'تعمل الخدمة، بأقل من المعتاد', 'الحسابات الجديدة'],
      ] as const) {
        const options = { baseURL: inject('siteUrl'), locale, javaScriptEnabled: false }
        const status = await (await browser.newContext(options)).newPage()
        await status.goto('/status')
        await status.getByRole('heading', { level: 1, name: title }).waitFor()
        await seen(status, what).and(status.locator('strong')).waitFor()
        await seen(status, /Cognito/).waitFor()
      }

      await notice(page).getByRole('button', { name: 'Hide' }).click()
      await page.reload()
      await composer(page).waitFor()
      expect(await notice(page).count()).toBe(0)
    } finally {
      await changeTables(`delete from users where email like 'crowd-%'`)
      await board()
    }
    await seen(owner, 'Everything works. No limit is near.').waitFor()
    await signUp(stranger, newEmail())
    await stranger.getByLabel(/code/i).waitFor()
    expect(complaints).toEqual([])
  })

  test('what is refused stays in the composer, and says when it is worth another try', async () => {
    const { page } = guest
    const resetsAt = new Date(Date.now() + 3 * 3_600_000).toISOString()
    await page.goto('/chat')
    const turns = `${inject('apiUrl')}/turns`
    await page.route(turns, (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({
            status: 503,
            headers: { 'access-control-allow-origin': inject('siteUrl'), 'retry-after': '10800' },
            contentType: 'application/problem+json',
            body: JSON.stringify({ code: 'reduced', detail: 'x', requestId: 'x', status: 503, title: 'x', resetsAt }),
          })
        : route.continue(),
    )
    await say(page, 'say exactly: later then')
    await seen(page, /This is on hold for now, so that what is free lasts\. It resets on/).waitFor()
    expect(await composer(page).inputValue()).toBe('say exactly: later then')
    await page.unroute(turns)
    await ask(page, 'say exactly: later then')
  })
})

test('as the month’s budget is used up everybody is told that a cheaper model answers, until there is room', async () => {
  const { page } = guest
  const api = async <Answer>(method: string, path: string, body?: object, token?: string) => {
    const answer = await fetch(inject('apiUrl') + path, {
      method,
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    return (await answer.json()) as Answer
  }
  const login = { email: 'demo@macro.local', password: 'Demo-passw0rd' }
  const { accessToken } = await api<{ accessToken: string }>('POST', '/auth/sign-in', login)
  const cap = (monthlyCapMicros: number | null) =>
    api<{ spentThisMonthMicros: number }>('PATCH', '/admin/instance', { monthlyCapMicros }, accessToken)

  const lookAtSpending = async () => {
    const told = page.waitForResponse(`${inject('apiUrl')}/usage`)
    await page.goto('/settings/spending')
    await (await told).finished()
  }

  await page.goto('/chat')
  await ask(page, 'Show me a table, some code and a formula')
  const { spentThisMonthMicros: spent } = await cap(null)
  try {
    await cap(Math.floor(spent / 0.75))
    // Looking at the spending is enough for the app to learn of it.
    await lookAtSpending()
    await page.reload()
    await notice(page).getByText('The cheapest model answers. Until').waitFor()
  } finally {
    await cap(null)
  }
  await lookAtSpending()
  await page.reload()
  await notice(page).waitFor({ state: 'detached' })
})
