import type { Skill } from './talk.ts'

const COMMAND =
  /^\s*(?:please\s+)?(?:(?:say|repeat|reply|answer|respond|write|output|print)(?:\s+with)?\s+(?:exactly|verbatim|after me)(?:\s+this)?|repeat|say)\s*:\s?/i

/** Shorter ways to ask for a few words; quotation marks around them are not part of them. */
const A_FEW_WORDS = [
  /^\s*(?:please\s+)?(?:repeat after me|say exactly)[\s,]+([\s\S]+)$/i,
  /^\s*(?:please\s+)?say ["“]([^"”]+)["”][\s.!]*$/i,
  /^\s*(?:please\s+)?(?:reply|respond|answer)(?: only)? with(?: only| just| exactly)?(?: the)?(?: single)?(?: words?| text)?:? ["“']?([^"”'\n]{1,80}?)["”']?[\s.!]*$/i,
]

/** `Say exactly: X` and `Repeat after me: X` are answered with X, to the last space. */
export const exact: Skill = ({ said, question }) => {
  // First in the message as it was typed: what looks like a passage in it is to be said as well.
  for (const text of [said, question]) {
    const command = COMMAND.exec(text)
    if (command) return text.slice(command[0].length)
  }
  return A_FEW_WORDS.map((wish) => wish.exec(question)?.[1]).find((words) => words !== undefined)
}
