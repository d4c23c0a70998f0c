import { brief, type Skill, type Talk } from './talk.ts'
import { factsIn } from './facts.ts'
import { received } from './files.ts'
import { titleOf } from './title.ts'

const ABILITIES = `- remember what you tell me (“My name is Ada”, later “What is my name?”)
- do sums, count, and repeat exactly what you say
- show a table, a list, code, a formula or a diagram
- quote your documents, with their numbers
- write as many words as you like (“write 300 words about tides”)`

const nameOf = (texts: string[]) => texts.flatMap(factsIn).findLast(({ about }) => about === 'name')?.is

export const smalltalk: Skill = ({ question, earlier, instructions }) => {
  const said = question
    .trim()
    .slice(0, 100)
    .replace(/[\s!.?,👋🙂]+$/u, '')
  const name = nameOf([instructions, ...earlier])
  if (/^(?:hi|hello|hey|good (?:morning|afternoon|evening)|greetings)(?: there| again)?$/i.test(said))
    return `Hello${name ? `, ${name}` : ''}! What would you like to talk about?`
  if (/^(?:many )?(?:thanks|thank you|cheers|ta)(?: (?:so|very) much| a lot)?$/i.test(said)) return 'You are welcome!'
  if (/^(?:good)?bye(?: bye)?$|^see you(?: later)?$|^good night$/i.test(said))
    return `Goodbye${name ? `, ${name}` : ''}!`
  if (/^how are you(?: today| doing)?$/i.test(said)) return 'I am well, thank you. And you?'
  if (/^(?:who|what) are you$|^are you (?:an? )?(?:ai|real|human|model)\b/i.test(said))
    return `I am the offline demo model: a small program on your own machine that stands in for a real model.`
  if (/^help$|\bwhat can you do\b/i.test(said)) return `I can:\n\n${ABILITIES}`
  return undefined
}

const EXCUSES = [
  'I know too little of the world to answer that well.',
  'A real model would have much to say about that; I do not.',
  'That is beyond a small offline model.',
]

/** When nothing else knows an answer: says so, kindly, and shows that it listened. */
export const reflect = ({ question, earlier, sent }: Talk): string => {
  const got = received(sent)
  if (!question.trim()) return `${got ?? 'I did not get any text.'} What would you like to know?`
  const asked = /[\p{L}\p{N}]/u.test(question)
    ? `You are asking about **${titleOf(question)}**.`
    : `You said ${question}.`
  const subject = got ? `${got} ${asked}` : asked
  const excuse = EXCUSES[earlier.length % EXCUSES.length]
  const before = earlier.at(-1)
  return before
    ? `${subject} ${excuse}\n\nBefore that you said “${brief(before, 80)}”, and I have not forgotten it. Say “help” to see what I can do.`
    : `${subject} ${excuse}\n\nConnect a real model for a real answer. Meanwhile I can:\n\n${ABILITIES}`
}
