import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answers, ask, visit } from './app.ts'
import { launch } from './browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser?.close())

/** A PDF of pages with one line each. */
const pdf = (lines: string[]) => {
  const objects = ['<< /Type /Catalog /Pages 2 0 R >>', '', '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>']
  const kids = lines.map((line) => {
    const content = `BT /F1 12 Tf 72 700 Td (${line}) Tj ET`
    objects.push(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`)
    const fonts = '/Resources << /Font << /F1 3 0 R >> >>'
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${objects.length} 0 R ${fonts} >>`)
    return `${objects.length} 0 R`
  })
  objects[1] = `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${kids.length} >>`
  let file = '%PDF-1.4\n'
  const places = objects.map((object, at) => {
    const place = file.length
    file += `${at + 1} 0 obj\n${object}\nendobj\n`
    return `${String(place).padStart(10, '0')} 00000 n \n`
  })
  const size = objects.length + 1
  const end = `trailer << /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF`
  return Buffer.from(`${file}xref\n0 ${size}\n0000000000 65535 f \n${places.join('')}${end}`)
}

test('a PDF is added, asked, and cited; the citation leads to its page', async () => {
  const { page, complaints } = await visit(browser)
  await page.goto('/library')
  const lines = ['The ferry to Borkum leaves Emden at nine.', 'The lighthouse of Borkum was lit in 1879.']
  await page.getByLabel('Add documents').setInputFiles({
    name: 'borkum.pdf',
    mimeType: 'application/pdf',
    buffer: pdf(lines),
  })
  await page.getByText('Added', { exact: true }).waitFor()
  await page.getByText('2 passages', { exact: false }).first().waitFor()

  await page.goto('/chat')
  await page.getByRole('button', { name: 'Documents' }).click()
  await ask(page, 'When was the lighthouse of Borkum lit?')
  expect(await answers(page).last().textContent()).toContain('1879')
  await answers(page).last().locator('.citation').first().click()
  const passage = page.getByRole('dialog', { name: 'borkum.pdf' })
  await passage.getByRole('heading', { name: 'Page 2' }).waitFor()
  expect(await passage.locator('mark').textContent()).toBe(lines[1])
  expect(complaints).toEqual([])
})
