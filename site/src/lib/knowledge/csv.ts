/** The character between cells: the one of the first row, outside its quotes, that is there most often. */
const separatorOf = (text: string): string => {
  const [row = ''] = text.replace(/"(?:[^"]|"")*"/g, '').split('\n', 1)
  const count = (mark: string) => row.split(mark).length
  return [',', ';', '\t', '|'].toSorted((a, b) => count(b) - count(a))[0] ?? ','
}

/** Rows of cells as RFC 4180 has them: in quotes may be separators, line breaks, and quotes that are doubled. */
const rowsOf = (text: string): string[][] => {
  const separator = separatorOf(text)
  const rows: string[][] = [[]]
  for (let at = 0; at < text.length;) {
    const isQuoted = text[at] === '"'
    const [cell, next] = isQuoted ? quotedAt(text, at) : ['', at]
    let end = next
    while (end < text.length && text[end] !== separator && text[end] !== '\n') end++
    rows.at(-1)?.push(cell + text.slice(next, end))
    if (text[end] === '\n') rows.push([])
    else if (text[end] === separator && end + 1 === text.length) rows.at(-1)?.push('')
    at = end + 1
  }
  return rows.filter((row) => row.some((cell) => cell.trim() !== ''))
}

/** What stands in quotes from a place on, and where it ends; without an end all that is left. */
const quotedAt = (text: string, from: number): [string, number] => {
  let end = from + 1
  while (end < text.length && (text[end] !== '"' || text[end + 1] === '"')) end += text[end] === '"' ? 2 : 1
  return [text.slice(from + 1, end).replaceAll('""', '"'), end + 1]
}

const line = (cells: string[]) =>
  `| ${cells.map((cell) => cell.replace(/\s+/g, ' ').trim().replaceAll('|', '\\|')).join(' | ')} |`

/** Rows of a CSV file as a table, a line each, with its first row as the header. */
export const tableOfCsv = (text: string): string => {
  const [head = [], ...body] = rowsOf(text.replace(/\r\n?/g, '\n'))
  return [line(head), `|${' --- |'.repeat(Math.max(1, head.length))}`, ...body.map(line)].join('\n')
}
