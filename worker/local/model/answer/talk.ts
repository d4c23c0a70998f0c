import type { Ask } from '../generation.ts'
import { readFiles, type SentFiles } from './files.ts'
import { readPassages, type Passage } from './passages.ts'

/** The conversation as the skills look at it. */
export type Talk = {
  /** The last thing the user said. */
  said: string
  /** The same without the passages put around it, and the files sent with it. */
  question: string
  sent: SentFiles
  /** What the user said before that, oldest first. */
  earlier: string[]
  /** The assistant's answers, oldest first. */
  answers: string[]
  instructions: string
  passages: Passage[]
  /** The tool's result, when that is what came last. */
  toolResult: string | null
}

/** A skill answers what it knows how to answer, and is `undefined` about all else. */
export type Skill = (talk: Talk) => string | undefined

export const listenTo = ({ messages }: Pick<Ask, 'messages'>): Talk => {
  const by = (role: string) => messages.filter((message) => message.role === role).map(({ content }) => content)
  const users = by('user')
  const said = users.at(-1) ?? ''
  const last = readPassages(said, 'user')
  const { rest: question, ...sent } = readFiles(last.rest)
  const system = by('system').map((text) => readPassages(text, 'system'))
  const end = messages.at(-1)
  return {
    said,
    question,
    sent,
    earlier: users.slice(0, -1).map((text) => readFiles(readPassages(text, 'user').rest).rest),
    answers: by('assistant'),
    instructions: system.map(({ rest }) => rest).join('\n'),
    passages: [...system.flatMap(({ passages }) => passages), ...last.passages],
    toolResult: end?.role === 'tool' ? end.content : null,
  }
}

/** Text on one line, cut at a word to about `maxLength` characters. */
export const brief = (text: string, maxLength = 160) => {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= maxLength ? line : `${line.slice(0, maxLength).replace(/\s\S*$/, '')} …`
}
