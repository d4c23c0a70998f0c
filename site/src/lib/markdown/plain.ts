/** Code, which stays as it is; emphasis of either mark around words; what never means anything by itself. */
const inline = /(`+)([^`]+)\1|(?<![\w*])(\*|__?)(?=[^\s*_])((?:(?!\3).)*\S)\3(?![\w])|\*\*+|~~|`+/g

const withoutMarks = (text: string): string =>
  text.replace(inline, (_, __, code?: string, ___?: string, words?: string) =>
    words === undefined ? (code ?? '') : withoutMarks(words),
  )

/** Of Markdown on one line, as titles are, what would be read: its marks are no words. */
export const plain = (markdown: string): string =>
  withoutMarks(markdown.replace(/!?\[([^[\]]*)\]\([^()\s]*\)/g, '$1'))
    // What opens a line: where it began cannot be told any more.
    .replace(/^\s*(?:[>*+-]\s+)+|(?<=^|\s)(?:#{2,6}|#(?!\s*\d))(?=\s|$)/g, '')
    .replace(/\s+/g, ' ')
    .trim()
