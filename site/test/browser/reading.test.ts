import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answered, answers, ask, questions, say, seen, stopButton, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const patience = { timeout: 20_000 }
const scroller = (page: Page) => page.locator('main .scroll')
const leftPx = (page: Page) =>
  scroller(page).evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight)
/** Where it stands once it no longer moves: the wish to go up is heard before the wheel has moved anything. */
const stillTop = (page: Page) =>
  scroller(page).evaluate(async (element) => {
    const tops = [element.scrollTop]
    while (tops.length < 8 || new Set(tops.slice(-6)).size > 1) {
      await new Promise((go) => requestAnimationFrame(go))
      tops.push(element.scrollTop)
    }
    return element.scrollTop
  })

/** What a screen reader is given to say from now on. */
const listen = async (page: Page) => {
  await page.evaluate(() => {
    const said: string[] = []
    const region = document.querySelector('[aria-live=polite]') as HTMLElement
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes)
        for (const node of addedNodes) if (node.textContent) said.push(node.textContent)
    }).observe(region, { childList: true })
    Object.assign(window, { said })
  })
  return () => page.evaluate(() => (window as unknown as { said: string[] }).said)
}
const textLength = async (page: Page) => (await answers(page).last().locator('.markdown').textContent())?.length ?? 0

test('formulas are drawn, in the text and by themselves, and money is left alone', async () => {
  const { page, complaints } = await visit(browser)
  const text = String.raw`So $x^2$, \(\pmb{y}\) for $5 and $6:

$$
\int_0^1 \frac{\colorbox{red}{a}}{\sqrt{b}}\,dx
$$

\[ \colorbox{blue}{c} \]`
  await ask(page, `say exactly: ${text}`)
  await expect.poll(() => answers(page).locator('.katex').count(), patience).toBe(4)
  expect(await answers(page).locator('.katex-display').count()).toBe(2)
  expect(await answers(page).textContent()).toContain('for $5 and $6:')
  await page.evaluate(() => document.fonts.ready)
  expect(
    await page.evaluate(() =>
      [...document.fonts].some((font) => /KaTeX/.test(font.family) && font.status === 'loaded'),
    ),
  ).toBe(true)
  expect(complaints).toEqual([])
})

test('a formula that nobody can draw stays as it was written', async () => {
  const { page, complaints } = await visit(browser)
  await ask(
    page,
    String.raw`say exactly: Wrong: $\frac{1$ and $\nosuch$ and $\def\a{\a\a}\a$, $\fcolorbox{red}{blue}{c}$ but $y_1$.`,
  )
  await expect.poll(() => answers(page).locator('.katex').count(), patience).toBe(1)
  expect(await answers(page).locator('code.math').allTextContents()).toEqual([
    String.raw`\frac{1`,
    String.raw`\nosuch`,
    String.raw`\def\a{\a\a}\a`,
    String.raw`\fcolorbox{red}{blue}{c}`,
  ])
  expect(complaints).toEqual([])
})

const diagram = (code: string) => `\`\`\`mermaid\n${code}\n\`\`\``

// What hostile ones would do is in the corpus of hostile.test.ts.
test('a diagram is drawn as an image in the colours of the theme, its code a press away; what is none stays code', async () => {
  const { page, complaints } = await visit(browser, { colorScheme: 'light' })
  const texts = ['no diagram at all', 'graph LR\n  Harbour -->|tide| Lighthouse'].map(diagram)
  await ask(page, `say exactly: ${texts.join('\n\n')}`)
  const drawn = answers(page).getByRole('img', { name: 'Diagram: graph' })
  await drawn.waitFor(patience)
  const svg = async () =>
    drawn.evaluate(async (image: HTMLImageElement) => {
      await image.decode()
      // The page may not fetch it: what it was made of is told by what it looks like.
      const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height })
      const context = canvas.getContext('2d') as CanvasRenderingContext2D
      context.drawImage(image, 0, 0)
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
      const shades = new Set<string>()
      for (let at = 0; at < data.length; at += 4)
        if (data[at + 3] === 255) shades.add([...data.slice(at, at + 3)].join())
      return [...shades]
    })
  expect(await svg()).toContain('223,236,230')
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect.poll(async () => (await svg()).includes('31,51,44'), patience).toBe(true)
  await answers(page).getByRole('button', { name: 'Show code' }).click()
  await answers(page).getByText('graph LR').waitFor()
  await answers(page).getByRole('button', { name: 'Show diagram' }).click()
  await drawn.waitFor()
  await answers(page).getByText('no diagram at all').waitFor()
  expect(await answers(page).getByRole('img').count()).toBe(1)
  expect(await page.locator('iframe').getAttribute('sandbox')).toBe('allow-scripts')
  expect(complaints).toEqual([])
})

test('while an answer comes, nothing that was shown is taken back or turned into something else', async () => {
  const { page } = await visit(browser)
  await page.evaluate(() => {
    const shown: string[] = []
    const look = () => {
      const drawn = document.querySelector('.answered .markdown')?.cloneNode(true) as Element | undefined
      // A formula is first there as it was written, until it can be drawn.
      for (const formula of drawn?.querySelectorAll('.formula, .math') ?? []) formula.remove()
      const text = drawn?.textContent.replace(/\s+/g, '')
      if (text !== undefined && text !== shown.at(-1)) shown.push(text)
      requestAnimationFrame(look)
    }
    look()
    Object.assign(window, { shown })
  })
  const text = String.raw`A **bold *and* word**, a [link](https://example.org "x"), \(a^2\) and $b_1$ for $5.

- [x] done ~~not~~
- \`code\` and https://example.org/path?q=1 too

| a | b |
|---|:-:|
| 1 | **2** |

> quoted & more`.replaceAll('\\`', '`')
  await ask(page, `say exactly: ${text}`)
  const shown = await page.evaluate(() => (window as unknown as { shown: string[] }).shown)
  for (const [at, seen] of shown.entries()) expect(seen.startsWith(shown[at - 1] ?? '')).toBe(true)
  expect(shown.length).toBeGreaterThan(8)
})

test('the page follows an answer until the reader moves, and again when they ask for it', async () => {
  const { page } = await visit(browser, { viewport: { width: 900, height: 500 } })
  await say(page, 'write 700 words about the harbour')
  await expect.poll(() => scroller(page).evaluate((element) => element.scrollTop), patience).toBeGreaterThan(50)
  expect(await leftPx(page)).toBeLessThan(2)
  await page.mouse.move(500, 200)
  await page.mouse.wheel(0, -30)
  await page.getByRole('button', { name: 'Jump to the newest message' }).waitFor()
  const top = await stillTop(page)
  const before = await textLength(page)
  await expect.poll(() => textLength(page), patience).toBeGreaterThan(before + 300)
  expect(await scroller(page).evaluate((element) => element.scrollTop)).toBe(top)
  await page.getByRole('button', { name: 'Jump to the newest message' }).click()
  await expect.poll(() => leftPx(page), patience).toBeLessThan(2)
  const again = await textLength(page)
  await expect.poll(() => textLength(page), patience).toBeGreaterThan(again + 100)
  expect(await leftPx(page)).toBeLessThan(2)
  await stopButton(page).click()
})

test('the page stays at its end when what is shown shrinks and grows again before the next frame', async () => {
  const { page } = await visit(browser, { viewport: { width: 900, height: 500 } })
  await ask(page, 'write 300 words about the harbour')
  const pad = (...heights: number[]) =>
    scroller(page).evaluate((element, heights) => {
      const messages = element.querySelector('.messages')
      const known = messages?.querySelector<HTMLElement>('[data-pad]')
      const pad = known ?? document.createElement('div')
      if (!known) messages?.append(pad)
      pad.dataset['pad'] = ''
      // Reading where it is makes the browser move it at once, as a frame's own work does in WebKit.
      return heights.map((height) => {
        pad.style.height = `${height}px`
        return element.scrollTop
      })
    }, heights)
  await pad(2000)
  await expect.poll(() => leftPx(page), patience).toBeLessThan(2)
  const [shrunk = 0, grown = 0] = await pad(0, 300)
  expect(grown).toBeGreaterThanOrEqual(shrunk)
  await expect.poll(() => leftPx(page), patience).toBeLessThan(2)
})

test('opening long code leaves its button where it was pressed', async () => {
  const { page } = await visit(browser, { viewport: { width: 900, height: 500 } })
  await ask(page, `say exactly: \`\`\`\n${'line\n'.repeat(90)}\`\`\``)
  const first = answers(page).locator('.code figcaption')
  const at = () => first.evaluate((element) => element.getBoundingClientRect().top)
  const before = await at()
  await answers(page).getByRole('button', { name: 'Show all 90 lines' }).click()
  await answers(page).getByRole('button', { name: 'Show less' }).waitFor()
  await expect.poll(() => leftPx(page), patience).toBeGreaterThan(500)
  expect(await at()).toBe(before)
})

test('who listens hears whole sentences, each once, without marks, and how it ended', async () => {
  const { page } = await visit(browser)
  const said = await listen(page)
  await ask(
    page,
    'say exactly: # Tides\n\nThey **rise**. They [fall](https://a.bc)!\n\n```js\nlet x\n```\n\n- And so on',
  )
  await expect.poll(async () => (await said()).at(-1), patience).toBe('The answer is complete.')
  const all = await said()
  expect(all[0]).toBe('The answer is being written.')
  expect(all.slice(1, -1).join(' ')).toBe('Tides They rise. They fall! Code: js. And so on')
})

test('all else that happens is heard from the same place: in a dialog too, which silences what is outside', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: hello')
  const said = await listen(page)
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('combobox').waitFor()
  expect(await page.locator('dialog [aria-live=polite]').count()).toBe(1)
  await page.keyboard.press('Escape')
  await expect.poll(() => page.locator('body > [aria-live=polite]').count()).toBe(1)
  const more = page.locator('main').getByRole('button', { name: /^More for/ })
  await more.click()
  await page.getByRole('menuitem', { name: 'Archive' }).click()
  await expect.poll(said).toEqual(['Conversation archived', 'Undo'])
})

test('branches are turned over from the keyboard, which stays where it is', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: once more')
  await answers(page).getByRole('button', { name: 'Regenerate' }).click()
  await answers(page).getByText('2/2').waitFor()
  await answered(page)
  await answers(page).getByRole('button', { name: 'Previous version' }).focus()
  await page.keyboard.press('ArrowLeft')
  await answers(page).getByText('1/2').waitFor()
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Next version')
  await page.keyboard.press('ArrowRight')
  await answers(page).getByText('2/2').waitFor()
})

test('an answer that was stopped goes on when asked to', async () => {
  const { page } = await visit(browser)
  await say(page, 'write 400 words about rain')
  await answers(page).locator('.markdown p').first().waitFor()
  await stopButton(page).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await answers(page).nth(1).getByText('Going on from').waitFor()
  await answered(page)
  expect(await questions(page).count()).toBe(2)
})

test('a conversation deleted in mid-answer is no longer listened to', async () => {
  const { page, complaints } = await visit(browser)
  const left = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/turns'))
  await say(page, 'write 900 words about the sea')
  await answers(page).locator('.markdown p').first().waitFor()
  const row = page.locator('aside').getByRole('listitem')
  await row.hover()
  await row.getByRole('button', { name: /^More for/ }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await left
  await seen(page, 'Conversation deleted').waitFor()
  expect(await row.count()).toBe(0)
  expect(complaints).toEqual([])
})
