/** About 250 tokens: small enough to say one thing, large enough to say it whole. */
export const aim = 1_200
/** What a passage may have at most before it is cut. */
export const most = 2_400
/** What a row of a table may have at most, with the table's header: the API takes 4,000, with the headings above. */
const mostOfRow = 3_700

/** Parts of a text no longer than `room`, cut at the best place there is: a line, a sentence, a word, anywhere. */
export const cut = (text: string, room: number): string[] => {
  const parts: string[] = []
  let rest = text
  while (rest.length > room) {
    const head = rest.slice(0, room)
    const places = [head.lastIndexOf('\n'), lastSentence(head), head.lastIndexOf(' ')]
    const at = places.find((place) => place > room / 3) ?? wholeCharacters(head)
    parts.push(rest.slice(0, at).trim())
    rest = rest.slice(at).trim()
  }
  return [...parts, rest].filter((part) => part !== '')
}

const lastSentence = (text: string): number => {
  let last = -1
  for (const found of text.matchAll(/[.!?…]["”’)\]]?\s|[。！？]/gu)) last = found.index + found[0].length
  return last
}

/** Never between the halves of a character. */
const wholeCharacters = (text: string): number => (/[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length)

/** Whether a table's header is short enough to stand above every part of it. */
export const canRepeat = (header: string): boolean => header.length < mostOfRow / 2

/** A table longer than a passage: every part begins with its header, and no row is cut that fits into a passage. */
export const cutTable = (text: string, header: string): string[] => {
  const rows = text.slice(header.length + 1).split('\n')
  const parts: string[] = []
  let part = header
  for (const row of rows.flatMap((row) => cut(row, mostOfRow - header.length - 1))) {
    if (part.length + row.length + 1 > most && part !== header) {
      parts.push(part)
      part = header
    }
    part += `\n${row}`
  }
  return [...parts, part]
}

/** Where something begins that stands by itself: after a blank line, and not the end of what came before. */
const begins = (line: string) => /^[^\s)\]}]/.test(line)

/** Lines of code in parts, each cut before the best line there is: of a function, after a blank line, any. */
export const cutCode = (text: string): string[] => {
  const parts: string[] = []
  const lines = text.split('\n').flatMap((line) => (line.length <= aim ? line : pieces(line)))
  for (let at = 0; at < lines.length;) {
    const end = endOf(lines, at)
    const part = lines.slice(at, end).join('\n')
    parts.push(part.replace(/^(?:[ \t]*\n)+/, '').trimEnd())
    at = end
  }
  return parts.filter((part) => part.trim() !== '')
}

/** A line that is longer than a passage: what is on it are no lines of code. */
const pieces = (line: string): string[] => {
  const parts: string[] = []
  for (let rest = line; rest !== '';) {
    const at = wholeCharacters(rest.slice(0, aim))
    parts.push(rest.slice(0, at))
    rest = rest.slice(at)
  }
  return parts
}

/** Where the part ends that begins at a line. */
const endOf = (lines: string[], from: number): number => {
  const places: { at: number; size: number; afterBlank: boolean; begins: boolean }[] = []
  let size = 0
  for (let at = from; at < lines.length && size <= most; at++) {
    const line = lines[at] ?? ''
    const afterBlank = line.trim() !== '' && lines[at - 1]?.trim() === ''
    if (at > from) places.push({ at, size, afterBlank, begins: afterBlank && begins(line) })
    size += line.length + 1
  }
  // The end is as good a place as any function's.
  if (size <= most) places.push({ at: lines.length, size, afterBlank: true, begins: true })
  const last = (isOne: (place: (typeof places)[number]) => boolean) => places.findLast(isOne)
  const place =
    last(({ begins, size }) => begins && size <= aim && (size >= aim / 4 || size === places.at(-1)?.size)) ??
    // A function that is somewhat too long is better whole than in halves.
    places.find(({ begins, size }) => begins && size > aim) ??
    last(({ begins, size }) => begins && size <= aim) ??
    last(({ afterBlank, size }) => afterBlank && size <= aim && size >= aim / 3) ??
    last(({ size }) => size <= aim)
  return place?.at ?? from + 1
}
