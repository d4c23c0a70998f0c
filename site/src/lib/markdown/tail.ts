/**
 * What of a growing answer to hold back, so that half-written syntax is never seen: the last characters of a text, or
 * the last line, wait for what comes next. Nothing is held back once the answer has ended.
 */

/** An unclosed bracket waits for its end this long; then it is taken for a bracket, so that `[0, 1)` does not stop the show. */
export const maxHeldBracket = 100

const withoutMarks = (text: string): string => {
  let end = text.length
  while (end > 0 && /[\s*_~`$\\]/.test(text[end - 1] as string)) end--
  return text.slice(0, end)
}

/** A text without the end that could still turn into something else: delimiters, half an entity, a lone backslash. */
export const heldBack = (text: string): string => {
  const kept = withoutMarks(text)
  const entity = /&#?\w{0,31}$/.exec(kept.slice(-33))
  return entity ? withoutMarks(kept.slice(0, -entity[0].length)) : kept
}

/** A line of nothing but marks (and at most a number) that may yet become a list, a rule, a fence, a heading, a table. */
const onlyMarks = /^[-+*_=#|:~`$\\>\s]*(?:\d{1,9}[.)]?\s*)?[-+*_=#|:~`$\\>\s]*$/
const fenceStart = /^[\s>]*(?:[-+*]\s+|\d{1,9}[.)]\s+)?(?:`{3}|~{3})/
const task = /^[\s>]*(?:[-+*]|\d{1,9}[.)])\s+\[[ xX]?\]?\s*$/
const definition = /^ {0,3}\[(?!\^)[^[\]]{1,200}\]:/
const footnote = /^ {0,3}\[\^[^[\]\s]{0,200}\]?:?\s*$/
const tableRow = /^[\s>]*\|/

/** Whether the unfinished last line is to wait. `fence` is what would close the code it stands in, if it does. */
export const holdsLine = (line: string, fence: string | undefined): boolean => {
  if (fence !== undefined) {
    const mark = line.length < 100 ? line.replace(/^[\s>]+/, '').trimEnd() : ''
    return mark !== '' && (fence.startsWith(mark) || (mark.startsWith(fence) && onlyMarks.test(mark)))
  }
  return (
    (line.length < 200 && onlyMarks.test(line)) ||
    fenceStart.test(line) ||
    task.test(line) ||
    definition.test(line) ||
    footnote.test(line) ||
    tableRow.test(line)
  )
}

/** Whether a paragraph's last line looks like a table's head that still waits for its row of dashes. */
export const looksLikeTableHead = (line: string): boolean => /^\|.*\S/.test(line)
