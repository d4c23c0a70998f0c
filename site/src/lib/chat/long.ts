/** About what fits into a line of a question. */
const charactersPerLine = 64
/** More than this are folded to 16 of them: nothing is folded away for the sake of a line or two. */
const mostLines = 24

/** Whether what somebody said is so long that its beginning will do. Told from the text alone, before it is laid out. */
export const isLong = (text: string): boolean =>
  text.split('\n').reduce((lines, line) => lines + Math.max(1, Math.ceil(line.length / charactersPerLine)), 0) >
  mostLines
