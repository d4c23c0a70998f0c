import { isStopWord } from '../stems.ts'
import { brief, type Skill } from './talk.ts'

const ASKS = new RegExp(
  [
    /\b(?:generate|write|give|suggest|create|make|produce|invent|think of|come up with|(?:reply|respond|answer) with)\b[^.\n]{0,60}\btitle\b/,
    /\btitle (?:for |of )?(?:this|the|that) (?:conversation|chat|exchange|message|text)/,
    /\bname (?:this|the) (?:conversation|chat)/,
    /^[ \t]*title[ \t]*:?[ \t]*$/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'im',
)

/** Words people open with that say nothing of what it is about. */
const OPENINGS =
  /^(?:(?:hi|hello|hey)(?:\s+there)?[\s,!.]+|please\s+|(?:can|could|would|will) you\s+(?:please\s+)?|(?:how (?:do|can|should|would) (?:i|we|you)|what(?:'s| is| are| was)|tell me(?: about)?|explain(?: to me)?|help me(?: to| with)?|i (?:want|need|would like) (?:to|a|an)|write me|give me|show me)\s+|(?:the|an?|some)\s+)/i
const SPEAKER = /^\s*(?:user|human|me|message|text|conversation)\s*:\s*/i
const MOST_WORDS = 6
const NO_TITLE = 'New conversation'

export const titleOf = (text: string): string => {
  let rest = brief(text.replace(SPEAKER, ''), 200)
  for (let before = ''; before !== rest;) {
    before = rest
    rest = rest.replace(OPENINGS, '')
  }
  const kept = (rest.split(/[.!?\n](?:\s|$)/)[0] ?? '')
    .replace(/[^\p{L}\p{N}\p{M}\s'’&+#/-]/gu, ' ')
    .trim()
    .split(/\s+/)
    .slice(0, MOST_WORDS)
  while (kept.length > 1 && isStopWord(kept.at(-1)?.toLowerCase() ?? '')) kept.pop()
  const title = kept.join(' ')
  return title ? title.charAt(0).toUpperCase() + title.slice(1) : NO_TITLE
}

/** The instructions are those of a title writer: nothing in the conversation is meant for it. */
export const titleOnOrders: Skill = ({ question, earlier, instructions }) =>
  ASKS.test(instructions) ? titleOf([...earlier, question].find((text) => text.trim()) ?? '') : undefined

/** The user's message asks for a title, of the text in it or else of the conversation. */
export const title: Skill = ({ question, earlier }) => {
  const asked = ASKS.exec(question)
  if (!asked) return undefined
  const quoted = /(?::|\n)\s*([\s\S]+)$/.exec(question.slice(asked.index + asked[0].length))?.[1]
  return titleOf(quoted ?? earlier[0] ?? question)
}
