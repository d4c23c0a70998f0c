import type { Skill } from './talk.ts'

const COMMAND =
  /^\s*(?:please\s+)?(?:(?:say|repeat|reply|answer|respond|write|output|print)(?:\s+with)?\s+(?:exactly|verbatim|after me)(?:\s+this)?|repeat|say)\s*:\s?/i

/** `Say exactly: X` and `Repeat after me: X` are answered with X, to the last space. */
export const exact: Skill = ({ question }) => {
  const command = COMMAND.exec(question)
  if (command) return question.slice(command[0].length)
  return /^\s*(?:please\s+)?(?:repeat after me|say exactly)[\s,]+([\s\S]+)$/i.exec(question)?.[1]
}
