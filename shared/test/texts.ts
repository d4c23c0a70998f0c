import fc from 'fast-check'

const code = fc.constantFrom(
  'const x = await fetch(`/a/${b}`)\n',
  '\t\t\tif (a !== b) {\r\n',
  '    return {"a": [1, 2, null]}\n',
  '<|endoftext|>',
  '<div class="a">&amp;</div>',
  '// ----------------\n',
)
const scripts = fc.constantFrom(
  '日本語の文章',
  'Ελληνικά',
  'नमस्ते दुनिया',
  '👩‍👩‍👧‍👦🏳️‍🌈',
  'ﷺ',
  'a\u0301\u0301\u0301',
  '\u{10ffff}',
  '𝕌𝕟𝕚',
  '\u200b\u202e',
)
const run = fc
  .tuple(fc.constantFrom('a', ' ', '\n', '0', '=', 'é', '€', '😀', 'ab '), fc.integer({ min: 1, max: 400 }))
  .map(([part, count]) => part.repeat(count))

/** What people and models write, and what they do not: any Unicode, code, emoji, many scripts, long runs. */
export const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.lorem({ maxCount: 20 }),
      code,
      scripts,
      run,
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))
