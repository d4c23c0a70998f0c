import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answered, answers, ask, composer, dripping, mendAll, questions, say, seen, stopButton, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

test('an answer streams in as Markdown, and its conversation stands in the sidebar', async () => {
  const { page, complaints } = await visit(browser, { locale: 'en-GB' })
  await ask(page, 'say exactly: # Tides\n\nThey **rise** and fall.')
  await answers(page).getByRole('heading', { name: 'Tides' }).waitFor()
  expect(await answers(page).locator('strong').textContent()).toBe('rise')
  expect(page.url()).toMatch(/\/chat\/[0-9a-f-]{36}$/)
  await page.locator('aside [aria-current=page]').waitFor()
  await page.getByTitle('What this conversation has cost so far').waitFor()
  expect(await answers(page).getByText('Offline demo model ·').textContent()).toMatch(/\d+ tokens in, \d+ out · ≈.£0/)
  expect(complaints).toEqual([])
})

test('stop keeps the part that was written', async () => {
  const { page } = await visit(browser)
  await dripping('about rain')
  await say(page, 'write 400 words about rain')
  await answers(page).locator('.markdown p').first().waitFor()
  await stopButton(page).click()
  await seen(page, 'You stopped this answer.').waitFor()
  const kept = await answers(page).locator('.markdown').textContent()
  expect(kept?.length).toBeGreaterThan(0)
  await page.reload()
  await seen(page, 'You stopped this answer.').waitFor()
  expect(await answers(page).locator('.markdown').textContent()).toBe(kept)
})

test('a reload in the middle of an answer finds it going on to its end', async () => {
  const { page } = await visit(browser)
  await dripping('about the sea')
  await say(page, 'write 150 words about the sea')
  await answers(page).locator('.markdown p').first().waitFor()
  await page.reload()
  await stopButton(page).waitFor()
  await mendAll()
  await answered(page)
  const words = (await answers(page).locator('.markdown').textContent())?.trim().split(/\s+/).length
  expect(words).toBeGreaterThan(140)
  expect(await answers(page).count()).toBe(1)
})

test('offline in the middle of an answer, the rest comes once the line is back', async () => {
  const { page } = await visit(browser)
  await dripping('about the sea')
  await say(page, 'write 150 words about the sea')
  await answers(page).locator('.markdown p').first().waitFor()
  await page.context().setOffline(true)
  await seen(page, 'You’re offline.').waitFor()
  const before = (await answers(page).locator('.markdown').textContent()) ?? ''
  await mendAll()
  await page.context().setOffline(false)
  await answered(page)
  const whole = (await answers(page).locator('.markdown').textContent()) ?? ''
  expect(whole.startsWith(before.trim().slice(0, 40))).toBe(true)
  expect(whole.trim().split(/\s+/).length).toBeGreaterThan(140)
  expect(await answers(page).count()).toBe(1)
})

test('what is said while offline is sent once the line is back', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: ready')
  await page.context().setOffline(true)
  await say(page, 'say exactly: said while offline')
  await seen(page, 'You’re offline.').first().waitFor()
  expect(await questions(page).last().textContent()).toContain('said while offline')
  await page.context().setOffline(false)
  await answers(page).getByText('said while offline').waitFor()
  expect(await questions(page).count()).toBe(2)
})

test('an edited message opens a branch, and the old one is a click away', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: first wording')
  await questions(page).hover()
  await questions(page).getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Edit the message').fill('say exactly: second wording')
  await page.getByRole('button', { name: 'Send again' }).click()
  await answers(page).getByText('second wording').waitFor()
  await answered(page)
  expect(await questions(page).getByRole('group', { name: 'Versions' }).textContent()).toContain('2/2')
  await questions(page).getByRole('button', { name: 'Previous version' }).click()
  await answers(page).getByText('first wording').waitFor()
  await page.reload()
  await answers(page).getByText('first wording').waitFor()
  expect(await questions(page).getByRole('group', { name: 'Versions' }).textContent()).toContain('1/2')
})

test('another answer stands beside the first', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: once more')
  await answers(page).getByRole('button', { name: 'Regenerate' }).click()
  await answers(page).getByText('2/2').waitFor()
  await answered(page)
  expect(await questions(page).count()).toBe(1)
  await answers(page).getByRole('button', { name: 'Previous version' }).click()
  await answers(page).getByText('1/2').waitFor()
})

test('a conversation is renamed in place, deleted, and brought back by undo', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: hello')
  const sidebar = page.locator('aside')
  const row = sidebar.getByRole('listitem')
  await row.hover()
  await row.getByRole('button', { name: /^More for/ }).click()
  await page.getByRole('menuitem', { name: 'Rename' }).click()
  await sidebar.getByLabel('Name of the conversation').fill('Harbour notes')
  await sidebar.getByLabel('Name of the conversation').press('Enter')
  await page.getByRole('heading', { name: 'Harbour notes' }).waitFor()
  await row.getByRole('button', { name: /^More for/ }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await seen(page, 'Conversation deleted').waitFor()
  expect(await row.count()).toBe(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await row.getByRole('link', { name: 'Harbour notes' }).waitFor()
  await page.reload()
  await row.getByRole('link', { name: 'Harbour notes' }).click()
  await answers(page).getByText('hello', { exact: true }).waitFor()
})

test('a draft outlives a reload, each in its own conversation', async () => {
  const { page } = await visit(browser)
  await composer(page).fill('for later')
  await page.reload()
  await page.getByRole('heading', { name: 'What shall we look at closely?' }).waitFor()
  expect(await composer(page).inputValue()).toBe('for later')
  await ask(page, 'say exactly: hello')
  expect(await composer(page).inputValue()).toBe('')
  await composer(page).fill('in here')
  await page.locator('aside').getByRole('link', { name: 'New chat' }).click()
  await page.getByRole('heading', { name: 'What shall we look at closely?' }).waitFor()
  expect(await composer(page).inputValue()).toBe('')
  await page.goBack()
  await answers(page).getByText('hello', { exact: true }).waitFor()
  expect(await composer(page).inputValue()).toBe('in here')
})

test('a second tab sees the answer that the first one asked for', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: one')
  const second = await page.context().newPage()
  await second.goto(page.url())
  await answers(second).getByText('one', { exact: true }).waitFor()
  await ask(page, 'say exactly: two')
  await answers(second).getByText('two', { exact: true }).waitFor()
  expect(await answers(second).count()).toBe(2)
})

test('a hostile answer becomes text: no element, no script, no request to anybody else', async () => {
  const { page, complaints } = await visit(browser)
  const strangers: string[] = []
  page.on('request', (request) => {
    if (!['127.0.0.1', 'localhost'].includes(new URL(request.url()).hostname)) strangers.push(request.url())
  })
  await ask(
    page,
    'say exactly: <img src="https://evil.example/a.png" onerror="document.title=1"> <script>document.title=2</script> ![b](https://evil.example/b.png) [c](javascript:document.title=3)',
  )
  expect(await answers(page).locator('img, script, iframe, [onerror], [href^="javascript:"]').count()).toBe(0)
  expect(await answers(page).textContent()).toContain('<img')
  expect(strangers).toEqual([])
  expect(complaints).toEqual([])
})

/** What the ledger says was reserved for the turn that said `text`. */
const reservedFor = async (text: string): Promise<number> => {
  const query = `select l.amount_micros from ledger l
    join messages answer on answer.turn_id = l.reservation_id join messages question on question.id = answer.parent_id
    where l.kind = 'reserve' and question.text = $1`
  const response = await fetch(`${inject('platformUrl')}/sql`, {
    method: 'POST',
    headers: {
      'neon-connection-string': 'postgresql://local:local@localhost/macro',
      'neon-raw-text-output': 'true',
      'neon-array-mode': 'true',
    },
    body: JSON.stringify({ query, params: [text] }),
  })
  const { rows } = (await response.json()) as { rows: [[string]] }
  return Number(rows[0][0])
}

test('before sending, the composer says what the message costs at most, and just that is reserved', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: the first answer, with ümläuts')
  const text = `What follows it? ${crypto.randomUUID()}`
  await composer(page).fill(text)
  const atMost = Number(await page.locator('main data').getAttribute('value'))
  await composer(page).press('Enter')
  await answers(page).nth(1).waitFor()
  await answered(page)
  expect(atMost).toBeGreaterThan(0)
  expect(await reservedFor(text)).toBe(atMost)
})
