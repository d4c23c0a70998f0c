import { unescapeText } from './entities.ts'

const schemes = new Set(['http:', 'https:', 'mailto:'])

/**
 * The address a link may lead to, normalised by the browser's own URL parser (so tricks with tabs or entities inside a
 * scheme are seen through), or undefined. An address that hides its host behind a user name is refused too.
 */
export const safeUrl = (written: string): string | undefined => {
  const url = URL.parse(unescapeText(written).trim())
  return url && schemes.has(url.protocol) && !url.username && !url.password ? url.href : undefined
}

/** How far ahead any inline construct may look for its end. It keeps a hostile line linear. */
export const lookAhead = 2000
const maxParens = 32

export type LinkTail = { destination: string; end: number } | 'unfinished' | undefined

/** Where a quoted title that opens at `at` ends, -1 if it does not. */
const titleEnd = (text: string, at: number): number => {
  const close = text[at] === '(' ? ')' : text[at]
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === close) return i + 1
  }
  return -1
}

const destinationEnd = (text: string, at: number): number => {
  let open = 0
  let i = at
  for (; i < text.length; i++) {
    const char = text[i] as string
    if (char === '\\') i++
    else if (char === '(' && ++open > maxParens) return -1
    else if (char === ')' && --open < 0) return i
    else if (char <= ' ') break
  }
  return open > 0 && i < text.length ? -1 : Math.min(i, text.length)
}

/** Reads `(destination "title")` that starts at `at`; `unfinished` when the text ends first and could still become one. */
export const readLinkTail = (whole: string, at: number): LinkTail => {
  const text = whole.slice(at, at + lookAhead)
  const ranOut = at + lookAhead < whole.length ? undefined : ('unfinished' as const)
  const space = (from: number) => from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0)

  const start = space(1)
  let end: number
  let destination: string
  if (text[start] === '<') {
    const angle = /^<(?:\\.|[^<>\n\\])*/.exec(text.slice(start))?.[0] ?? ''
    end = start + angle.length
    if (end >= text.length) return ranOut
    if (text[end] !== '>') return undefined
    destination = text.slice(start + 1, end++)
  } else {
    end = destinationEnd(text, start)
    if (end < 0) return undefined
    destination = text.slice(start, end)
  }
  const title = space(end)
  if (title > end && /["'(]/.test(text[title] ?? '')) {
    const titled = titleEnd(text, title)
    if (titled < 0) return ranOut
    end = titled
  }
  end = space(end)
  if (end >= text.length) return ranOut
  return text[end] === ')' ? { destination, end: at + end + 1 } : undefined
}
