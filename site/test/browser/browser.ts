import packaged from '@sparticuz/chromium'
import { accessSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

export type { Browser, CDPSession, Page } from 'playwright-core'

const installed = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const exists = (path: string | undefined): path is string => {
  try {
    accessSync(path ?? '')
    return true
  } catch {
    return false
  }
}

/** How long a page has for what a test waits for, in ms: a busy machine may stand still for a while. */
const patience = 60_000

/** A browser of this machine, else the one inside an npm package: nothing is downloaded. */
export const launch = async (more: readonly string[] = []): Promise<Browser> => {
  const browser = await chromium.launch({
    executablePath: installed.find(exists) ?? (await packaged.executablePath()),
    args: [
      '--headless',
      // Root, as in a container, has no sandbox to offer; the only pages opened are our own.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // A page begins blank, and would leave that for the site in a second process: a third of what a new page costs.
      '--process-per-site',
      '--renderer-process-limit=1',
      ...more,
    ],
  })
  const newContext = browser.newContext.bind(browser)
  browser.newContext = async (options) => {
    const context = await newContext(options)
    context.setDefaultTimeout(patience)
    return context
  }
  return browser
}

/** The same browser by its debugging port: its own context, which other tools open their pages in, is in reach then. */
export const attach = (port: number): Promise<Browser> => chromium.connectOverCDP(`http://127.0.0.1:${port}`)
