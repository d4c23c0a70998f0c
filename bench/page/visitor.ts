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

/** Signs in, on this page, somebody new who has these conversations, and stays at the empty chat. */
export const signUp = async (page: Page, { api, site }: Urls, archives: string[] = []) => {
  const email = `${randomUUID()}@example.org`
  await post(`${api}/auth/sign-up`, { email, password })
  await post(`${api}/auth/confirm`, { email, code: '123456' })
  for (const archive of archives) await importArchive(api, { email, password }, archive)
  await page.goto(`${site}/sign-in`)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/chat')
  await page.getByLabel('Your message').waitFor()
}

/** Somebody new who has these conversations, signed in and at the empty chat. */
export const newVisitor = async (browser: Browser, urls: Urls, archives: string[] = []): Promise<Visitor> => {
  const page = await (await browser.newContext({ baseURL: urls.site })).newPage()
  await signUp(page, urls, archives)
  return { page, devtools: await page.context().newCDPSession(page) }
}

/** A processor that is so many times slower, as phones are. */
export const slowDown = ({ devtools }: Visitor, times: number) =>
  devtools.send('Emulation.setCPUThrottlingRate', { rate: times })
