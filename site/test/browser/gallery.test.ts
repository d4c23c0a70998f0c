import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, inject, test } from 'vitest'
import { ask, breakIt, changeTables, composer, mendAll, newPerson, say, seen, signIn, visit } from './app.ts'
import { freePort } from '../../../worker/local/commands/ports.ts'
import { siteFolder, viteEntry } from '../../../worker/local/commands/places.ts'
import { launch } from './browser.ts'
import { attachments, documents, fill } from './gallery/content.ts'
import { take, write } from './gallery/take.ts'

/**
 * Takes the pictures of docs/gallery.md anew: GALLERY=1 npx -y pnpm@12 test site/test/browser/gallery.test.ts; with
 * GALLERY=part and -t those of some tests.
 */
const wanted = process.env['GALLERY'] !== undefined
const patience = 600_000

let browser: Browser
beforeAll(async () => {
  if (wanted) browser = await launch()
})
afterEach(() => mendAll())
afterAll(async () => {
  if (!wanted) return
  write(process.env['GALLERY'] === 'part')
  await browser.close()
})

const api = (path: string) => new RegExp(`^${inject('apiUrl')}${path}`)
const stranger = async (options: BrowserContextOptions = {}) =>
  (await browser.newContext({ baseURL: inject('siteUrl'), serviceWorkers: 'block', ...options })).newPage()
/** Somebody with a name, whom the owner's pages show too. */
const someone = (name: string) => visit(browser, {}, newPerson(name, `${name.toLowerCase()}@example.org`))
const at = async (page: Page, path: string, name: string, title: string) => {
  await page.goto(path)
  await take(page, name, title)
}

test.runIf(wanted)(
  'what strangers see',
  async () => {
    const page = await stranger()
    await at(page, '/', 'landing', 'The landing page')
    await at(await stranger({ locale: 'ar' }), '/', 'landing-arabic', 'The same, read from right to left')
    await at(page, '/sign-in', 'sign-in', 'Signing in')
    await at(page, '/sign-up', 'sign-up', 'Making an account')
    await page.getByLabel('E-mail address').fill('ada@example.org')
    await page.getByLabel('Password').fill('short')
    await page.getByRole('button', { name: 'Create account' }).click()
    await seen(page, 'Use at least 8 characters.').waitFor()
    await take(page, 'sign-up-wrong', 'A form that needs another look')
    await at(page, '/confirm?email=ada@example.org', 'confirm', 'Confirming an address')
    await at(page, '/forgot', 'forgot', 'A forgotten password')
    await at(page, '/reset?email=ada@example.org', 'reset', 'Choosing a new password')
    await at(page, '/status', 'status', 'How the service does')
    await at(page, '/nowhere', 'missing', 'A page that is not there')
    await at(page, '/offline', 'offline', 'With no network')
    await at(page, '/shared/nothing-is-behind-this', 'shared-gone', 'A shared link that has ended')
  },
  patience,
)

test.runIf(wanted)(
  'conversations, and what is kept beside them',
  async () => {
    const { page, email } = await someone('Ada')
    await take(page, 'first-run', 'The first visit')
    await at(page, '/assistants', 'assistants-none', 'No assistants yet')
    await at(page, '/library', 'library-none', 'An empty library')
    await at(page, '/search?q=nothing+like+it', 'search-none', 'Nothing found')
    await fill(email)
    await at(page, '/chat', 'chat', 'A new chat')
    await take(page, 'sidebar', 'The list of conversations', { each: () => rowMenu(page, 'Bread that rises') })
    await page.keyboard.press('Escape')
    await ask(page, 'Show me a table, some code and a formula')
    await take(page, 'conversation', 'A conversation')
    await page.getByRole('button', { name: 'Regenerate' }).last().click()
    await seen(page, '2/2').waitFor()
    await ask(page, 'show me some code')
    await take(page, 'branches', 'Code, and another answer beside the first')
    await page.keyboard.press('ControlOrMeta+k')
    await page.getByRole('combobox').waitFor()
    await take(page, 'palette', 'Commands')
    await page.keyboard.press('Escape')
    await take(page, 'models', 'Picking a model', { each: () => openMenu(page, /^Model:/) })
    await page.keyboard.press('Escape')
    await shareIt(page)
    await page.goto('/chat')
    await page.getByLabel('Attach files').setInputFiles(attachments)
    await composer(page).fill('What shall I take?')
    await page.getByRole('button', { name: 'View harbour.png' }).waitFor()
    await take(page, 'attachments', 'Files on their way')
    await composer(page).press('Enter')
    await page.getByRole('button', { name: 'Regenerate' }).waitFor()
    await take(page, 'attached', 'Files in a message')
    await ask(page, 'Please remember that I am allergic to nuts.')
    await page.getByLabel('Remember this?').waitFor()
    await take(page, 'remembering', 'Something to remember')
    await at(page, '/search?q=heat', 'search', 'Searching everything')
    await at(page, '/assistants', 'assistants', 'Assistants')
    await page.getByRole('button', { name: 'Edit Plain English' }).click()
    await take(page, 'assistant', 'Changing an assistant')
    await page.keyboard.press('Escape')
    await page.getByRole('article', { name: 'Plain English' }).getByRole('link').click()
    await page.getByRole('heading', { name: 'Plain English' }).waitFor()
    await take(page, 'assistant-opening', 'A conversation that begins with an assistant')
    await page.goto('/library')
    await page.getByLabel('Add documents').setInputFiles(documents)
    await seen(page, 'Added', { exact: true }).nth(2).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'New collection' }).click()
    const form = page.getByRole('dialog')
    await form.getByLabel('Name').fill('By sea and rail')
    await form.getByLabel('ferry timetable.txt').check()
    await take(page, 'collection', 'A collection of documents')
    await form.getByRole('button', { name: 'Save' }).click()
    await form.waitFor({ state: 'detached' })
    await take(page, 'library', 'The library')
    const memories = page.locator('#memories')
    await take(page, 'memories', 'Memories', { each: () => memories.evaluate(intoView) })
    await page.goto('/chat')
    await page.getByRole('button', { name: 'Documents', exact: true }).click()
    await ask(page, 'When does the ferry to Borkum leave Emden?')
    await take(page, 'cited', 'An answer from documents, with its sources')
  },
  patience,
)

/** A menu closes when the page changes its size. */
const openMenu = async (page: Page, button: RegExp) => {
  await page.keyboard.press('Escape')
  await page.locator('main').getByRole('button', { name: button }).click()
  await page.getByRole('menu').waitFor()
}

/** Where there is room for one of the two, the sidebar lies over the page. */
const openDrawer = async (page: Page) => {
  const button = page.locator('main').getByRole('button', { name: 'Open the sidebar' })
  if ((await button.isVisible()) && (await button.getAttribute('aria-expanded')) === 'false') await button.click()
}

const rowMenu = async (page: Page, title: string) => {
  await page.keyboard.press('Escape')
  await openDrawer(page)
  await page.locator('aside').getByRole('link', { name: title }).focus()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('menu').waitFor()
}

/** Shares the conversation that is open, and looks at what comes of it. */
const shareIt = async (page: Page) => {
  const each = () => openMenu(page, /^More for/)
  await take(page, 'menu', 'What can be done with a conversation', { each })
  await page.getByRole('menuitem', { name: 'Share' }).click()
  const dialog = page.getByRole('dialog', { name: 'Share' })
  await dialog.getByRole('button', { name: 'Create link' }).click()
  const link = await dialog.getByLabel('The link', { exact: true }).inputValue()
  await take(page, 'sharing', 'Sharing a copy')
  await page.keyboard.press('Escape')
  await at(await stranger(), new URL(link).pathname, 'shared', 'What was shared, for whoever has the link')
}

test.runIf(wanted)(
  'settings, and the owner’s pages',
  async () => {
    const { page, email } = await someone('Grace')
    await fill(email)
    await ask(page, 'write 300 words about rain')
    await at(page, '/settings', 'settings', 'Settings: the account')
    await at(page, '/settings/look', 'settings-look', 'Settings: the look')
    await at(page, '/settings/chat', 'settings-chat', 'Settings: model, instructions and memory')
    await at(page, '/settings/spending', 'settings-spending', 'Settings: spending')
    await at(page, '/settings/data', 'settings-data', 'Settings: data')
    await page.goto('/settings/keys')
    await page.getByLabel('What it is for').fill('my editor')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByLabel('The new key').waitFor()
    await take(page, 'settings-keys', 'Settings: keys for other programs')
    await at(page, '/settings/security', 'settings-security', 'Settings: security')
    const owner = await stranger({ locale: 'en-GB' })
    await owner.goto('/sign-in')
    await signIn(owner, 'demo@macro.local', 'Demo-passw0rd')
    await owner.waitForURL('**/chat')
    await at(owner, '/admin', 'admin', 'For the owner: the board')
    const spent = owner.getByRole('heading', { name: 'Spending' })
    await take(owner, 'admin-spent', 'For the owner: what was spent', { each: () => spent.evaluate(intoView) })
    await at(owner, '/admin/people', 'admin-people', 'For the owner: people')
    await owner.goto('/admin/invitations')
    await owner.getByRole('button', { name: 'Create invitation' }).click()
    await owner.getByRole('article').waitFor()
    await take(owner, 'admin-invitations', 'For the owner: invitations')
    await at(owner, '/admin/instance', 'admin-instance', 'For the owner: everybody’s budget')
  },
  patience,
)

test.runIf(wanted)(
  'the archive',
  async () => {
    const { page, email } = await someone('Mary')
    await fill(email)
    await page.reload()
    for (const title of ['Bread that rises', 'A letter to the council']) {
      await page.locator('aside').getByRole('link', { name: title }).focus()
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      const taken = page.waitForResponse((response) => response.request().method() === 'PATCH')
      await page.getByRole('menuitem', { name: 'Archive' }).click()
      await taken
    }
    await page.goto('/chat')
    // Before the page is alive no key is heard.
    await page.locator('aside').getByRole('listitem').first().waitFor()
    await page.keyboard.press('ControlOrMeta+k')
    await page.getByRole('combobox').fill('archived')
    await page.keyboard.press('Enter')
    await page.locator('aside').getByRole('link', { name: 'Bread that rises' }).waitFor()
    await take(page, 'archive', 'What was put into the archive', { each: () => openDrawer(page) })
  },
  patience,
)

test.runIf(wanted)(
  'the parts of the design',
  async () => {
    const port = String(await freePort())
    const api = inject('apiUrl')
    const keys = { API_URL: api, PUBLIC_API_URL: api, SESSION_KEYS: randomBytes(32).toString('base64url') }
    const site = spawn(process.execPath, [viteEntry, 'dev', '--strictPort', '--port', port], {
      cwd: siteFolder,
      env: { ...process.env, NODE_ENV: 'development', ...keys },
    })
    try {
      await new Promise<void>((ready) => {
        createInterface(site.stdout).on('line', (line) => line.includes(port) && ready())
      })
      const page = await stranger({ baseURL: `http://127.0.0.1:${port}` })
      await page.goto('/design')
      // The colours come with the scripts.
      await page.waitForFunction(() => document.querySelector('.swatches i[style]'))
      await take(page, 'design', 'The parts of the design, for those who work on it', { loading: true })
    } finally {
      site.kill()
    }
  },
  patience,
)

test.runIf(wanted)(
  'when something is not well',
  async () => {
    const { page } = await someone('Hedy')
    await ask(page, 'say exactly: all is well')
    await page.route(api('/turns'), (route) =>
      route.fulfill({
        status: 402,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'budget_exhausted', cap: 'user-day', resetsAt: '2030-01-01T00:00:00Z' }),
        headers: { 'access-control-allow-origin': inject('siteUrl') },
      }),
    )
    await say(page, 'And tomorrow?')
    await seen(page, 'You haven’t been charged.').waitFor()
    await take(page, 'used-up', 'A budget that is used up')
    await page.unroute(api('/turns'))
    await breakIt({ target: 'model', kind: 'cut', times: 1, ms: 1500 })
    await say(page, 'write 300 words about rain')
    await seen(page, 'The answer was cut off here.').waitFor()
    await take(page, 'cut-off', 'An answer that was cut off')
    await breakIt({ target: 'database', kind: 'down' })
    await page.reload()
    await seen(page, 'Waking up').first().waitFor()
    await take(page, 'waking', 'The database can’t be reached', { loading: true })
    await mendAll()
    await page.route(api('/conversations/'), () => {})
    await page.reload()
    await seen(page, 'This is taking longer than usual').waitFor({ state: 'visible' })
    await take(page, 'slow', 'A slow network', { loading: true })
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.reload()
    await page.getByRole('button', { name: 'Regenerate' }).last().waitFor()
    await page.context().clearCookies()
    await page.route(api('/turns'), (route) => route.fulfill({ status: 401, body: '{}' }))
    await say(page, 'Is anybody there?')
    await seen(page, 'Sign in again to continue; your draft is kept.').first().waitFor()
    await take(page, 'signed-out', 'The session is over', { loading: true })
  },
  patience,
)

const intoView = (element: Element) => element.scrollIntoView()

/** A day near the end of a free tier, and a month past three quarters of its budget. */
const running = {
  ladder: { step: 'cheaper', reason: 'said by the page', share: 0.76, resetsAt: '2027-01-01T00:00:00.000Z' },
  reductions: ['api', 'documents', 'files'].map((gate) => ({
    ...{ gate, resource: 'workers.requests', service: 'Cloudflare Workers', metric: 'requests', period: 'day' },
    ...{ share: 0.92, resetsAt: '2027-01-01T00:00:00.000Z' },
  })),
}

/** A message as a mail program shows it. */
const mailPage = ({ from, to, subject, text }: { from: string; to: string[]; subject: string; text: string }) => {
  const escaped = (words: string) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<!doctype html><meta name="viewport" content="width=device-width"><style>:root { color-scheme: light dark }
    body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 1.5rem auto; padding: 0 1rem }
    pre { font: inherit; white-space: pre-wrap; overflow-wrap: anywhere }</style>
    <h1>${escaped(subject)}</h1><p>${escaped(from)} → ${escaped(to.join(', '))}</p><pre>${escaped(text)}</pre>`
}

test.runIf(wanted)(
  'what the owner is told, and what everybody sees of it',
  async () => {
    const owner = await stranger({ locale: 'en-GB' })
    await owner.goto('/sign-in')
    await signIn(owner, 'demo@macro.local', 'Demo-passw0rd')
    await owner.waitForURL('**/chat')
    await changeTables(`insert into users (id, email) select gen_random_uuid(), 'crowd-' || n || '@example.test'
      from generate_series(1, 9000) n`)
    try {
      await at(owner, '/admin', 'admin-resting', 'For the owner: the board while something rests')
      await at(await stranger(), '/status', 'status-resting', 'How the service does while something rests')
      const local = `${inject('apiUrl')}/cdn-cgi/local`
      await fetch(`${local}/scheduled`)
      const mails = `${local}/explorer/api/local/email/sending`
      const told = (await (await fetch(mails)).json()) as { result: { messageId: string; subject: string }[] }
      const id = told.result.find(({ subject }) => subject.includes('Cognito'))?.messageId ?? ''
      const sent = await fetch(`${mails}?email_id=${encodeURIComponent(id)}`)
      const { result: alert } = (await sent.json()) as { result: Parameters<typeof mailPage>[0] }
      const mail = await stranger()
      await mail.setContent(mailPage(alert))
      await take(mail, 'alert', 'An alert, as its e-mail is read')
      const link = /http\S+\/stop\/\S+/.exec(alert.text)?.[0] ?? ''
      await at(mail, link, 'stop', 'The kill switch behind the link in an alert')
    } finally {
      await changeTables(`delete from users where email like 'crowd-%@example.test'`)
      // The board looks again, and nothing rests any more.
      await owner.goto('/admin')
      await seen(owner, 'Everything works. No limit is near.').waitFor()
    }
  },
  patience,
)

test.runIf(wanted)(
  'what rests near the end of a free tier',
  async () => {
    const { page } = await someone('Emmy')
    await ask(page, 'Show me a table, some code and a formula')
    await page.route(api('/me'), async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, json: { ...((await response.json()) as object), running } })
    })
    await page.reload()
    await seen(page, 'Why, and what still works').click()
    await take(page, 'resting', 'What rests near the end of a free tier, and why')
  },
  patience,
)
