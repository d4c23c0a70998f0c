/** Where the text stands in an event, and what stands around it. */
type Shape = { before: string; after: string; padded: boolean }

const needsParsing = /["\\\p{Cc}]/u
const padding = /:"[^"\\]*"}$/

/** The string that a JSON literal's inside stands for; nothing when it is not the inside of one. */
const unquoted = (inside: string): string | undefined => {
  if (!needsParsing.test(inside)) return inside
  try {
    return JSON.parse(`"${inside}"`) as string
  } catch {
    return undefined
  }
}

/** Without a last string of the event: OpenAI puts random letters there, so that lengths tell nothing. */
const withoutPadding = (data: string): number => data.lastIndexOf('"', data.length - 3) + 1

/**
 * The events of one answer differ in their text alone, and parsing a few hundred bytes for every word is most of what
 * relaying it costs. So one event is parsed, and its text is read from those that are the same before and after it: one
 * string literal in the place of another leaves all else of an event as it was. Whatever differs is for the parser.
 */
export const openRepeated = () => {
  let shape: Shape | undefined
  return {
    /** The text of an event that differs from the learned one in nothing else. */
    textOf: (data: string): string | undefined => {
      if (!shape || !data.startsWith(shape.before)) return undefined
      if (shape.padded && !padding.test(data)) return undefined
      const end = (shape.padded ? withoutPadding(data) : data.length) - shape.after.length
      if (end < shape.before.length || !data.startsWith(shape.after, end)) return undefined
      return unquoted(data.slice(shape.before.length, end))
    },
    /** Learns from an event that brought `text` and nothing else worth reading. */
    learn: (data: string, text: string): void => {
      const literal = `"content":${JSON.stringify(text)}`
      const at = data.indexOf(literal)
      // Found twice, it may be anybody's; not found, it is written in a way of its own.
      if (at < 0 || data.includes(literal, at + 1)) return
      const padded = padding.test(data)
      shape = {
        before: data.slice(0, at + '"content":"'.length),
        after: data.slice(at + literal.length - 1, padded ? withoutPadding(data) : undefined),
        padded,
      }
    },
  }
}
