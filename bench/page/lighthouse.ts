import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { attach, launch } from '../../site/test/browser/browser.ts'
import { freePort } from '../../worker/local/commands/ports.ts'
import { startBuilt } from '../../worker/local/test-stack.ts'
import { median } from '../cpu.ts'
import { wholes } from '../figures.ts'
import { signUp } from './visitor.ts'

/**
 * Lighthouse on the built site, as on a phone: `pnpm build`, then `node bench/page/lighthouse.ts [part of a path]
 * [--runs 5]`. It comes through npx at this version, as it is larger than all else that this repository needs.
 */
const lighthouse = 'lighthouse@12.2.3'
const least = 95
const kinds = ['performance', 'accessibility', 'best-practices', 'seo'] as const

type Report = {
  finalDisplayedUrl: string
  /** How quick Lighthouse found the machine to be: with less than 1,000 it warns that the score says more of that. */
  environment: { benchmarkIndex: number }
  categories: Record<(typeof kinds)[number], { score: number | null; auditRefs: { id: string; weight: number }[] }>
  audits: Record<string, { title: string; score: number | null; displayValue?: string }>
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '1' } },
})
const runs = Number(values.runs)
const [only = ''] = positionals

const folder = mkdtempSync(join(tmpdir(), 'lighthouse-'))
let count = 0

const audit = async (url: string, port: number): Promise<Report> => {
  const output = join(folder, `${count++}.json`)
  const args = ['-y', lighthouse, url, `--port=${port}`, '--disable-storage-reset', '--output=json']
  const child = spawn('npx', [...args, `--output-path=${output}`, '--quiet', `--only-categories=${kinds.join(',')}`], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await new Promise<void>((resolve, reject) => {
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`Lighthouse ended with ${code} on ${url}.`))))
  })
  return JSON.parse(readFileSync(output, 'utf8')) as Report
}

/** What cost points, so that one need not look for it. */
const lost = ({ categories, audits }: Report): string[] =>
  kinds.flatMap((kind) =>
    categories[kind].auditRefs
      .filter(({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 0.9)
      .map(({ id }) => `    ${kind}: ${audits[id]?.title} ${audits[id]?.displayValue ?? ''}`),
  )

const port = await freePort()
const { urls, stop } = await startBuilt()
const browser = await launch([`--remote-debugging-port=${port}`])
try {
  // The browser's own context, which Lighthouse opens its pages in.
  const same = await attach(port)
  const [context] = same.contexts()
  if (!context) throw new Error('The browser has no context of its own.')
  const page = await context.newPage()
  const strangers = ['/', '/sign-in', '/sign-up', '/forgot', '/status']
  const visited: string[] = ['/chat', '/settings', '/library', '/assistants', '/search']

  let missed = 0
  const say = async (path: string) => {
    if (!path.includes(only)) return
    const reports: Report[] = []
    for (let run = 0; run < runs; run++) reports.push(await audit(urls.site + path, port))
    const [report] = reports
    if (!report) return
    const arrived = new URL(report.finalDisplayedUrl).pathname
    if (arrived !== path) throw new Error(`${path} led to ${arrived}.`)
    const found = kinds.map((kind) => reports.map(({ categories }) => Math.round((categories[kind].score ?? 0) * 100)))
    const scores = found.map(median)
    const machine = reports.map(({ environment }) => Math.round(environment.benchmarkIndex))
    const said = kinds.map((kind, at) => `${kind} ${wholes(found[at] ?? [])}`)
    console.log(`${path.padEnd(24)} ${said.join('  ')}  machine ${wholes(machine)}`)
    // What somebody shared is for whoever has the link, and told to no search engine: that costs SEO's points.
    const judged = path.startsWith('/shared/') ? scores.slice(0, -1) : scores
    if (judged.every((score) => score >= least)) return
    missed++
    for (const line of lost(report)) console.log(line)
  }
  for (const path of strangers) await say(path)
  await signUp(page, urls)
  await page.getByLabel('Your message').fill('show me a table')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Regenerate' }).waitFor()
  const conversation = new URL(page.url()).pathname
  await page
    .locator('main header')
    .getByRole('button', { name: /^More for/ })
    .click()
  await page.getByRole('menuitem', { name: 'Share' }).click()
  await page.getByRole('button', { name: 'Create link' }).click()
  const link = await page.getByLabel('The link', { exact: true }).inputValue()
  await page.goto('about:blank')
  for (const path of [...visited, conversation, new URL(link).pathname]) await say(path)
  console.log(missed === 0 ? `All are at ${least} or above.` : `${missed} are below ${least} somewhere.`)
} finally {
  await browser.close()
  await stop()
}
