import { randomUUID } from 'node:crypto'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { expect, inject, onTestFinished } from 'vitest'

export const password = 'Quiet-harbour-19'
export const newEmail = () => `${randomUUID()}@example.org`

const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

/** Somebody new, with an account and nothing in it. */
export const newPerson = async (name?: string, email = newEmail()): Promise<string> => {
  expect((await post(`${inject('apiUrl')}/auth/sign-up`, { email, password, name })).status).toBe(202)
  expect((await post(`${inject('apiUrl')}/auth/confirm`, { email, code: '123456' })).status).toBe(204)
  return email
}

export type Visit = { page: Page; email: string; complaints: string[] }

/** Somebody new at the empty chat. `complaints` gathers what the browser logs as an error. */
export const visit = async (
  browser: Browser,
  options: BrowserContextOptions = {},
  person = newPerson(),
): Promise<Visit> => {
  const email = await person
  const context = await browser.newContext({ baseURL: inject('siteUrl'), serviceWorkers: 'block', ...options })
  closeWithTest(context)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  await page.goto('/sign-in')
  await signIn(page, email)
  await page.waitForURL('**/chat')
  await page.getByRole('heading', { name: 'What shall we look at closely?' }).waitFor()
  return { page, email, complaints }
}

/** Pages that are left open go on working. */
const closeWithTest = (context: BrowserContext) => {
  try {
    onTestFinished(() => context.close())
  } catch {
    // Those of a whole file, from before its tests, end with its browser.
  }
}

/** Fills in the form of the sign-in page, on which the page must be. */
export const signIn = async (page: Page, email: string, secret = password) => {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(secret)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

export const composer = (page: Page) => page.getByLabel('Your message')
export const answers = (page: Page) => page.getByRole('article', { name: 'Answer' })
export const questions = (page: Page) => page.getByRole('article', { name: 'You' })
export const stopButton = (page: Page) => page.getByRole('button', { name: 'Stop', exact: true })

/** A text on the page itself, not what a screen reader is given to say of it. */
export const seen = (page: Page, text: string | RegExp, options?: { exact?: boolean }) =>
  page.getByText(text, options).and(page.locator(':not([aria-live] *)'))

/** Types it and presses Enter; does not wait for the answer. */
export const say = async (page: Page, text: string) => {
  await composer(page).fill(text)
  await composer(page).press('Enter')
}

/** Waits until the newest answer has ended. */
export const answered = (page: Page) => answers(page).last().getByRole('button', { name: 'Regenerate' }).waitFor()

export const ask = async (page: Page, text: string) => {
  const before = await answers(page).count()
  await say(page, text)
  await answers(page).nth(before).waitFor()
  await answered(page)
}

type Fault = {
  target: 'database' | 'cache' | 'identity' | 'model'
  kind: string
  times?: number
  ms?: number
  match?: string
}

export const breakIt = async (fault: Fault) =>
  expect((await post(`${inject('platformUrl')}/faults`, fault)).status).toBe(204)

/** Answers to what says this come drop by drop until `mendAll`: what happens before their end has all the time it takes. */
export const dripping = (match: string) => breakIt({ target: 'model', kind: 'drip', match })

export const mendAll = () => fetch(`${inject('platformUrl')}/faults`, { method: 'DELETE' })

/** Changes the database past the app, to what months of use would have made of it. */
export const changeTables = async (query: string) => {
  const answer = await fetch(`${inject('platformUrl')}/sql`, {
    method: 'POST',
    headers: {
      'neon-connection-string': 'postgresql://local:local@localhost/macro',
      'neon-raw-text-output': 'true',
      'neon-array-mode': 'true',
    },
    body: JSON.stringify({ query, params: [] }),
  })
  expect(answer.status, await answer.clone().text()).toBe(200)
}
