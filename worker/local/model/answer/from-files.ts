import { keyStems } from '../stems.ts'
import { sentences, share } from './passages.ts'
import { brief, type Skill } from './talk.ts'

const ENOUGH = 0.5
const IN_SHORT = /\b(?:summari[sz]e|sum up|recap|in short|read (?:this|it|these)|what (?:does|do|is in|['’]s in))\b/i

/** What the texts sent along say about the question, or how they begin when they are to be summed up. */
export const fromFiles: Skill = ({ question, sent: { files } }) => {
  const wanted = new Set(keyStems(question))
  const quotes = files.flatMap(({ name, text }) => {
    const all = sentences(text).filter(Boolean)
    const fitting = all.filter((sentence) => share(wanted, sentence) >= ENOUGH)
    const said = wanted.size && fitting.length ? fitting : IN_SHORT.test(question) ? all : []
    return said.length ? [`**${name}** says: “${brief(said.slice(0, 2).join(' '), 300)}”`] : []
  })
  return quotes.length ? quotes.join('\n\n') : undefined
}
