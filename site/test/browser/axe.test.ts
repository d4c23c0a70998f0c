import axe from 'axe-core'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ask, password, signIn, visit, type Visit } from './app.ts'
import { archiveOf, importArchive } from './archive.ts'
import { launch } from './browser.ts'

let browser: Browser
let at: Visit
let owners: Page
beforeAll(async () => {
  browser = await launch()
  owners = await (await browser.newContext({ baseURL: inject('siteUrl'), reducedMotion: 'reduce' })).newPage()
  await owners.goto('/sign-in')
  await signIn(owners, 'demo@macro.local', 'Demo-passw0rd')
  await owners.waitForURL('**/chat')
  at = await visit(browser, { reducedMotion: 'reduce' })
  await ask(at.page, 'show me a table and some code')
})
afterAll(() => browser.close())

const routes = new URL('../../src/routes/', import.meta.url).pathname
const pathOf = (file: string) => `/${file}`.replace(/\/[\w+]+\.\w+$|\/\([^/]*\)|\/\[\[[^/]*\]\]/g, '') || '/'
/** The sections of a page besides its first, by the list of them. */
const sectionsIn = (file: string) =>
  [...readFileSync(join(routes, file), 'utf8').matchAll(/name: '(\w+)'/g)].map(([, name]) => `${pathOf(file)}/${name}`)

/** Every page that there is, by its file, so that a new one is looked at too. */
const paths = [
  ...globSync('**/+page.svelte', { cwd: routes }).map(pathOf),
  ...globSync('**/sections.ts', { cwd: routes }).flatMap(sectionsIn),
].filter((path) => path !== '/design')

/** An address for each page that needs something in it. */
const samples: Record<string, string> = { '/shared/[token]': '/shared/nothing-is-behind-this' }

type Rule = { id: string; nodes: { target: unknown; failureSummary?: string }[] }

/** A theme changes colours only. WCAG 2.2's least size of a target is off unless asked for. */
const asked = {
  light: { rules: { 'target-size': { enabled: true } } },
  dark: { runOnly: ['color-contrast', 'link-in-text-block'] },
}

/** What axe finds on the page as it stands, in both themes, on a phone and on a desk. */
const lookOver = async (page: Page, what: string) => {
  await page.evaluate(axe.source)
  for (const width of [390, 1440])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 844 })
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      // Colours change over in a moment, and what is half-way is nobody's choice.
      await page.evaluate(async () => {
        // They begin with the next frame, and each may set off another.
        for (let round = 0; round < 3; round++) {
          await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
          await Promise.allSettled(document.getAnimations().map((one) => one.finished))
        }
      })
      const violations = await page.evaluate(async (options) => {
        const { axe } = window as unknown as { axe: { run: (options: object) => Promise<{ violations: Rule[] }> } }
        return (await axe.run({ ...options, resultTypes: ['violations'] })).violations
      }, asked[colorScheme])
      const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${String(node.target)}`))
      expect(found, `${what} at ${width} px, ${colorScheme}`).toEqual([])
    }
}

/** What a screen reader is to say once it has time comes from one place, whatever happens on a page. */
const politeRegions = (page: Page) => page.locator('[aria-live=polite], [role=status], [role=log], output').count()

/** Nothing is on its way any more. */
const settled = async (page: Page) => {
  await page.waitForLoadState('networkidle')
  await page.waitForFunction(() => document.querySelector('.skeleton') === null)
}

test.each(paths)('axe finds nothing on %s, which has one polite live region', async (path) => {
  const address = path.includes('[') ? samples[path] : path
  if (!address) throw new Error(`Give ${path} an address in samples.`)
  const signedOut = ['/', '/sign-in'].includes(path)
  const member = path.startsWith('/admin') ? owners : at.page
  const page = signedOut ? await (await browser.newContext({ baseURL: inject('siteUrl') })).newPage() : member
  await page.goto(address)
  await settled(page)
  await lookOver(page, path)
  expect(await politeRegions(page)).toBe(1)
})

test('axe finds nothing in a conversation, with its menus open, and on a page that is not there', async () => {
  const { page } = at
  await page.setViewportSize({ width: 1440, height: 844 })
  await page.goto('/chat')
  await page.locator('aside a[href^="/chat/"]').first().click()
  await settled(page)
  await lookOver(page, 'a conversation')
  expect(await politeRegions(page)).toBe(1)
  await page.setViewportSize({ width: 390, height: 844 })
  await page.getByRole('button', { name: 'Open the sidebar' }).click()
  await lookOver(page, 'the drawer')
  await page.goto('/nowhere')
  await lookOver(page, '404')
})

test('axe finds nothing in an answer that holds everything an answer can', async () => {
  const { page } = at
  const answer = String.raw`Tides[^a], by \(a^2\) and

$$
\int_0^1 ${'x + '.repeat(80)}x\,dx
$$

| ebb | flood | ${'more | '.repeat(20)}
|---|--:|${'---|'.repeat(20)}
| 1 | **2** |

- [x] rope
- [ ] anchor
  1. one
  2. [two](https://example.org)

> quoted

~~~ts
/* the tide */
const route = "${'far and '.repeat(40)}out"
${'sail(1)\n'.repeat(40)}
~~~

~~~mermaid
graph LR
  Ebb --> Flood
~~~

[^a]: They *rise*.`
  const texts = ['What is there? '.repeat(200), answer]
  await importArchive(inject('apiUrl'), { email: at.email, password }, archiveOf('Everything', texts))
  await page.setViewportSize({ width: 1440, height: 844 })
  await page.goto('/chat')
  await page.locator('aside').getByRole('link', { name: 'Everything' }).click()
  const parts = ['.katex-display', 'table', 'input[type=checkbox]', '.hl-keyword', '[aria-label=Footnotes]']
  for (const part of [...parts, 'img[alt="Diagram: graph"]', 'button:text-is("Show more")'])
    await page.locator(`main ${part}`).first().waitFor()
  await settled(page)
  await lookOver(page, 'an answer with everything')
})

test('axe finds nothing in the windows that open over a page', async () => {
  const { page } = at
  await page.setViewportSize({ width: 1440, height: 844 })
  const open = async (path: string, ...presses: Locator[]) => {
    await page.goto(path)
    await settled(page)
    for (const press of presses) await press.click()
    await page.getByRole('dialog').waitFor()
    await settled(page)
    await lookOver(page, `a window over ${path}`)
    await page.keyboard.press('Escape')
  }
  const button = (name: RegExp | string) => page.locator('main').getByRole('button', { name })
  const conversation = (await page.locator('aside a[href^="/chat/"]').first().getAttribute('href')) ?? ''
  for (const action of ['Instructions', 'Share'])
    await open(conversation, button(/^More for/), page.getByRole('menuitem', { name: action, exact: true }))
  await open('/assistants', button('New assistant'))
  await open('/library', button('New collection'))
  await open('/settings/data', button(/^Delete account/))
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').waitFor()
  await lookOver(page, 'the palette')
})
