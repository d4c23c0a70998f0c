import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answered, answers, ask, dripping, mendAll, password, questions, say, seen, stopButton, visit } from './app.ts'
import { archiveOf, importArchive } from './archive.ts'
import { launch } from './browser.ts'
import { pourInto } from './poured.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

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
const textLength = async (page: Page) =>
  (await answers(page).last().locator('.markdown').textContent())?.trim().length ?? 0

test('formulas are drawn, in the text and by themselves, and money is left alone', async () => {
  const { page, complaints } = await visit(browser)
  const text = String.raw`So $x^2$, \(\pmb{y}\) for $5 and $6:

$$
\int_0^1 \frac{\colorbox{red}{a}}{\sqrt{b}}\,dx
$$

\[ \colorbox{blue}{c} \]`
  await ask(page, `say exactly: ${text}`)
  await expect.poll(() => answers(page).locator('.katex').count()).toBe(4)
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
  await expect.poll(() => answers(page).locator('.katex').count()).toBe(1)
  expect(await answers(page).locator('code.math').allTextContents()).toEqual([
    String.raw`\frac{1`,
    String.raw`\nosuch`,
    String.raw`\def\a{\a\a}\a`,
    String.raw`\fcolorbox{red}{blue}{c}`,
  ])
  expect(complaints).toEqual([])
})

test('what draws formulas and diagrams is loaded with the first of them, and not before', async () => {
  const { page, complaints } = await visit(browser)
  const loaded = new Set<string>()
  const marks = { formulas: 'KaTeX parse error', letters: 'KaTeX_Main', diagrams: 'flowchart-elk' }
  page.on('requestfinished', async (request) => {
    const url = request.url()
    if (!url.includes('/_app/')) return
    const body = /\.(?:js|css)$/.test(url) ? ((await (await request.response())?.text()) ?? '') : url
    for (const [what, mark] of Object.entries(marks)) if (body.includes(mark)) loaded.add(what)
  })
  await ask(page, 'say exactly: It is $5 or $6, **so** `$x$`:\n\n| a |\n|---|\n| $7 |\n\n```ts\nlet x = 1\n```')
  await answers(page).locator('.hl-keyword').waitFor()
  await page.reload({ waitUntil: 'networkidle' })
  await answers(page).locator('.hl-keyword').waitFor()
  expect([...loaded]).toEqual([])
  await ask(page, 'say exactly: $x^2$')
  await answers(page).locator('.katex').waitFor()
  await expect.poll(() => [...loaded].sort()).toEqual(['formulas', 'letters'])
  await ask(page, `say exactly: ${diagram('graph LR\n  Ebb --> Flood')}`)
  await answers(page).getByRole('img', { name: 'Diagram: graph' }).waitFor()
  await expect.poll(() => [...loaded].sort()).toEqual(['diagrams', 'formulas', 'letters'])
  expect(complaints).toEqual([])
})

const diagram = (code: string) => `\`\`\`mermaid\n${code}\n\`\`\``

test('a diagram a little wider than a phone is seen whole, and a much wider one stays legible', async () => {
  const { page } = await visit(browser, { viewport: { width: 390, height: 844 } })
  const wide = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'].join(' --> ')
  const texts = ['sequenceDiagram\n  Ada->>Bea: Hello\n  Bea-->>Ada: Hi', `graph LR\n  ${wide}`].map(diagram)
  await ask(page, `say exactly: ${texts.join('\n\n')}`)
  const room = (kind: string) => answers(page).getByRole('region', { name: `Diagram: ${kind}` })
  const beyond = (kind: string) => room(kind).evaluate((element) => element.scrollWidth - element.clientWidth)
  await room('sequenceDiagram').waitFor()
  expect(await beyond('sequenceDiagram')).toBeLessThanOrEqual(0)
  await room('graph').waitFor()
  expect(await beyond('graph')).toBeGreaterThan(100)
})

// What hostile ones would do is in the corpus of hostile.test.ts.
test('a diagram is drawn as an image in the colours of the theme, its code a press away; what is none stays code', async () => {
  const { page, complaints } = await visit(browser, { colorScheme: 'light' })
  const texts = ['no diagram at all', 'graph LR\n  Harbour -->|tide| Lighthouse'].map(diagram)
  await ask(page, `say exactly: ${texts.join('\n\n')}`)
  const drawn = answers(page).getByRole('img', { name: 'Diagram: graph' })
  await drawn.waitFor()
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
  await expect.poll(async () => (await svg()).includes('31,51,44')).toBe(true)
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

test('what comes at once is shown from frame to frame; who wants less motion gets it at once', async () => {
  const { page } = await visit(browser)
  // Frames pass when the test says so.
  await page.clock.install()
  const turn = await pourInto(page)
  const text = 'It rises and falls. '.repeat(25).trim()
  const open = async (path: string) => {
    await page.clock.resume()
    await page.goto(path)
  }
  const begin = async () => {
    await open('/chat')
    await page.getByRole('heading', { name: 'What shall we look at closely?' }).waitFor()
    await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1000)
    await say(page, 'tides')
    await answers(page).waitFor()
    await questions(page).getByText('tides').waitFor()
    await page.waitForURL(/chat\/./)
    await turn.accepted()
    turn.pour(text)
    await answers(page).locator('.markdown').waitFor({ state: 'attached' })
  }

  await begin()
  const lengths = [await textLength(page)]
  while (lengths.at(-1) !== text.length && lengths.length < 200) {
    await page.clock.runFor(16)
    lengths.push(await textLength(page))
  }
  turn.end()
  // A frame that takes no time shows a letter.
  expect(lengths[0]).toBeLessThan(2)
  expect(lengths.at(-1)).toBe(text.length)
  expect(lengths.length).toBeGreaterThan(10)
  const steps = lengths.slice(1).map((length, at) => length - (lengths[at] ?? 0))
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...steps)).toBeLessThan(text.length / 4)

  await page.emulateMedia({ reducedMotion: 'reduce' })
  await begin()
  await expect.poll(() => textLength(page)).toBe(text.length)
  turn.end()

  await page.emulateMedia({ reducedMotion: 'no-preference' })
  await open('/settings/look')
  await page.getByRole('group', { name: 'Motion' }).getByLabel('As little as possible').check()
  await begin()
  await expect.poll(() => textLength(page)).toBe(text.length)
  turn.end()
  turn.close()
})

test('the page follows an answer until the reader moves, and again when they ask for it', async () => {
  const { page } = await visit(browser, { viewport: { width: 900, height: 500 } })
  await say(page, 'write 700 words about the harbour')
  await expect.poll(() => scroller(page).evaluate((element) => element.scrollTop)).toBeGreaterThan(50)
  expect(await leftPx(page)).toBeLessThan(2)
  await page.mouse.move(500, 200)
  await page.mouse.wheel(0, -30)
  await page.getByRole('button', { name: 'Jump to the newest message' }).waitFor()
  const top = await stillTop(page)
  const before = await textLength(page)
  await expect.poll(() => textLength(page)).toBeGreaterThan(before + 300)
  expect(await scroller(page).evaluate((element) => element.scrollTop)).toBe(top)
  await page.getByRole('button', { name: 'Jump to the newest message' }).click()
  await expect.poll(() => leftPx(page)).toBeLessThan(2)
  const again = await textLength(page)
  await expect.poll(() => textLength(page)).toBeGreaterThan(again + 100)
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
  await expect.poll(() => leftPx(page)).toBeLessThan(2)
  const [shrunk = 0, grown = 0] = await pad(0, 300)
  expect(grown).toBeGreaterThanOrEqual(shrunk)
  await expect.poll(() => leftPx(page)).toBeLessThan(2)
})

test('who asks with files, edits what they said or asks again is led to what comes', async () => {
  const { page, email } = await visit(browser, { viewport: { width: 900, height: 600 } })
  const long = 'Many words. '.repeat(200)
  await importArchive(inject('apiUrl'), { email, password }, archiveOf('Camping', ['Well?', long, 'And?', long]))
  await page.reload()
  await page.locator('aside').getByRole('link', { name: 'Camping' }).click()
  await answers(page).nth(1).waitFor()
  const goUp = async () => {
    await scroller(page).evaluate((element) => element.scrollTo({ top: 0 }))
    await page.getByRole('button', { name: 'Jump to the newest message' }).waitFor()
  }
  await goUp()
  await page
    .getByLabel('Attach files')
    .setInputFiles([{ name: 'packing list.txt', mimeType: 'text/plain', buffer: Buffer.from('Take the blue tent.') }])
  // Its name stands there while it is on its way, and nothing is sent before it has arrived: then it can be saved.
  await page.getByRole('button', { name: 'Save packing list.txt' }).waitFor()
  await ask(page, 'say exactly: and the tent')
  await questions(page).last().getByRole('button', { name: 'Save packing list.txt' }).waitFor()
  await expect.poll(() => leftPx(page)).toBeLessThan(2)
  await goUp()
  await questions(page).nth(1).hover()
  await questions(page).nth(1).getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Edit the message').fill(`write 9 words about tents. ${long}`)
  await page.getByRole('button', { name: 'Send again' }).click()
  await expect.poll(() => questions(page).count()).toBe(2)
  await answered(page)
  await expect.poll(() => leftPx(page)).toBeLessThan(2)
  await goUp()
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('combobox').fill('regenerate')
  await page.keyboard.press('Enter')
  await answers(page).last().getByText('2/2').waitFor()
  await answered(page)
  await expect.poll(() => leftPx(page)).toBeLessThan(2)
})

test('a long message shows its beginning until more is asked for, or found in it', async () => {
  const { page, email } = await visit(browser, { viewport: { width: 900, height: 600 } })
  const log = Array.from({ length: 120 }, (_, at) => `${at} GET /tides 200`).join('\n')
  const texts = [log, 'Much of the same.', 'Short?', 'Yes.']
  await importArchive(inject('apiUrl'), { email, password }, archiveOf('A log', texts))
  await page.reload()
  await page.locator('aside').getByRole('link', { name: 'A log' }).click()
  const [long, short] = [questions(page).first(), questions(page).last()]
  await short.waitFor()
  const more = (name: string) => long.getByRole('button', { name, exact: true })
  const bubble = long.locator('.bubble')
  const height = () => bubble.evaluate((element) => element.clientHeight)
  expect(await height()).toBeLessThan(500)
  const gapPx = await bubble.evaluate(({ children: [text, button] }) =>
    text && button ? button.getBoundingClientRect().top - text.getBoundingClientRect().bottom : NaN,
  )
  expect(gapPx).toBeLessThan(8)
  expect(await more('Show more').getAttribute('aria-expanded')).toBe('false')
  expect(await bubble.textContent()).toContain('119 GET')
  expect(await short.getByRole('button', { name: 'Show more' }).count()).toBe(0)

  const topOf = (locator: Locator) => locator.evaluate((element) => element.getBoundingClientRect().top)
  const before = await topOf(bubble)
  await more('Show more').click()
  await more('Show less').waitFor()
  expect(await height()).toBeGreaterThan(2500)
  expect(await topOf(bubble)).toBe(before)
  await more('Show less').scrollIntoViewIfNeeded()
  const pressedAt = await topOf(more('Show less'))
  await more('Show less').click()
  await more('Show more').waitFor()
  expect(Math.abs((await topOf(more('Show more'))) - pressedAt)).toBeLessThan(2)

  // What a browser does for what it finds: it scrolls what does not show it. There it stays in its place.
  await page.getByRole('button', { name: 'Jump to the newest message' }).click()
  await expect.poll(() => leftPx(page)).toBeLessThan(2)
  const foundAt = await bubble.evaluate((element) => {
    const text = element.querySelector('.folded') as HTMLElement
    text.scrollTop = 900
    return text.getBoundingClientRect().top - text.scrollTop
  })
  await more('Show less').waitFor()
  expect(Math.abs((await topOf(bubble.locator('div'))) - foundAt)).toBeLessThan(2)
})

test('opening long code leaves its button where it was pressed', async () => {
  const { page } = await visit(browser, { viewport: { width: 900, height: 500 } })
  await ask(page, `say exactly: \`\`\`\n${'line\n'.repeat(90)}\`\`\``)
  const first = answers(page).locator('.code figcaption')
  const at = () => first.evaluate((element) => element.getBoundingClientRect().top)
  const before = await at()
  await answers(page).getByRole('button', { name: 'Show all 90 lines' }).click()
  await answers(page).getByRole('button', { name: 'Show less' }).waitFor()
  await expect.poll(() => leftPx(page)).toBeGreaterThan(500)
  expect(await at()).toBe(before)
})

test('code is coloured in both themes, wraps when asked to, and is copied as it is; an answer is as Markdown', async () => {
  const { page } = await visit(browser, {
    colorScheme: 'light',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const line = `const route = "${'far and '.repeat(30)}out" // <b>`
  const code = ['/* the tide */', line, '', '\tif (route) return 42', ...Array<string>(30).fill('sail()')].join('\n')
  const answer = `So **sail**:\n\n\`\`\`ts\n${code}\n\`\`\`\n\n- [x] done`
  await ask(page, `say exactly: ${answer}`)
  const figure = answers(page).locator('.code')
  expect(await figure.locator('.language').textContent()).toBe('ts')

  await figure.locator('.hl-keyword').first().waitFor()
  const scopes = ['keyword', 'string', 'number', 'comment']
  const colours = () =>
    figure
      .locator('code')
      .evaluate(
        (element, scopes) =>
          [element, ...scopes.map((scope) => element.querySelector(`.hl-${scope}`) as Element)].map(
            (one) => getComputedStyle(one).color,
          ),
        scopes,
      )
  const light = await colours()
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await colours()
  expect(new Set([...light, ...dark]).size).toBe(2 * light.length)

  const wider = () => figure.locator('pre').evaluate((element) => element.scrollWidth - element.clientWidth)
  expect(await wider()).toBeGreaterThan(0)
  await figure.getByRole('button', { name: 'Wrap', pressed: false }).click()
  expect(await wider()).toBe(0)
  await figure.getByRole('button', { name: 'Wrap', pressed: true }).click()
  expect(await wider()).toBeGreaterThan(0)

  const copied = () => page.evaluate(() => navigator.clipboard.readText())
  await figure.getByRole('button', { name: 'Copy' }).click()
  await figure.getByRole('button', { name: 'Copied' }).waitFor()
  expect(await copied()).toBe(code)
  await answers(page).locator('.actions').getByRole('button', { name: 'Copy' }).click()
  await expect.poll(copied).toBe(answer)
  await questions(page).hover()
  await questions(page).getByRole('button', { name: 'Copy' }).click()
  await expect.poll(copied).toBe(`say exactly: ${answer}`)
})

test('the items of a tight list stand close, also those within one, and of a loose one apart', async () => {
  const { page } = await visit(browser)
  await ask(
    page,
    'say exactly: - ebb\n- flood\n  - spring\n  - neap\n\nAnd:\n\n1. north\n\n   or so\n\n2. south\n\nStill:\n\n- [x] rope\n- [ ] anchor',
  )
  const tasks = answers(page).getByRole('checkbox')
  expect(await tasks.evaluateAll((boxes) => boxes.map((box) => (box as HTMLInputElement).checked))).toEqual([
    true,
    false,
  ])
  expect(await answers(page).getByRole('checkbox', { disabled: true }).count()).toBe(2)
  const [tight = [], loose = []] = await answers(page)
    .locator('.section > :is(ul, ol)')
    .evaluateAll((lists) =>
      lists.map((list) => {
        const boxes = [...list.querySelectorAll('p')].map((line) => line.getBoundingClientRect())
        return boxes.slice(1).map(({ top }, at) => top - (boxes[at]?.bottom ?? 0))
      }),
    )
  expect(tight).toHaveLength(3)
  for (const px of tight) expect(px).toBeLessThan(6)
  expect(loose).toHaveLength(2)
  for (const px of loose) expect(px).toBeGreaterThan(10)
})

test('a footnote is a press away, and so is the way back; every message has its own', async () => {
  const { page, email } = await visit(browser, { viewport: { width: 900, height: 500 } })
  const answer = `Tides[^a] and moons[^b].\n\n${'And so on. '.repeat(150)}\n\n[^a]: They rise.\n[^b]: They *pull*.`
  await importArchive(inject('apiUrl'), { email, password }, archiveOf('Moons', ['So?', answer, 'And?', answer]))
  await page.reload()
  await page.locator('aside').getByRole('link', { name: 'Moons' }).click()
  await expect.poll(() => answers(page).getByRole('region', { name: 'Footnotes' }).count()).toBe(2)
  const ids = await page.locator('main [id]').evaluateAll((elements) => elements.map(({ id }) => id))
  expect(new Set(ids).size).toBe(ids.length)
  const inView = (element: Element) => {
    const { top, bottom } = element.getBoundingClientRect()
    const [above, below] = ['.scroll', '.foot'].map((part) => document.querySelector(part)?.getBoundingClientRect().top)
    return top >= (above ?? 0) && bottom <= (below ?? 0)
  }
  for (const message of [answers(page).first(), answers(page).last()]) {
    const reference = message.getByRole('link', { name: 'Footnote 2' })
    const note = message.getByRole('region', { name: 'Footnotes' }).getByRole('listitem').nth(1)
    await reference.click()
    await expect.poll(() => note.evaluate(inView)).toBe(true)
    expect(await reference.evaluate(inView)).toBe(false)
    await note.getByRole('button', { name: 'Back to the text' }).click()
    await expect.poll(() => reference.evaluate(inView)).toBe(true)
    expect(await reference.evaluate((element) => element === document.activeElement)).toBe(true)
  }
})

test('who listens hears whole sentences, each once, without marks, and how it ended', async () => {
  const { page } = await visit(browser)
  const said = await listen(page)
  await ask(
    page,
    'say exactly: # Tides\n\nThey **rise**. They [fall](https://a.bc)!\n\n```js\nlet x\n```\n\n- And so on',
  )
  await expect.poll(async () => (await said()).at(-1)).toBe('The answer is complete.')
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

test('the way to the newest is there only while there is something below', async () => {
  const { page } = await visit(browser)
  const newest = page.getByRole('button', { name: 'Jump to the newest message' })
  const turnTo = async (name: string, shown: string) => {
    await answers(page).getByRole('button', { name }).click()
    await answers(page).getByText(shown).waitFor()
  }
  await ask(page, 'say exactly: a short one')
  await answers(page).getByRole('button', { name: 'Regenerate' }).click()
  await answers(page).getByText('2/2').waitFor()
  await answered(page)
  await turnTo('Previous version', '1/2')
  // A frame after the turn, when all has been laid out.
  await page.evaluate(() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go))))
  expect(await newest.count()).toBe(0)
  await page.setViewportSize({ width: 900, height: 300 })
  await scroller(page).evaluate((element) => element.scrollTo({ top: 0 }))
  await newest.waitFor()
  await page.setViewportSize({ width: 900, height: 900 })
  await newest.waitFor({ state: 'detached' })
})

test('an answer that was stopped goes on when asked to', async () => {
  const { page } = await visit(browser)
  await dripping('about rain')
  await say(page, 'write 400 words about rain')
  await answers(page).locator('.markdown p').first().waitFor()
  await stopButton(page).click()
  await mendAll()
  await page.getByRole('button', { name: 'Continue' }).click()
  await answers(page).nth(1).getByText('Going on from').waitFor()
  await answered(page)
  expect(await questions(page).count()).toBe(2)
})

test('a conversation deleted in mid-answer is no longer listened to', async () => {
  const { page, complaints } = await visit(browser)
  const left = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/turns'))
  await dripping('about the sea')
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
  await mendAll()
})
