/** What stands before and after the text in a line of the stream, its end included. */
type Shape = { before: string; after: string; padded: boolean; end: string }

/** A text where it was found, and where the next line begins. */
type Found = { text: string; next: number }

// eslint-disable-next-line no-control-regex -- a JSON string holds none of them as they are
const needsParsing = /[\\\u0000-\u001f]/
/** The last string of an event: OpenAI puts random letters there, so that lengths tell nothing. */
const padding = /:"[^"\\]*"}\r?\n*$/

/** `startsWith`, which in V8 compares letter by letter: of an event's length it takes thirty times as long as this. */
const stands = (part: string, lines: string, at: number): boolean => lines.slice(at, at + part.length) === part

/** The string that a JSON literal's inside stands for; nothing when it is not the inside of one. */
const unquoted = (inside: string): string | undefined => {
  if (!needsParsing.test(inside)) return inside
  try {
    return JSON.parse(`"${inside}"`) as string
  } catch {
    return undefined
  }
}

/** Where the string literal ends whose inside begins at `from`; -1 when it does not. */
const closingQuote = (text: string, from: number): number => {
  for (let quote = text.indexOf('"', from); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let first = quote
    while (first > from && text[first - 1] === '\\') first -= 1
    if ((quote - first) % 2 === 0) return quote
  }
  return -1
}

/**
 * The events of one answer differ in their text alone, and finding each one's end and parsing a few hundred bytes for
 * every word is most of what relaying it costs. So one line is parsed, and its text is read from those that are the same
 * before and after it: one string literal in the place of another leaves all else of an event as it was. Whatever differs
 * is for the parser.
 */
export const openRepeated = () => {
  let shape: Shape | undefined
  return {
    /** The text of the line that begins at `at`, when it differs from the learned one in nothing else. */
    textAt: (lines: string, at: number): Found | undefined => {
      if (!shape || !stands(shape.before, lines, at)) return undefined
      const from = at + shape.before.length
      const quote = closingQuote(lines, from)
      if (quote < 0 || !stands(shape.after, lines, quote)) return undefined
      let end = quote + shape.after.length
      if (shape.padded) {
        const padded = end
        end = closingQuote(lines, padded)
        if (end < 0 || needsParsing.test(lines.slice(padded, end))) return undefined
      }
      if (!stands(shape.end, lines, end)) return undefined
      const text = unquoted(lines.slice(from, quote))
      return text === undefined ? undefined : { text, next: end + shape.end.length }
    },
    /** Learns from a line, its end included, that brought `text` and nothing else worth reading. */
    learn: (line: string, text: string): void => {
      const literal = `"content":${JSON.stringify(text)}`
      const at = line.indexOf(literal)
      // Found twice, it may be anybody's; not found, it is written in a way of its own.
      if (at < 0 || line.includes(literal, at + 1)) return
      const padded = padding.test(line)
      const end = padded ? line.lastIndexOf('"') : line.lastIndexOf('}')
      shape = {
        before: line.slice(0, at + '"content":"'.length),
        after: line.slice(at + literal.length - 1, padded ? line.lastIndexOf('"', end - 1) + 1 : end),
        padded,
        end: line.slice(end),
      }
    },
  }
}
