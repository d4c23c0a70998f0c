import fc from 'fast-check'
import { deflateRawSync, deflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { chunksOf } from '../src/lib/knowledge/chunker.ts'
import { readDocx } from '../src/lib/knowledge/docx.ts'
import { tableOfCsv } from '../src/lib/knowledge/csv.ts'
import { textOfHtml } from '../src/lib/knowledge/html.ts'
import { read } from '../src/lib/knowledge/read.ts'
import { readPdf } from '../src/lib/knowledge/pdf.ts'
import { toRemember } from '../src/lib/knowledge/remembering.ts'
import { pdfOf } from './pdf.ts'

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

/** A function of so many lines, with a blank line within. */
const functionOf = (name: string, lines: number) =>
  [
    `def ${name}(x):`,
    ...Array.from({ length: lines }, (_, at) => (at === 2 ? '' : `    x = x + ${at}  # step ${at} of ${name}`)),
    '    return x',
  ].join('\n')
const asCode = async (text: string, name = 'steps.py') =>
  chunksOf(await read(new TextEncoder().encode(text), { type: 'text/plain', name }, () => undefined)).map(
    (chunk) => chunk.text,
  )
const written = (text: string) => text.split('\n').filter((line) => line.trim() !== '')

test('code is cut between functions, a somewhat long one is left whole, and how far its lines stand in is kept', async () => {
  const functions = [functionOf('first', 10), functionOf('second', 10), functionOf('long', 45), functionOf('third', 10)]
  const chunks = await asCode(`# Not a heading\n\n${functions.join('\n\n\n')}`)
  for (const body of functions) expect(chunks.some((chunk) => chunk.includes(body))).toBe(true)
  expect(chunks[0]).toContain('# Not a heading')
  for (const chunk of chunks) expect(chunk).toMatch(/^(def |# )/)
  const [begin = '', ...rest] = await asCode(functionOf('endless', 400))
  expect(begin).toContain('def endless')
  expect(rest.length).toBeGreaterThan(8)
  expect([begin, ...rest].join('\n')).toBe(
    written(functionOf('endless', 400))
      .join('\n')
      .replace(/^(def .*\n.*\n.*\n)/, '$1\n'),
  )
})

test('fenced code that is too long is cut as code is, and every part is fenced again', () => {
  const body = Array.from({ length: 12 }, (_, at) => functionOf(`step${at}`, 9)).join('\n\n')
  const chunks = chunksOf([{ text: `# Steps\n\n\`\`\`py\n${body}\n\`\`\`\n\nAfter.` }]).map(({ text }) => text)
  expect(chunks.length).toBeGreaterThan(3)
  for (const chunk of chunks) expect(chunk.match(/^```/gm)?.length ?? 0).toSatisfy((count: number) => count % 2 === 0)
  for (let at = 0; at < 12; at++)
    expect(chunks.filter((chunk) => chunk.includes(functionOf(`step${at}`, 9)))).toHaveLength(1)
})

test('of any code no line is lost, changed or out of its order, and no passage is too long', async () => {
  const line = fc
    .tuple(fc.nat(4), fc.stringMatching(/^[a-z(){}#;=" ]{0,60}$/))
    .map(([deep, text]) => '  '.repeat(deep) + text)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 4, arbitrary: line }, fc.constant('')), { maxLength: 300 }),
      async (lines) => {
        const chunks = await asCode(lines.join('\n'))
        expect(chunks.flatMap(written).map((one) => one.trimEnd())).toEqual(
          lines.filter((one) => one.trim() !== '').map((one) => one.trimEnd()),
        )
        for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(2_500)
      },
    ),
    { numRuns: 60 },
  )
  const minified = `x="${'🌊ab'.repeat(5_000)}"`
  const parts = await asCode(minified)
  expect(parts.join('').replaceAll('\n', '')).toBe(minified)
  for (const part of parts) expect(part.isWellFormed()).toBe(true)
})

test('of a CSV file every row is whole in one passage, which begins with the header, whatever its cells hold', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', ',', ';', '"', '\n', '|', 'ü'), maxLength: 40 })
  const row = fc.tuple(cell, cell, cell)
  const quoted = (cells: string[]) => cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')
  const shown = (cells: string[]) =>
    `| ${cells.map((one) => one.replace(/\s+/g, ' ').trim().replaceAll('|', '\\|')).join(' | ')} |`
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 200 }), fc.constantFrom('\n', '\r\n'), (rows, end) => {
      const numbered = rows.map(([first, ...others], at) => [`${at}: ${first}`, ...others])
      const csv = [['id', 'name', 'note'], ...numbered].map(quoted).join(end)
      const chunks = chunksOf([{ text: tableOfCsv(csv) }]).map(({ text }) => text)
      const header = '| id | name | note |\n| --- | --- | --- |\n'
      for (const chunk of chunks) {
        expect(chunk.startsWith(header)).toBe(true)
        expect(chunk.length).toBeLessThanOrEqual(4_000)
      }
      expect(chunks.flatMap((chunk) => chunk.slice(header.length).split('\n'))).toEqual(numbered.map(shown))
    }),
    { numRuns: 60 },
  )
})

test('a CSV file may be separated otherwise, have long rows, an open quote, or nothing in it', () => {
  expect(tableOfCsv('a;b\n"x;y";2,5')).toBe('| a | b |\n| --- | --- |\n| x;y | 2,5 |')
  expect(tableOfCsv('a\tb\n1\t')).toBe('| a | b |\n| --- | --- |\n| 1 |  |')
  expect(tableOfCsv('a,b\n"never closed, 2')).toContain('never closed, 2')
  expect(tableOfCsv('')).toBe('|  |\n| --- |')
  const wide = 'w'.repeat(3_000)
  const chunks = chunksOf([{ text: tableOfCsv(`n,v\n1,${wide}\n2,b\n3,${wide}\n4,${'z'.repeat(9_000)}`) }])
  expect(chunks.filter(({ text }) => text.includes(wide))).toHaveLength(2)
  for (const { text } of chunks) {
    expect(text).toMatch(/^\| n \| v \|\n\| --- \| --- \|\n/)
    expect(text.length).toBeLessThanOrEqual(4_000)
  }
})

test('no heading is lost, though nothing stands under it or it is too long to be said again', () => {
  const long = 'long '.repeat(58).trim()
  expect(chunksOf([{ text: `# Empty\n\n## Also\n\n# ${long}\n\nText.\n\n# Last` }])).toEqual([
    { text: 'Empty' },
    { text: 'Also' },
    { text: 'Text.' },
    { text: long },
    { text: 'Last' },
  ])
  const word = fc.stringMatching(/^[a-z]{1,8}$/)
  const block = fc.oneof(
    fc.array(word, { minLength: 1, maxLength: 60 }).map((list) => list.join(' ')),
    fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.array(word, { minLength: 1, maxLength: 12 }))
      .map(([level, list]) => `${'#'.repeat(level)} ${list.join(' ')}`),
  )
  fc.assert(
    fc.property(fc.array(block, { maxLength: 30 }), (blocks) => {
      const chunks = chunksOf([{ text: blocks.join('\n\n') }])
      const said = chunks.map(({ text }) => text).join('\n')
      for (const one of blocks) expect(said).toContain(one.replace(/^#+ /, ''))
      for (const { text } of chunks) expect(text.length).toBeLessThanOrEqual(4_000)
    }),
  )
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
  expect(textOfHtml('<p>Run\n<pre><code>if a &lt; b:\n    <b>go</b>()\n</code></pre>and <pre>one</pre> more')).toBe(
    'Run\n\n```\nif a < b:\n    go()\n```\n\nand one more',
  )
  expect(textOfHtml('<pre>'.repeat(200_000)).length).toBeLessThan(1_000_000)
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
  await expect(readDocx(zip('word/document.xml', 'a'.repeat(120_000_000)))).rejects.toThrow('too-large')
  await expect(readDocx(zip('other.xml', '<x/>'))).rejects.toThrow('not-word')
})

test('a PDF that unpacks to a hundred megabytes of nothing is read to its end, and has no text', async () => {
  const packed = deflateSync(Buffer.alloc(100_000_000, ' ')).toString('hex')
  expect(packed.length).toBeLessThan(300_000)
  const content = `<< /Length ${packed.length} /Filter [/ASCIIHexDecode /FlateDecode] >>\nstream\n${packed}>\nendstream`
  const bomb = pdfOf([['Before.'], ['Bomb']])
  const text = new TextDecoder('latin1').decode(bomb)
  const [whole = ''] = /<< \/Length \d+ >>\nstream\n[^\n]*\(Bomb\)[^\n]*\nendstream/.exec(text) ?? []
  expect(whole).not.toBe('')
  const pages = await readPdf(new TextEncoder().encode(text.replace(whole, content)), () => undefined)
  expect(pages).toEqual([
    { page: 1, text: 'Before.' },
    { page: 2, text: '' },
  ])
})

const script = '/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>'

test('a PDF is read page by page, and what is broken is said to be', async () => {
  const told: number[] = []
  const pages = await readPdf(pdfOf([['Spring tides are high.'], ['Neap tides are low.']], script), (done) =>
    told.push(done),
  )
  expect(pages).toEqual([
    { page: 1, text: 'Spring tides are high.' },
    { page: 2, text: 'Neap tides are low.' },
  ])
  expect(told).toEqual([1, 2])
  await expect(readPdf(new TextEncoder().encode('%PDF-1.7 broken'), () => undefined)).rejects.toThrow('not-pdf')
})

test.for([
  ['Please remember that I am allergic to nuts.', 'I am allergic to nuts.'],
  ['Remember: my boat is called Heron', 'my boat is called Heron'],
  ['Bitte merk dir, dass ich keine Nüsse vertrage.', 'ich keine Nüsse vertrage.'],
  ['Souviens-toi que je suis végétarien.', 'je suis végétarien.'],
  ['Recuerda que vivo en Lima.', 'vivo en Lima.'],
  ['تذكر أن قاربي أزرق', 'أن قاربي أزرق'],
  ['Do you remember that day?', undefined],
  ['I remember the sea.', undefined],
  ['What is the capital of Peru', undefined],
] as const)('%s', ([said, expected]) => {
  expect(toRemember(said)).toBe(expected)
})

test('a PDF of 300 pages is read whole, tells how far it is, and becomes passages that one request can take', async () => {
  const told: number[] = []
  const lines = (page: number) =>
    Array.from({ length: 40 }, (_, line) => `Page ${page}, line ${line}: the tide comes in.`)
  const pages = await readPdf(pdfOf(Array.from({ length: 300 }, (_, at) => lines(at + 1))), (done, of) => {
    expect(of).toBe(300)
    told.push(done)
  })
  expect(told).toEqual(Array.from({ length: 300 }, (_, at) => at + 1))
  const chunks = chunksOf(pages)
  expect(new Set(chunks.map(({ page }) => page)).size).toBe(300)
  expect(chunks.length).toBeLessThan(1_000)
  for (const { text, page } of chunks) {
    expect(text.length).toBeLessThanOrEqual(4_000)
    expect(text).toContain(`Page ${page}, line`)
  }
})
