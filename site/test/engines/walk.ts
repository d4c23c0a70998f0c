import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until, type Engine } from './engine.ts'

type Urls = { api: string; site: string }
const password = 'Quiet-harbour-19'

const newPerson = async (api: string): Promise<string> => {
  const email = `${randomUUID()}@example.org`
  for (const [path, body] of [
    ['sign-up', { email, password }],
    ['confirm', { email, code: '123456' }],
  ] as const) {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${api}/auth/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  }
  return email
}

/** What a person does on a first day, step by step; each step's name is said, with a picture of where it led. */
export const walk = async (engine: Engine, { api, site }: Urls, pictures: string): Promise<string[]> => {
  const failed: string[] = []
  mkdirSync(pictures, { recursive: true })
  const picture = async (name: string) =>
    writeFileSync(join(pictures, `${engine.name}-${name}.png`), Buffer.from(await engine.picture(), 'base64'))
  const step = async (name: string, act: () => Promise<void>) => {
    try {
      await act()
      console.log(`  ✓ ${name}`)
    } catch (error) {
      failed.push(name)
      console.log(`  ✗ ${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
    await picture(name).catch(() => {})
  }
  const seen = (what: string, expression: string) => until(what, () => engine.value(expression))
  const shows = (text: string) =>
    seen(`“${text}” is shown`, `document.body.innerText.includes(${JSON.stringify(text)})`)
  const press = (selector: string) => engine.value(`document.querySelector(${JSON.stringify(selector)}).click()`)
  const fill = async (selector: string, text: string) => {
    await seen(`${selector} is there`, `!!document.querySelector(${JSON.stringify(selector)})`)
    await engine.value(`document.querySelector(${JSON.stringify(selector)}).focus()`)
    await engine.type(text)
  }
  const answered = (count: number) =>
    seen(
      `answer ${count} is complete`,
      `document.querySelectorAll('article [aria-label="Regenerate"]').length >= ${count}`,
    )
  const last = (what: string) => `[...document.querySelectorAll('article[aria-label=Answer]')].at(-1)?.${what}`

  const email = await newPerson(api)
  await step('sign in', async () => {
    await engine.goto(`${site}/sign-in`)
    await fill('input[name=email]', email)
    await fill('input[name=password]', `${password}\n`)
    await seen('the chat is open', `location.pathname === '/chat' && !!document.querySelector('h1')`)
  })
  await step('send and read Markdown', async () => {
    await fill('textarea', 'show me a table\n')
    await answered(1)
    await seen('a table is drawn', `!!${last(`querySelector('table')`)}`)
    await fill('textarea', 'show me some code\n')
    await answered(2)
    await seen('code has its colours', `!!${last(`querySelector('pre [class^=hl-]')`)}`)
  })
  await step('stop', async () => {
    await fill('textarea', 'write 600 words about rain\n')
    await seen('words come', `(${last('innerText.length')} ?? 0) > 80`)
    await press('button[aria-label=Stop]')
    await shows('You stopped this answer.')
  })
  await step('reload in mid-answer', async () => {
    await fill('textarea', 'write 400 words about wind\n')
    await seen('words come', `(${last('innerText.length')} ?? 0) > 80`)
    await engine.goto(String(await engine.value('location.href')))
    await answered(4)
    await seen('the answer is whole', `(${last('innerText.length')} ?? 0) > 1500`)
    await seen(
      'its end is in view',
      `(() => { const s = document.querySelector('.scroll'); return s.scrollHeight - s.scrollTop - s.clientHeight < 80 })()`,
    )
  })
  await step('find in page', async () => {
    const first = `document.querySelector('article[aria-label=Answer] table')`
    await seen('the first answer is off the screen', `${first}.getBoundingClientRect().bottom < 0`)
    await seen('it is found', `window.find(${first}.querySelector('td').textContent, false, false, true)`)
    await seen('it comes into view', `${first}.getBoundingClientRect().bottom > 0`)
  })
  await step('edit and branch', async () => {
    await press('article[aria-label=You]:last-of-type [aria-label=Edit], article[aria-label=You] [aria-label=Edit]')
    await seen('the editor is open', `!!document.querySelector('[aria-label="Edit the message"]')`)
    await engine.type(' again\n')
    await shows('2/2')
    await answered(1)
  })
  await step('the sidebar', async () => {
    await engine.goto(`${site}/chat`)
    await seen('the conversation stands there', `!!document.querySelector('aside a[href^="/chat/"]')`)
    await press('aside a[href^="/chat/"]')
    await seen('it opens', `location.pathname.length > 20 && document.querySelectorAll('article').length > 1`)
  })
  await step('a menu', async () => {
    await press('main header button[aria-haspopup=menu]')
    await seen('it is open', `!!document.querySelector('[role=menu]')?.checkVisibility()`)
    await engine.type('\uE00C')
    await seen('Escape closes it', `!document.querySelector('[role=menu]')?.checkVisibility()`)
  })
  await step('the palette', async () => {
    await engine.value(`document.querySelector('aside button[aria-label=Commands]').click()`)
    await seen('it is open', `document.activeElement?.getAttribute('role') === 'combobox'`)
    await engine.type('theme dark\n')
    await seen('the theme is dark', `getComputedStyle(document.documentElement).backgroundColor === 'rgb(25, 24, 22)'`)
  })
  await step('attach a file', async () => {
    await engine.goto(`${site}/chat`)
    await seen('files are taken', `!!document.querySelector('form.composer input[type=file]')`)
    await engine.value(`(() => {
      const input = document.querySelector('form.composer input[type=file]')
      const files = new DataTransfer()
      files.items.add(new File(['Take the blue tent.'], 'packing.txt', { type: 'text/plain' }))
      input.files = files.files
      input.dispatchEvent(new Event('change', { bubbles: true }))
    })()`)
    await seen('it is there', `!!document.querySelector('[aria-label="Save packing.txt"]')`)
    await fill('textarea', 'What shall I take?\n')
    await answered(1)
  })
  await step('a document', async () => {
    await engine.goto(`${site}/library`)
    await seen('the library is open', `!!document.querySelector('main input[type=file]')`)
    await engine.value(`(() => {
      const input = document.querySelector('main input[type=file]')
      const files = new DataTransfer()
      files.items.add(new File(['The ferry leaves Emden at nine.'], 'ferry.txt', { type: 'text/plain' }))
      input.files = files.files
      input.dispatchEvent(new Event('change', { bubbles: true }))
    })()`)
    await shows('Added')
  })
  await step('settings, from right to left', async () => {
    await engine.goto(`${site}/settings/look`)
    await seen('a choice of languages', `!!document.querySelector('select[name=locale]')`)
    await engine.value(`(() => {
      const select = document.querySelector('select[name=locale]')
      select.value = 'ar'
      select.dispatchEvent(new Event('change', { bubbles: true }))
    })()`)
    await seen('the page is in Arabic', `document.documentElement.dir === 'rtl'`)
    await seen('nothing is wider than the page', `document.documentElement.scrollWidth <= innerWidth`)
  })
  await step('what is kept is there offline', async () => {
    await seen('a service worker is at work', `navigator.serviceWorker?.ready.then(() => true)`)
  })
  await step('sign out', async () => {
    await engine.goto(`${site}/chat`)
    await seen('the page is there', `!!document.querySelector('.opening')`)
    await seen('something is kept', `caches.has('kept')`)
    await press('aside form[action="/sign-out"] button')
    await seen('the start page is there', `location.pathname === '/'`)
    await seen('nothing is kept', `caches.has('kept').then((has) => !has)`)
    await engine.goto(`${site}/chat`)
    await seen('the session is over', `location.pathname === '/sign-in'`)
  })
  return failed
}
