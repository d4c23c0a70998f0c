import fc from 'fast-check'
import { render } from 'svelte/server'
import { describe, expect, test } from 'vitest'
import { MarkdownDocument, type Reading } from '../src/lib/markdown/document.ts'
import Markdown from '../src/lib/markdown/Markdown.svelte'

const html = (props: { text: string; streaming?: boolean; sources?: { n: number; title: string }[] }) =>
  render(Markdown, { props, idPrefix: 'test' })
    .body.replace(/<!--.*?-->/gs, '')
    .replace(/ +(?=<)/g, '')
const [begin, end] = ['<div class="markdown" dir="auto"><div class="group"><div class="section">', '</div></div></div>']
const growing = (text: string) => html({ text, streaming: true })
/** Neighbouring texts may be cut elsewhere: what is drawn is the same. */
const content = (reading: Reading) =>
  JSON.stringify([reading.blocks, reading.footnotes, [...reading.definitions], [...reading.notes]]).replaceAll(
    '"},{"kind":"text","text":"',
    '',
  )

const pieces = [
  ...'*_~`[]()!<>#-+=|:.$\\\n\n\n &^"1ax\té😀',
  ...[
    '**',
    '```',
    '~~~',
    '\n\n',
    '- ',
    '1. ',
    '  ',
    '    ',
    '> ',
    '| a | b |\n|--|--|\n',
    '[a](https://b.c)',
    '[^1]',
    '[^1]: n',
  ],
  ...[
    '\r\n',
    '[r]: http://d.e\n',
    '[x][r]',
    '$$',
    '\\[',
    '\\)',
    '- [x] ',
    '<br>',
    '&amp;',
    'www.a.bc ',
    'https://a.b/c',
    'a@b.cd',
  ],
  ...['word ', '**bold** ', '`code` ', '# Title\n', '---\n', '![i](http://e.f/g.png)', '</script>'],
]
const markdown = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join(''))
const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 200 })

/** Feeds a text in pieces of the given lengths, over and over, and gives each reading. */
function* appended(document: MarkdownDocument, text: string, lengths: readonly number[]) {
  for (let at = 0, turn = 0; at < text.length; turn++) {
    at += lengths[turn % lengths.length] as number
    yield document.read(text.slice(0, at), true)
  }
}

describe('a growing answer', () => {
  test('ends up drawn as if it had come at once, however it was cut', () => {
    fc.assert(
      fc.property(markdown, cuts, (text, lengths) => {
        const document = new MarkdownDocument()
        for (const _ of appended(document, text, lengths));
        expect(content(document.read(text, false))).toBe(content(new MarkdownDocument().read(text, false)))
      }),
      { numRuns: 3000 },
    )
  })

  test('never changes or draws again a block that is finished', () => {
    fc.assert(
      fc.property(markdown, cuts, (text, lengths) => {
        let before: Reading | undefined
        for (const reading of appended(new MarkdownDocument(), text, lengths)) {
          for (let at = 0; at < (before?.finished ?? 0); at++) expect(reading.blocks[at]).toBe(before?.blocks[at])
          before = reading
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('never walks again through a section, or a group of sections, that is finished', () => {
    const document = new MarkdownDocument()
    const paragraphs = (count: number) => document.read('word\n\n'.repeat(count), true).groups
    const [first, second] = paragraphs(80)
    expect([first?.length, second?.length]).toEqual([8, 2])
    const later = paragraphs(90)
    expect(later[0]).toBe(first)
    expect(later[1]?.[1]).toBe(second?.[1])
    expect(later.flat(2)).toHaveLength(90)
  })

  test('keeps the finished items of a list that goes on', () => {
    const document = new MarkdownDocument()
    const items = (text: string) => {
      const [list] = document.read(text, true).blocks
      return list?.kind === 'list' ? list.items : []
    }
    const [first] = items('- one\n- two\n')
    expect(items('- one\n- two\n- thr')[0]).toBe(first)
    expect(items('- one\n- two\n- three\n\n- four')).toHaveLength(4)
    expect(items('- one\n- two\n- three\n\n- four\n')[0]).toBe(first)
  })

  const kinds: Record<string, (n: number) => string> = {
    'prose, code, lists and tables': (n) =>
      `## Part ${n}\n\nSome **bold** text with \`code\`, a [link](https://a.b/${n}) and *more*.\nA second line.\n\n- one\n- two ~~not~~\n\n\`\`\`ts\nconst x = ${n}\n\`\`\`\n\n| a | b |\n|---|---|\n| 1 | ${n} |\n\n`,
    'one list': (n) => `- item ${n} with **bold**\n  - nested\n`,
    'one table': (n) => (n ? `| ${n} | **two** |\n` : '| a | b |\n|---|---|\n'),
    'one block of code': (n) => (n ? `const a${n} = 1\n` : '```ts\n'),
    'one paragraph without a line break': (n) => `word ${n} is **bold** and 2 * 3, `,
    'one quote': (n) => `> line ${n} of *it*\n>\n`,
    'one bracket and star that never close': (n) => (n ? `word ${n} ` : 'a [b *c '),
  }
  test.each(Object.entries(kinds))('of twice the length costs at most 2.2 times the work: %s', (_, piece) => {
    const scanned = (characters: number) => {
      let text = ''
      for (let n = 0; text.length < characters; n++) text += piece(n)
      const document = new MarkdownDocument()
      for (const _reading of appended(document, text.slice(0, characters), [24]));
      return document.scanned
    }
    expect(scanned(40_000) / scanned(20_000)).toBeLessThanOrEqual(2.2)
  })

  test.each([
    ['**bo', '<p><strong>bo</strong></p>'],
    ['so **bold*', '<p>so<strong>bold</strong></p>'],
    ['***both', '<p><em><strong>both</strong></em></p>'],
    ['~~gon', '<p><del>gon</del></p>'],
    ['use `co', '<p>use<code>co</code></p>'],
    ['see [the docs](https://exa', '<p>see the docs</p>'],
    ['see [the do', '<p>see</p>'],
    ['see ![a cat](https://e.v/x', '<p>see<span class="image">a cat</span></p>'],
    ['so it is [1', '<p>so it is</p>'],
    [
      'a list [0, 1) of many words that never closes its bracket, goes on, and on, and on, until it is clear that it will not',
      '<p>a list [0, 1) of many words that never closes its bracket, goes on, and on, and on, until it is clear that it will not</p>',
    ],
    ['text\n``', '<p>text</p>'],
    ['text\n```py', '<p>text</p>'],
    ['text\n-', '<p>text</p>'],
    ['text\n1.', '<p>text</p>'],
    ['text\n##', '<p>text</p>'],
    ['- [ ', ''],
    ['text\n\n| a | b |', '<p>text</p>'],
    ['text\n\n| a | b |\n', '<p>text</p>'],
    ['text\n\n| a | b |\n| -', '<p>text</p>'],
    ['R&am', '<p>R</p>'],
    ['so $x^2 +', '<p>so</p>'],
    ['so \\(x^2 +', '<p>so</p>'],
    ['it costs $5 or mo', '<p>it costs $5 or mo</p>'],
    ['5*3 and more', '<p>5*3 and more</p>'],
    ['snake_case and 2 * 3', '<p>snake_case and 2 * 3</p>'],
  ])('shows no half-drawn syntax: %s', (text, expected) => {
    expect(growing(text)).toBe(expected ? begin + expected + end : '<div class="markdown" dir="auto"></div>')
  })

  test('takes nothing back that it has shown', () => {
    const text =
      'A **bold *and* word**, a [link](https://example.org "x"), \\(a^2\\) and $b_1$ for $5.\n\n- [x] done ~~not~~\n' +
      '- `code` & https://a.bc/?q=1 too\n\n| a | b |\n|---|:-:|\n| 1 | **2** |\n\n> quoted\n\n$$\nc\n$$\n\n1. end[^1]'
    let before = ''
    for (let end = 1; end <= text.length; end++) {
      const shown = html({ text: text.slice(0, end), streaming: end < text.length }).replace(/<[^>]*>|\s+/g, '')
      expect(shown.startsWith(before)).toBe(true)
      before = shown
    }
  })

  test('shows code while it comes, but not its half-written fence', () => {
    expect(growing('```ts\nlet a\n``')).toContain('<code>let a</code>')
  })
})

describe('an answer', () => {
  const drawn = (text: string) => html({ text }).slice(begin.length, -end.length)

  test.each([
    ['# One\n\n###### Six', '<h2 class="level-1">One</h2><h6 class="level-6">Six</h6>'],
    ['a  \nb\\\nc\nd', '<p>a<br/>b<br/>c\nd</p>'],
    ['*a* __b__ ~~c~~ `d`', '<p><em>a</em><strong>b</strong><del>c</del><code>d</code></p>'],
    ['> quoted\nlazily', '<blockquote><p>quoted\nlazily</p></blockquote>'],
    ['---', '<hr/>'],
    ['3. c\n4. d', '<ol start="3"><li><p>c</p></li><li><p>d</p></li></ol>'],
    ['- a\n  1. b', '<ul><li><p>a</p><ol><li><p>b</p></li></ol></li></ul>'],
    [
      '- [x] did',
      '<ul><li class="task"><input type="checkbox" checked="" disabled="" aria-label="Done"/><p>did</p></li></ul>',
    ],
    ['a\n===', '<h2 class="level-1">a</h2>'],
    ['[a][B] [b]\n\n[b]: https://c.d/', `<p>${'<a>a</a>'}${'<a>b</a>'}</p>`],
    ['\\(x_1\\) and $$y$$', '<p><code class="math">x_1</code> and<code class="math display">y</code></p>'],
    ['($a_1$, $\\frac{1}{2}$)', '<p>(<code class="math">a_1</code>,<code class="math">\\frac{1}{2}</code>)</p>'],
    ['$$\na\n$$', '<code class="math display">a</code>'],
    ['$$ a = b\n- c $$ ', '<code class="math display">a = b\n- c</code>'],
    ['so\n\\[ a\nb\n\\]\nthen', '<p>so</p><code class="math display">a\nb</code><p>then</p>'],
    [
      '| a | b |\n|:-:|--:|\n| 1 | x \\| y<br>z |\n| 2 |',
      '<table><thead><tr><th scope="col" class="center">a</th><th scope="col" class="right">b</th></tr></thead><tbody><tr><td class="center">1</td><td class="right">x | y<br/>z</td></tr><tr><td class="center">2</td><td class="right"></td></tr></tbody></table>',
    ],
  ])('follows GitHub’s Markdown: %s', (text, expected) => {
    const tidy = drawn(text).replace(/<a href="https:\/\/c\.d\/"[^>]*>/g, '<a>')
    expect(tidy.replaceAll(' dir="auto"', '')).toContain(expected)
  })

  test.each([
    'between $5 and $6',
    'from $5 to 6$ a head',
    '$5-$10, or $3.50/$4',
    'US$5 and US$6',
    '$HOME/$USER and $PATH',
    'a lone $ and another $ sign',
    '$20/month, then 30$ (or more)',
    'it cost `$x` or $y`$`',
    'escaped \\$x\\$',
    '$$ is what they are after',
  ])('takes no money and no shell for a formula: %s', (text) => {
    expect(drawn(text)).not.toContain('math')
  })

  test('numbers its footnotes and gathers them at its end', () => {
    const out = drawn('a[^x] b[^none]\n\n[^x]: The *note*\n    goes on')
    expect(out).toMatch(
      /<sup><a href="#(\S+)" aria-label="Footnote 1">1<\/a><\/sup>.*<li id="\1"><p>The<em>note<\/em>\ngoes on/s,
    )
    expect(out).toContain('<sup>none</sup>')
  })

  test('links addresses that stand bare, without the punctuation after them', () => {
    const out = drawn('(see https://a.b/c_(d)), www.e.fg! or <mailto:h@i.jk> or l@m.no.')
    const links = [...out.matchAll(/href="([^"]+)"/g)].map(([, href]) => href)
    expect(links).toEqual(['https://a.b/c_(d)', 'https://www.e.fg/', 'mailto:h@i.jk', 'mailto:l@m.no'])
  })

  test('makes of a number that no source has no link, though the answer gives an address for it', () => {
    const text =
      'So it is [9], as [1] says, and [9][1], [9](https://evil.example/a).\n\n[9]: https://evil.example/x\n\n[1]: https://evil.example/y'
    const drawn = html({ text, sources: [{ n: 1, title: 'Tides' }] })
    expect(drawn.match(/class="citation"/g)).toHaveLength(2)
    expect(drawn).not.toContain('evil.example/x')
    expect(drawn).not.toContain('evil.example/y')
    // Without documents the same is an ordinary link.
    expect(html({ text })).toContain('evil.example/x')
  })

  test('offers [n] as a citation only where there is a source n', () => {
    const out = html({
      text: 'Yes [1][2], no [3] and `[1]`.',
      sources: [
        { n: 1, title: 'One' },
        { n: 2, title: '"Two"' },
      ],
    })
    expect(out.match(/<button[^>]*>/g)).toHaveLength(2)
    expect(out).toContain('no [3] and<code>[1]</code>')
  })
})

describe('a hostile answer', () => {
  const attacks = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg/onload=alert(1)>',
    '<iframe src=//e.v></iframe>',
    '<object data=x>',
    '<a href="javascript:alert(1)" onclick=x>a</a>',
    '[a](javascript:alert(1))',
    '[a](JaVa\tScRiPt:alert(1))',
    '[a](<java\nscript:alert(1)>)',
    '[a](&#106;avascript:alert(1))',
    '[a](javascript&colon;alert(1))',
    '[a](\x01javascript:alert(1))',
    '[a](data:text/html;base64,PHNjcmlwdD4=)',
    '[a](vbscript:x)',
    '[a](file:///etc/passwd)',
    '[a](//e.v)',
    '[a](https://good.com@e.v)',
    '<javascript:alert(1)>',
    '<data:text/html,x>',
    '[a]\n\n[a]: javascript:alert(1)',
    '![a](https://e.v/?q=secret)',
    '![a](data:image/png,x)',
    '![a][b]\n\n[b]: https://e.v/x.png',
    '[![a](https://e.v/x.png)](https://e.v)',
    '[a](https://b.c "onmouseover=alert(1)")',
    '```<script>alert(1)</script>\nx\n```',
    '```"onload=alert(1)\n</code><script>\n```',
    '| <script> | b |\n|--|--|\n| <img src=x> | <br onload=x> |',
    '[^<img src=x onerror=y>]: z',
    '**<style>@import "https://e.v"</style>**',
    '`</code><script>x</script>`',
    '\\[</code><script>x\\]',
    '[a](https://b.c/"onmouseover="alert(1))',
    'https://b.c/"onmouseover="x',
    '<https://b.c/"onclick="x>',
    '<!--><script>x</script>-->',
  ]
  const elements = /<(?:script|img|iframe|object|embed|svg|style|form|base|meta|link)\b/i
  const harmless = (out: string) => {
    expect(out).not.toMatch(elements)
    for (const [tag] of out.matchAll(/<[a-z](?:"[^"]*"|[^>"])*>/gi)) {
      expect(tag).not.toMatch(
        /\s(?:on\w+|style|src|srcdoc|srcset)\s*=/i.exec(tag.replace(/"[^"]*"/g, '""')) ? tag : /^$/,
      )
      const href = / href="([^"]*)"/.exec(tag)?.[1]
      if (href !== undefined) expect(href).toMatch(/^(?:https?:\/\/|mailto:|#test)/)
      if (href?.startsWith('http')) expect(tag).toMatch(/target="_blank" rel="noopener noreferrer nofollow"/)
    }
  }

  test('makes no element, handler, request or address that is not ours, whole or half', () => {
    for (const attack of attacks) {
      harmless(html({ text: attack }))
      for (let end = 1; end < attack.length; end++) harmless(growing(attack.slice(0, end)))
    }
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...attacks, ...pieces), { maxLength: 12 }),
        fc.boolean(),
        (parts, streaming) => harmless(html({ text: parts.join(''), streaming })),
      ),
      { numRuns: 500 },
    )
  })

  const fill = (unit: string, length = 200_000) => unit.repeat(Math.ceil(length / unit.length))
  const bombs = [
    ...[
      'a',
      'a ',
      '*a ',
      '*a_ ',
      '**a*',
      '[',
      '[a',
      '![',
      '[a](',
      '[a](<b',
      '[a](b "',
      '`a``',
      '<a',
      '<a:',
      '&a',
      '\\(',
      '$$',
      '_a*b~c ',
    ],
    ...[
      '> ',
      '- ',
      '1. ',
      '- > ',
      '*',
      '|',
      '| ',
      '# ',
      '=',
      'a@',
      'http://',
      ')',
      '\t',
      ' ',
      '\\',
      '[a][',
      '[^a]',
      ']',
      ':',
      '-|',
    ],
    ...['a\n', 'a\n\n', '- a\n', '> a\n', '```\n', '$$\n', '[a]: b\n', '[^a]: b\n', '|a|b|\n|-|-|\n', '# \n'],
  ].map((unit) => fill(unit))
  test('is read in work linear in its length', () => {
    for (const bomb of [
      ...bombs,
      '```\n' + fill('x\n'),
      ...['a', 'a ', '*a [b '].map((unit) => fill(unit, 1_000_000)),
      '|a'.repeat(60) + '\n' + '|-'.repeat(60) + '\n' + 'x\n'.repeat(20_000),
    ]) {
      const document = new MarkdownDocument()
      document.read(bomb, true)
      document.read(bomb, false)
      expect(document.scanned).toBeLessThanOrEqual(4 * bomb.length)
    }
  })

  test('nests no deeper than its bounds, so that drawing it cannot overflow the stack', () => {
    const nested = Array.from({ length: 500 }, (_, depth) => `${'  '.repeat(depth)}- a\n`).join('')
    const deep = [
      '> '.repeat(5000) + 'a',
      '- '.repeat(5000) + 'a',
      nested,
      '*a **b '.repeat(500) + '**c* '.repeat(500),
      '[*'.repeat(500) + 'a' + '*](https://b.c)'.repeat(500),
    ]
    for (const text of deep) {
      let depth = 0
      let deepest = 0
      for (const [, slash] of html({ text }).matchAll(/<(\/?)(?:ul|ol|li|blockquote|strong|em|a|del)\b/g)) {
        depth += slash ? -1 : 1
        deepest = Math.max(deepest, depth)
      }
      expect(deepest).toBeLessThanOrEqual(64)
    }
  })
})
