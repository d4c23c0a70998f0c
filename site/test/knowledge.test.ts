import fc from 'fast-check'
import { deflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { chunksOf } from '../src/lib/knowledge/chunker.ts'
import { readDocx } from '../src/lib/knowledge/docx.ts'
import { textOfHtml } from '../src/lib/knowledge/html.ts'
import { readPdf } from '../src/lib/knowledge/pdf.ts'

const words = (text: string) => text.match(/[\p{L}\p{N}]+/gu) ?? []

test('a document is cut at its headings, each passage under those it stands below, never across pages', () => {
  const text = '# Sea\n\n## Tides\n\nSpring tides are high.\n\n## Wind\n\nWest wind is wet.'
  expect(
    chunksOf([
      { page: 1, text },
      { page: 2, text: 'More wind.' },
    ]),
  ).toEqual([
    { text: 'Sea › Tides\n\nSpring tides are high.', page: 1 },
    { text: 'Sea › Wind\n\nWest wind is wet.', page: 1 },
    { text: 'Sea › Wind\n\nMore wind.', page: 2 },
  ])
})

test('code stays whole, and every part of a long table begins with its header', () => {
  const code = '```ts\nconst a = 1\n\nconst b = 2\n```'
  expect(chunksOf([{ text: `Before.\n\n${code}\n\nAfter.` }])[0]?.text).toContain(code)
  const rows = Array.from({ length: 400 }, (_, at) => `| ${at} | value ${at} |`)
  const parts = chunksOf([{ text: ['| n | v |', '| --- | --- |', ...rows].join('\n') }])
  expect(parts.length).toBeGreaterThan(3)
  for (const { text } of parts) expect(text).toMatch(/^\| n \| v \|\n\| --- \| --- \|/)
})

test('nothing that was written is lost, no passage is too long, and every one is whole text', () => {
  const paragraph = fc
    .array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), { maxLength: 200 })
    .map((list) => list.join(' '))
  fc.assert(
    fc.property(fc.array(paragraph, { maxLength: 8 }), (paragraphs) => {
      const text = paragraphs.map((one) => one.replace(/[#|`~]/g, '')).join('\n\n')
      const chunks = chunksOf([{ text }])
      for (const chunk of chunks) {
        expect(chunk.text.length).toBeLessThanOrEqual(4_000)
        expect(chunk.text.isWellFormed()).toBe(true)
      }
      expect(words(chunks.map((chunk) => chunk.text).join('')).join('')).toBe(words(text).join(''))
    }),
  )
})

test('of a page its words are read, and nothing of its scripts, styles or comments', () => {
  const html =
    '<head><title>x</title></head><h2>Tides &amp; moon</h2><script>alert(1)</script><p>High<br>low</p><!-- <b>no</b> --><style>p{}</style><ul><li>one<li>two</ul>'
  expect(textOfHtml(html)).toBe('## Tides & moon\n\nHigh\nlow\n\n- one\n- two')
  expect(textOfHtml('<script>never closed')).toBe('')
})

/** A zip archive of one packed entry. */
const zip = (name: string, content: string) => {
  const packed = deflateRawSync(content)
  const size = Buffer.byteLength(name)
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(size, 26)
  const central = Buffer.alloc(46)
  central.writeUInt32LE(0x02014b50, 0)
  central.writeUInt16LE(8, 10)
  central.writeUInt32LE(packed.length, 20)
  central.writeUInt16LE(size, 28)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(30 + size + packed.length, 16)
  return new Uint8Array(Buffer.concat([local, Buffer.from(name), packed, central, Buffer.from(name), end]))
}

test('a Word document is read with its headings and tables', async () => {
  const paragraph = (text: string, style = '') =>
    `<w:p><w:pPr>${style && `<w:pStyle w:val="${style}"/>`}</w:pPr><w:r><w:t>${text}</w:t></w:r></w:p>`
  const cell = (text: string) => `<w:tc>${paragraph(text)}</w:tc>`
  const table = `<w:tbl><w:tr>${cell('Day')}${cell('Tide')}</w:tr><w:tr>${cell('1')}${cell('high')}</w:tr></w:tbl>`
  const xml = `<w:document><w:body>${paragraph('Sea &amp; moon', 'Heading1')}${paragraph('It rises.')}${table}</w:body></w:document>`
  expect(await readDocx(zip('word/document.xml', xml))).toBe(
    '# Sea & moon\n\nIt rises.\n\n| Day | Tide |\n| --- | --- |\n| 1 | high |',
  )
})

test('one that unpacks to far more than it says is left before it fills the memory', async () => {
  await expect(readDocx(zip('word/document.xml', 'a'.repeat(120_000_000)))).rejects.toThrow('unpacks to more')
  await expect(readDocx(zip('other.xml', '<x/>'))).rejects.toThrow('not a Word document')
})

/** A PDF of pages with one line each, and a script that nobody runs. */
const pdf = (lines: string[]) => {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >>',
    '',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]
  const kids = lines.map((line) => {
    const content = `BT /F1 12 Tf 72 700 Td (${line}) Tj ET`
    objects.push(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`)
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${objects.length} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
    )
    return `${objects.length} 0 R`
  })
  objects[1] = `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${kids.length} >>`
  let file = '%PDF-1.4\n'
  const places = objects.map((object, at) => {
    const place = file.length
    file += `${at + 1} 0 obj\n${object}\nendobj\n`
    return `${String(place).padStart(10, '0')} 00000 n \n`
  })
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}`
  return new TextEncoder().encode(
    `${file}${table}trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF`,
  )
}

test('a PDF is read page by page, and what is broken is said to be', async () => {
  const told: number[] = []
  const pages = await readPdf(pdf(['Spring tides are high.', 'Neap tides are low.']), (done) => told.push(done))
  expect(pages).toEqual([
    { page: 1, text: 'Spring tides are high.' },
    { page: 2, text: 'Neap tides are low.' },
  ])
  expect(told).toEqual([1, 2])
  await expect(readPdf(new TextEncoder().encode('%PDF-1.7 broken'), () => undefined)).rejects.toThrow(
    'cannot be read as a PDF',
  )
})
