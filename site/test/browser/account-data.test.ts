import { readFile } from 'node:fs/promises'
import { deflateRawSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answers, ask, newPerson, password, seen, signIn, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const data = async (page: Page) => {
  await page.goto('/settings/data')
  await page.getByRole('table', { name: /in all/ }).waitFor()
}
const download = async (page: Page) => {
  const [got] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download everything' }).click(),
  ])
  return { name: got.suggestedFilename(), content: await readFile(await got.path()) }
}
const give = (page: Page, name: string, content: string | Buffer) =>
  page
    .getByLabel('File to import')
    .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) })
const sidebar = (page: Page) => page.getByRole('complementary')

test('everything is downloaded, erased, and comes back into a new account by import', async () => {
  const { page, email } = await visit(browser)
  await ask(page, 'say exactly: the tide is high')
  await data(page)
  const { name, content } = await download(page)
  expect(name).toMatch(/^macro-ai-\d{4}-\d\d-\d\d\.ndjson$/)
  expect(content.toString()).toContain('the tide is high')
  await seen(page, 'Complete:').waitFor()

  await page.getByRole('button', { name: 'Delete account …' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete your account?' })
  const erase = dialog.getByRole('button', { name: 'Erase everything' })
  await dialog.getByLabel('Password').fill('Wrong-passw0rd')
  expect(await erase.isDisabled()).toBe(true)
  await dialog.getByLabel(/^Type “.?erase everything.?”$/).fill('erase everything')
  await erase.click()
  await dialog.getByText('This is not right.').waitFor()
  await dialog.getByLabel('Password').fill(password)
  await erase.click()
  await page.waitForURL('**/sign-in?done=erased')
  await seen(page, 'Your account and everything in it have been erased').waitFor()
  await signIn(page, email)
  await page.getByRole('alert').getByText('not right').waitFor()

  await signIn(page, await newPerson())
  await page.waitForURL('**/chat')
  await data(page)
  await give(page, name, content)
  await seen(page, /Imported .?1 conversation.? with .?2 messages/).waitFor()
  await give(page, name, content)
  await seen(page, '1 was here already.').waitFor()
  await sidebar(page).getByRole('listitem').getByRole('link').click()
  await answers(page).getByText('the tide is high').waitFor()
})

test('what was deleted is found in the settings after a reload, and restored from there', async () => {
  const { page, complaints } = await visit(browser)
  const saidFirst = async (text: string) => {
    await page.goto('/chat')
    await ask(page, `say exactly: ${text}`)
    const row = sidebar(page).getByRole('listitem').filter({ hasText: text })
    await row.hover()
    await row.getByRole('button', { name: /^More for/ }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await seen(page, 'Conversation deleted').waitFor()
  }
  for (const text of ['high tide', 'low tide']) await saidFirst(text)
  await page.reload()
  await data(page)
  const room = page.getByRole('region', { name: 'Free up space' })
  const restore = room.getByRole('button', { name: /^Restore/ })
  await restore.nth(1).waitFor()
  expect(await room.getByRole('listitem').allInnerTexts()).toEqual([
    expect.stringContaining('low tide'),
    expect.stringContaining('high tide'),
  ])
  expect(await sidebar(page).getByText('tide').count()).toBe(0)

  // What comes into the place of a restored one has the focus, and in the end the sentence about them all.
  await restore.first().press('Enter')
  await seen(page, 'Conversation restored').waitFor()
  await sidebar(page)
    .getByRole('link', { name: /low tide/ })
    .waitFor()
  await room
    .getByRole('listitem')
    .filter({ hasText: 'low tide' })
    .getByRole('button', { name: /^Delete/ })
    .waitFor()
  const focused = () => page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.textContent)
  await expect.poll(focused).toMatch(/^Restore .*high tide/)
  await page.keyboard.press('Enter')
  await seen(page, 'Recently deleted').waitFor({ state: 'detached' })
  expect(await focused()).toMatch(/^A deleted conversation can be restored for 30 days/)
  await sidebar(page)
    .getByRole('link', { name: /high tide/ })
    .click()
  await answers(page).getByText('high tide', { exact: true }).waitFor()
  expect(complaints).toEqual([])
})

test('a download that breaks off says so, and can be tried again', async () => {
  const { page } = await visit(browser)
  await ask(page, 'say exactly: hello')
  await data(page)
  const cut = '{"type":"macro-ai-export","version":1}\n{"type":"me"}\n'
  await page.route('**/me/export', (route) =>
    route.fulfill({ headers: { 'access-control-allow-origin': '*' }, contentType: 'application/x-ndjson', body: cut }),
  )
  await page.getByRole('button', { name: 'Download everything' }).click()
  await seen(page, 'the file isn’t complete').waitFor()
  await page.unroute('**/me/export')
  const [got] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Try again' }).click(),
  ])
  expect((await readFile(await got.path())).toString()).toMatch(/"type":"end","lines":\d+}\n$/)
})

const chatGpt = (id: string, text: string) => ({
  conversation_id: id,
  title: `About ${id}`,
  create_time: 1_700_000_000,
  mapping: {
    root: { parent: null, message: null },
    [`${id}-q`]: {
      parent: 'root',
      message: {
        author: { role: 'user' },
        create_time: 1_700_000_001,
        content: { content_type: 'text', parts: [text] },
      },
    },
    [`${id}-a`]: {
      parent: `${id}-q`,
      message: {
        author: { role: 'assistant' },
        create_time: 1_700_000_002,
        content: { content_type: 'text', parts: ['so it was'] },
      },
    },
  },
})

/** A ZIP file of one deflated entry. */
const zipOf = (name: string, text: string): Buffer => {
  const packed = deflateRawSync(text)
  const [local, central, end] = [Buffer.alloc(30), Buffer.alloc(46), Buffer.alloc(22)]
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(8, 8)
  local.writeUInt16LE(name.length, 26)
  central.writeUInt32LE(0x02014b50, 0)
  central.writeUInt16LE(8, 10)
  central.writeUInt32LE(packed.length, 20)
  central.writeUInt16LE(name.length, 28)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(46 + name.length, 12)
  end.writeUInt32LE(30 + name.length + packed.length, 16)
  return Buffer.concat([local, Buffer.from(name), packed, central, Buffer.from(name), end])
}

test('what ChatGPT sends is taken as it is, ZIP file and all, in parts that the API can swallow', async () => {
  const { page } = await visit(browser)
  await data(page)
  const parts: number[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/me/import') && request.method() === 'POST')
      parts.push(request.postDataBuffer()?.length ?? 0)
  })
  const conversations = Array.from({ length: 5 }, (_, place) => chatGpt(`c${place}`, 'word '.repeat(150_000)))
  const branched = chatGpt('branches', 'how was it?')
  const answer = (text: string, create_time: number) => ({
    parent: 'branches-q',
    message: { author: { role: 'assistant' }, create_time, content: { content_type: 'text', parts: [text] } },
  })
  Object.assign(branched.mapping, { other: answer('or otherwise', 1_700_000_003) })
  const all = [...conversations, { ...branched, current_node: 'branches-a' }]
  const kept = page.getByRole('region', { name: 'Free up space' })
  await kept.getByText('Nothing of yours takes up space.').waitFor()
  expect(await kept.getByText('These take up the most space').count()).toBe(0)
  await give(page, 'export.zip', zipOf('conversations.json', JSON.stringify(all)))
  await seen(page, /Imported .?6 conversations.? with .?13 messages/).waitFor()
  expect(parts.length).toBeGreaterThan(1)
  expect(Math.max(...parts)).toBeLessThan(3_000_000)
  await kept.getByText('These take up the most space').waitFor()
  await kept.getByRole('listitem').filter({ hasText: 'About c3' }).getByText('November 14, 2023').waitFor()
  await sidebar(page).getByRole('link', { name: 'About c3' }).waitFor()
  await sidebar(page).getByRole('link', { name: 'About branches' }).click()
  await answers(page).getByText('so it was').waitFor()
  await answers(page).getByText('1/2').waitFor()
  await answers(page).getByRole('button', { name: 'Next version' }).click()
  await answers(page).getByText('or otherwise').waitFor()
})

test('an import that is stopped says how to go on with it', async () => {
  const { page } = await visit(browser)
  await data(page)
  await page.route('**/me/import', () => {})
  await give(page, 'conversations.json', JSON.stringify([chatGpt('c', 'word')]))
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await seen(page, 'import the same file again').waitFor()
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await give(page, 'conversations.json', JSON.stringify([chatGpt('c', 'word')]))
  await seen(page, /Imported .?1 conversation/).waitFor()
  expect(await seen(page, 'import the same file again').count()).toBe(0)
})

test('what is no export is refused in plain words, and changes nothing', async () => {
  const { page } = await visit(browser)
  await data(page)
  const files: [string, string | Buffer][] = [
    ['a.json', 'not json'],
    ['b.json', '[1, 2, 3]'],
    ['c.json', '{"hello": "there"}'],
    ['d.json', '[{"mapping": {"a": 1}}]'],
    ['e.zip', zipOf('conversations.json', '[{"mapping"')],
    ['f.zip', zipOf('other.json', '[]')],
    ['g.zip', Buffer.from('PK\u0003\u0004 and nothing more')],
    ['h.json', ''],
  ]
  for (const [name, content] of files) {
    await give(page, name, content)
    await page
      .getByRole('alert')
      .getByText(/This export can’t be read|Part of this file isn’t/)
      .waitFor()
    await page.reload()
    await page.getByLabel('File to import').waitFor({ state: 'attached' })
  }
  await page
    .getByRole('table', { name: /in all/ })
    .getByText('0 conversations')
    .waitFor()
})
