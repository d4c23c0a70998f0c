import { randomUUID } from 'node:crypto'
import { importArchive } from '../../site/test/browser/archive.ts'
import type { Browser, CDPSession, Page } from '../../site/test/browser/browser.ts'

export type Urls = { api: string; site: string }
export type Visitor = { page: Page; devtools: CDPSession }

const password = 'Quiet-harbour-19'

const post = async (url: string, body: object) => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
}

/** Somebody new who has these conversations, signed in and at the empty chat. */
export const newVisitor = async (browser: Browser, { api, site }: Urls, archives: string[] = []): Promise<Visitor> => {
  const email = `${randomUUID()}@example.org`
  await post(`${api}/auth/sign-up`, { email, password })
  await post(`${api}/auth/confirm`, { email, code: '123456' })
  for (const archive of archives) await importArchive(api, { email, password }, archive)
  const page = await (await browser.newContext({ baseURL: site })).newPage()
  await page.goto('/sign-in')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/chat')
  await page.getByLabel('Your message').waitFor()
  return { page, devtools: await page.context().newCDPSession(page) }
}

/** A processor that is so many times slower, as phones are. */
export const slowDown = ({ devtools }: Visitor, times: number) =>
  devtools.send('Emulation.setCPUThrottlingRate', { rate: times })
