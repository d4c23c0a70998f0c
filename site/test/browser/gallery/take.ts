import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Page } from 'playwright-core'

const docs = new URL('../../../../docs/', import.meta.url)
const folder = new URL('images/gallery/', docs)
const sizes = [
  [390, 844],
  [834, 1112],
  [1440, 900],
] as const
const themes = ['light', 'dark'] as const

const taken: { name: string; title: string }[] = []

const pageOfAll = new URL('gallery.md', docs)

type Section = { name: string; text: string }

/** What the gallery shows already. */
const known = (): Section[] =>
  readFileSync(pageOfAll, 'utf8')
    .split(/^(?=## )/m)
    .flatMap((text) => {
      const [, name] = /gallery\/(.+?)-390-light\.webp/.exec(text) ?? []
      return name ? [{ name, text: text.trimEnd() }] : []
    })

/**
 * The page as it stands, at every width and in both themes; `each` brings back what does not outlive a change of them.
 * What is still on its way may be what the picture shows.
 */
export const take = async (
  page: Page,
  name: string,
  title: string,
  { loading = false, each = async () => {} } = {},
) => {
  mkdirSync(folder, { recursive: true })
  const devtools = await page.context().newCDPSession(page)
  for (const [width, height] of sizes)
    for (const colorScheme of themes) {
      await page.setViewportSize({ width, height })
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await each()
      if (!loading) {
        await page.waitForLoadState('networkidle')
        await page.waitForFunction(() => document.querySelector('.skeleton') === null)
      }
      await settled(page)
      const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: 58 })
      writeFileSync(new URL(`${name}-${width}-${colorScheme}.webp`, folder), Buffer.from(data, 'base64'))
    }
  taken.push({ name, title })
}

/** Colours have changed with the theme, and whatever moves because of it, and because of that, has come to its end. */
const settled = (page: Page) =>
  page.evaluate(async () => {
    const frame = () => new Promise((go) => requestAnimationFrame(go))
    const moving = () => document.getAnimations().filter((one) => one instanceof CSSTransition)
    // A transition begins with the frame after the one that changed what it is of.
    do {
      await Promise.allSettled(document.getAnimations().map((one) => one.finished))
      await frame()
      await frame()
    } while (moving().length > 0)
  })

/** Writes the page that shows them all; `isPart`: of those that were not taken, what was there before stays. */
export const write = (isPart: boolean) => {
  const cell = (name: string, title: string, width: number, theme: string) =>
    `![${title}, ${theme}, ${width} px](images/gallery/${name}-${width}-${theme}.webp)`
  const sections = isPart ? known() : []
  for (const [at, { name, title }] of taken.entries()) {
    const text = [
      `## ${title}\n`,
      `| | ${sizes.map(([width]) => `${width.toLocaleString('en')} px`).join(' | ')} |`,
      `|---|${sizes.map(() => '---|').join('')}`,
      ...themes.map((theme) => `| ${theme} | ${sizes.map(([width]) => cell(name, title, width, theme)).join(' | ')} |`),
    ].join('\n')
    const place = (of: string | undefined) => sections.findIndex((section) => section.name === of)
    const before = place(taken[at - 1]?.name)
    if (place(name) >= 0) sections[place(name)] = { name, text }
    else sections.splice(before < 0 ? sections.length : before + 1, 0, { name, text })
  }
  for (const file of readdirSync(folder))
    if (!sections.some(({ name }) => sizes.some(([width]) => file.startsWith(`${name}-${width}-`))))
      rmSync(new URL(file, folder))
  const head = `# Gallery

Every page at 390, 834 and 1,440 px, light and dark. Taken anew, with this page, by
\`GALLERY=1 npx -y pnpm@12 test site/test/browser/gallery.test.ts\`; a part of it by \`GALLERY=part\` and \`-t\` with the name
of a test. The design’s parts are on one page at \`/design\` while \`pnpm dev\` runs.
`
  writeFileSync(pageOfAll, [head, ...sections.map(({ text }) => text)].join('\n') + '\n')
}
