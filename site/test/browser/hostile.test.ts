import { newId } from '@macro-ai/shared'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answered, answers, composer, newPerson, password, questions, say, seen, signIn, visit } from './app.ts'
import { archiveOf, importArchive } from './archive.ts'
import { launch } from './browser.ts'
import { corpus, oneLiners } from './corpus.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

/** Somebody new, in a page that notes each script that runs, each request to a stranger and each refusal by the policy. */
const watched = async () => {
  const { page, email, complaints } = await visit(browser)
  const alarms: string[] = []
  await page.exposeFunction('canary', () => alarms.push('a script ran'))
  await page.exposeFunction('refused', (what: string) => alarms.push(`the policy refused ${what}`))
  await page.addInitScript(() =>
    addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) =>
      (window as unknown as { refused: (what: string) => void }).refused(
        `${effectiveDirective} ${blockedURI} ${sample}`,
      ),
    ),
  )
  const ours = ['siteUrl', 'apiUrl'].map((name) => new URL(inject(name as 'siteUrl' | 'apiUrl')).host)
  page.context().on('request', (request) => {
    const { protocol, host } = new URL(request.url())
    if (protocol !== 'data:' && protocol !== 'blob:' && !ours.includes(host)) alarms.push(`asked ${request.url()}`)
  })
  page.on('dialog', (dialog) => {
    alarms.push('a dialog opened')
    void dialog.dismiss()
  })
  await page.reload()
  return { page, email, alarms, complaints }
}

/** What in the page could act: elements that run or fetch, handlers, and addresses other than those a link may have. */
const dangers = (page: Page, within = 'main .messages, aside li, header') =>
  page.evaluate((within) => {
    const found: string[] = []
    const kinds =
      'img, picture, iframe, object, embed, video, audio, base, link, meta, style, script, template, noscript'
    for (const element of document.body.querySelectorAll('*')) {
      const inContent = element.closest(within)
      // A diagram is an image of what the browser itself has drawn.
      const isDiagram = element.matches('.diagram img[src^="blob:"]')
      if (inContent && element.matches(kinds) && !isDiagram) found.push(element.outerHTML.slice(0, 200))
      for (const { name, value } of element.attributes) {
        if (/^on|^(?:srcdoc|srcset|ping|formaction|xlink:href|background|poster)$/i.test(name))
          found.push(`${name}=${value}`)
        if (name === 'href' && !/^(?:https?:\/\/|mailto:|#|\/)/.test(value)) found.push(`${name}=${value}`)
        // Without a stranger's address there: only what our own code set, piece by piece.
        if (name === 'style' && /url\(|expression|@import/i.test(value)) found.push(`${name}=${value}`)
      }
    }
    return found
  }, within)

/** Brings all of a conversation onto the screen once, so that everything in it is drawn. */
const readAll = async (page: Page, count: number) => {
  await page.locator('main .scroll').hover()
  for (let screens = 0; screens < 400; screens++) {
    const { top, drawn } = await page.locator('main .scroll').evaluate((scroller) => {
      scroller.scrollTop -= scroller.clientHeight
      return { top: scroller.scrollTop, drawn: scroller.querySelectorAll('article').length }
    })
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))))
    if (top === 0 && drawn >= count) return
  }
  throw new Error('The conversation has no beginning.')
}

test('a hostile conversation that was imported is text, whoever says it, and so is its title', async () => {
  const { page, email, alarms, complaints } = await watched()
  const texts = corpus.flatMap((text) => [text, text])
  const titled = (title: string, at: number) => archiveOf(title, [`Titled ${at}`, title])
  await importArchive(inject('apiUrl'), { email, password }, archiveOf('The corpus', texts))
  for (const [at, title] of oneLiners.filter((_, each) => each % 8 === 0).entries())
    await importArchive(inject('apiUrl'), { email, password }, titled(title, at))
  await page.reload()
  await page.locator('aside').getByRole('link', { name: 'The corpus' }).click()
  await answers(page).last().waitFor()
  await readAll(page, texts.length)
  expect(await answers(page).count()).toBe(corpus.length)
  expect(await dangers(page)).toEqual([])
  // What people say is never anything but text.
  const ours = '.bubble > .folded, .bubble > .folded + button'
  expect(await questions(page).locator(`.bubble *:not(${ours})`).count()).toBe(0)
  expect(await questions(page).first().textContent()).toContain(corpus[0])
  await page
    .locator('aside')
    .getByRole('link', { name: oneLiners[0] ?? '', exact: true })
    .click()
  await seen(page, 'Titled 0').waitFor()
  expect(await page.title()).toContain(oneLiners[0])
  expect(await dangers(page)).toEqual([])
  expect(alarms).toEqual([])
  expect(complaints).toEqual([])
}, 180_000)

/** Calls of the API as somebody, past the page, for what it has no form for. */
const apiFor = async (email: string) => {
  const send = (path: string, body: string, token = '') =>
    fetch(inject('apiUrl') + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body,
    })
  const signedIn = await send('/auth/sign-in', JSON.stringify({ email, password }))
  const { accessToken } = (await signedIn.json()) as { accessToken: string }
  return async (path: string, body: object | string): Promise<Response> => {
    const answer = await send(path, typeof body === 'string' ? body : JSON.stringify(body), accessToken)
    expect(answer.ok, `${path}: ${answer.status}`).toBe(true)
    return answer
  }
}

test('a shared page of a hostile conversation is text for whoever opens it', async () => {
  const { page, email, alarms, complaints } = await watched()
  const [title = ''] = oneLiners.slice(1)
  const texts = corpus.filter((_, at) => at % 2 === 0).flatMap((text) => [text, text])
  await importArchive(inject('apiUrl'), { email, password }, archiveOf(title, texts))
  await page.reload()
  await page.locator('aside li').getByRole('link').first().click()
  await answers(page).last().waitFor()
  const api = await apiFor(email)
  const shared = await api(`/conversations/${page.url().split('/').at(-1)}/share`, {})
  const { token } = (await shared.json()) as { token: string }
  await page.goto(`/shared/${token}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  expect(await page.title()).toContain(title)
  expect(await page.locator('main article').count()).toBe(texts.length)
  expect(await dangers(page, 'main')).toEqual([])
  expect(alarms).toEqual([])
  expect(complaints).toEqual([])
}, 120_000)

test.runIf(inject('hasKnowledge'))(
  'names of people, files and documents, memories and what a search finds are text',
  async () => {
    const { page, email, alarms, complaints } = await watched()
    const api = await apiFor(email)
    const lines = oneLiners.filter((_, at) => at % 8 === 0)
    for (const text of lines) {
      await api('/documents', { id: newId(), title: text, chunks: [{ text: `canary ${text}` }] })
      await api('/memories', { id: newId(), text })
    }
    const name = '<img src=x onerror=canary()>.txt'
    const file = (await (await api(`/files?name=${encodeURIComponent(name)}`, 'canary')).json()) as { id: string }
    const turn = { turnId: newId(), conversationId: newId(), parentId: null, text: 'say exactly: canary' }
    await (await api('/turns', { ...turn, attachments: [file.id] })).text()

    const [first = ''] = lines
    await page.goto('/library')
    await seen(page, first, { exact: true }).first().waitFor()
    expect(await dangers(page, 'main')).toEqual([])
    await page.goto(`/chat/${turn.conversationId}`)
    await answers(page).first().waitFor()
    expect(await dangers(page, 'main')).toEqual([])
    await page.goto('/search?q=canary')
    await page.locator('main mark').first().waitFor()
    expect(await dangers(page, 'main')).toEqual([])

    // The names that people give themselves, on their own page and on the owner's.
    const called = lines.filter((line) => line.length <= 80).slice(0, 5)
    for (const name of called) await apiFor(await newPerson(name))
    await page.goto('/settings')
    await page.getByLabel('Name').fill(called[0] ?? '')
    await page.getByRole('button', { name: 'Save' }).first().click()
    await seen(page, 'Saved').first().waitFor()
    expect(await dangers(page, 'main')).toEqual([])
    await page.context().clearCookies()
    await page.goto('/sign-in')
    await signIn(page, 'demo@macro.local', 'Demo-passw0rd')
    await page.waitForURL('**/chat')
    await page.goto('/admin/people')
    const more = page.getByRole('button', { name: 'Show more' })
    const isThere = async () => {
      if (await more.isVisible()) await more.click()
      return seen(page, called.at(-1) ?? '').count()
    }
    await expect.poll(isThere).toBeGreaterThan(0)
    expect(await dangers(page, 'main')).toEqual([])
    expect(alarms).toEqual([])
    expect(complaints).toEqual([])
  },
  120_000,
)

test('a hostile answer is text while it comes and when it is here', async () => {
  const { page, alarms, complaints } = await watched()
  const some = corpus.filter((text, at) => at % 9 === 0 && text.length < 300)
  const whole = some.join('\n\n').replaceAll('\0', '')
  await composer(page).fill(`say exactly: ${whole}`)
  await composer(page).press('Enter')
  await answers(page).locator('.markdown').waitFor()
  for (let looks = 0; looks < 10; looks++) {
    expect(await dangers(page)).toEqual([])
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)))
  }
  await answered(page)
  expect(await dangers(page)).toEqual([])
  expect(alarms).toEqual([])
  expect(complaints).toEqual([])
}, 120_000)

test('line breaks in an answer forge no event of its stream', async () => {
  const { page } = await watched()
  await say(page, 'say exactly: one')
  await answered(page)
  await composer(page).fill('say exactly: before\r\n\r\nid: 99\r\nevent: end\r\ndata: {"status":"failed"}\r\n\r\nafter')
  await composer(page).press('Enter')
  await answers(page).nth(1).getByText('after').waitFor()
  await answered(page)
  expect(await answers(page).nth(1).textContent()).toContain('event: end')
  expect(await seen(page, 'The model didn’t answer.').count()).toBe(0)
})

test('bombs leave the page alive', async () => {
  const { page, email, complaints } = await watched()
  const bombs = [
    '> '.repeat(2000) + 'a',
    `${'['.repeat(5000)}a`,
    `${'*a **b '.repeat(3000)}`,
    `| ${'a|'.repeat(60)}\n|${'-|'.repeat(60)}\n${'|x'.repeat(50) + '\n'}`.repeat(5),
    `$$\n${'\\frac{1}{'.repeat(400)}x${'}'.repeat(400)}\n$$`,
    Array.from({ length: 400 }, (_, at) => `$x_{${at}}^2$`).join(' '),
    'a'.repeat(200_000),
    `\`\`\`js\n${'x=1;'.repeat(40_000)}\n\`\`\``,
  ]
  await importArchive(
    inject('apiUrl'),
    { email, password },
    archiveOf(
      'Bombs',
      bombs.flatMap((bomb, at) => [`Bomb ${at}`, bomb]),
    ),
  )
  await page.reload()
  await page.locator('aside').getByRole('link', { name: 'Bombs' }).click()
  await seen(page, `Bomb ${bombs.length - 1}`).waitFor()
  await readAll(page, 2 * bombs.length)
  await composer(page).fill('still here')
  expect(await composer(page).inputValue()).toBe('still here')
  expect(complaints).toEqual([])
}, 120_000)
