import type { Alignment } from './nodes.ts'

/** More columns than this are no table: short rows are filled up to its width, which a hostile head could make a bomb. */
const maxColumns = 64

/** The cells of a table's line, cut at each `|` that no backslash escapes; the escape itself goes. */
export const splitRow = (line: string): string[] => {
  const row = line.trim()
  const cells = row.slice(row.startsWith('|') ? 1 : 0).split(/(?<!\\)\|/, maxColumns + 1)
  if (cells.length > 1 && cells.at(-1) === '') cells.pop()
  return cells.map((cell) => cell.replaceAll('\\|', '|').trim())
}

const dashes = /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?$/

const alignment = (cell: string): Alignment => {
  const right = cell.endsWith(':')
  if (cell.startsWith(':')) return right ? 'center' : 'left'
  return right ? 'right' : undefined
}

/** How a table with this head aligns its columns, if `line` is the row of dashes that belongs to it. */
export const alignments = (head: string, line: string): Alignment[] | undefined => {
  const row = line.trimEnd()
  if (!/[|:]/.test(row) || !dashes.test(row)) return undefined
  const cells = splitRow(row)
  return cells.length <= maxColumns && cells.length === splitRow(head).length ? cells.map(alignment) : undefined
}
