import { keyStems } from '../stems.ts'
import { remarks } from './prose.ts'
import { sentences, share } from './passages.ts'
import { brief, type Skill } from './talk.ts'
import { titleOf } from './title.ts'

const NOTHING = 'Nothing yet: this is the start of our conversation.'
const quoted = (text: string | undefined, before: string) => (text ? `${before}: “${brief(text, 400)}”` : NOTHING)

/** What was said before: by the user, by the assistant, first, last or in short. */
export const recap: Skill = ({ question, earlier, answers }) => {
  if (/\bwhat was (?:my|the) first (?:message|question)\b|\bwhat did i (?:say|ask)[\w ]* first\b/i.test(question))
    return quoted(earlier[0], 'First you said')
  if (
    /\bwhat (?:did|have) i (?:just )?(?:say|said|ask|asked|tell|told|write|written)\b(?! about)|\bwhat was my (?:last|previous) (?:message|question)\b/i.test(
      question,
    )
  )
    return quoted(earlier.at(-1), 'You said')
  if (/\bwhat (?:did|have) you (?:just )?(?:say|said|answer|answered|tell|told)\b(?! about)/i.test(question))
    return quoted(answers.at(-1), 'I said')
  if (/\b(?:summari[sz]e|recap|sum up)\b[^.?!]*\b(?:conversation|chat|discussion|so far)\b/i.test(question))
    return earlier.length ? `So far you said:\n\n${earlier.map((text) => `- ${brief(text)}`).join('\n')}` : NOTHING
  return undefined
}

const LIKELY = 0.5

/** A question that something said before has an answer to: `What was the code word?` after `The code word is banana.` */
export const mentioned: Skill = ({ question, earlier }) => {
  const wanted = new Set(keyStems(question.replace(/\b(?:say|said|told?|tell|mention|mentioned|ask|asked)\b/gi, '')))
  if (!wanted.size || !/\?|^\s*(?:what|who|where|when|which|how|why|tell me)\b/i.test(question)) return undefined
  const told = earlier.flatMap(sentences).filter((sentence) => !sentence.endsWith('?'))
  const fits = told.map((sentence) => ({ sentence, fit: share(wanted, sentence) })).filter(({ fit }) => fit >= LIKELY)
  const best = fits.reduce<(typeof fits)[number] | undefined>((a, b) => (a && a.fit > b.fit ? a : b), undefined)
  return best && `You told me: “${brief(best.sentence, 400)}”`
}

const PARAGRAPHS_TO_GO_ON = 2

/** `Continue` picks up where the last answer stopped. */
export const goOn: Skill = ({ question, earlier, answers }) => {
  const last = answers.at(-1)
  if (!last || !/^\s*(?:please\s+)?(?:continue|go on|carry on|keep going|more)\b[^?]{0,60}$/i.test(question))
    return undefined
  return `Going on from “${last.trim().slice(-40).trim()}”:\n\n${remarks(titleOf(earlier[0] ?? ''), PARAGRAPHS_TO_GO_ON).join('\n\n')}`
}
