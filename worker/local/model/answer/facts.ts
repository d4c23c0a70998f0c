import { brief, type Skill, type Talk } from './talk.ts'

export type Fact = { about: string; verb: string; is: string }

/** Up to the end of the clause; a dot or comma within a number is no end. */
const VALUE = String.raw`((?:[^.!?\n,;]|[.,](?=\d))+?)(?=\s(?:and|but|so) (?:i|my)\b|[.!?\n,;](?!\d)|$)`
const pattern = (source: string) => new RegExp(`${source} ${VALUE}`, 'gimu')
const OWN = pattern(
  String.raw`\b(?:my|(?:the )?user['’]s|their) ([\p{L}][\p{L} '’]{1,40}?) (is|are|was|were)(?: called| named)?`,
)
const SAID: [string, RegExp][] = [
  ['name', pattern(String.raw`\b(?:i am|i['’]m) (?:called|named)`)],
  ['name', pattern(String.raw`\bcall me`)],
  ['name', /\b[Ii](?: am|['’]m) (\p{Lu}\p{L}+)(?=[.,!\n]|$)/gu],
  ['home', pattern(String.raw`\b(?:i|the user) lives? in`)],
  ['job', pattern(String.raw`\b(?:i|the user) works? as`)],
  ['likes', pattern(String.raw`\b(?:i|the user) (?:like|love|enjoy|prefer)s?`)],
  ['age', /\b(?:i am|i['’]m|the user is) (\d{1,3})(?: years old)?(?=[\s,.!]*$|\s+(?:and|but)\b)/gimu],
]

const withoutQuestions = (text: string) =>
  text
    .split(/(?<=[.!?\n])/)
    .filter((sentence) => !sentence.endsWith('?'))
    .join('')

/** `My dog's name is Rex` and `My dog is called Rex` are about the same thing. */
const subject = (about: string) => about.toLowerCase().replace(/['’]s name$/, '')

/** What a text tells about the user, in the order it was said. */
export const factsIn = (text: string): Fact[] => {
  const told = withoutQuestions(text)
  const own = [...told.matchAll(OWN)].map(([, about = '', verb = 'is', is = '']) => ({
    about: subject(about),
    verb: verb.toLowerCase(),
    is: is.trim(),
  }))
  const said = SAID.flatMap(([about, regexp]) =>
    [...told.matchAll(regexp)].map(([, is = '']) => ({ about, verb: 'is', is: is.trim() })),
  )
  return [...own, ...said]
}

const sentence = ({ about, verb, is }: Fact) => {
  if (about === 'home') return `you live in ${is}`
  if (about === 'likes') return `you like ${is}`
  if (about === 'job') return `you work as ${is}`
  if (about === 'age') return `you are ${is} years old`
  return `your ${about} ${verb} ${is}`
}
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

const ASKED: [RegExp, string][] = [
  [/\bwho am i\b/i, 'name'],
  [/\bwhere do i live\b/i, 'home'],
  [/\bhow old am i\b/i, 'age'],
  [/\bwhat do i (?:like|love|enjoy|prefer)\b/i, 'likes'],
  [/\bwhat do i do(?: for a living)?\s*\?/i, 'job'],
]
const ASKED_BY_NAME =
  /\b(?:what|who)(?:['’]s| is| are| was| were) my ([\p{L}][\p{L} '’]*?)(?:\s+(?:again|called|named))?\s*[?.!]*\s*$|\b(?:know|remember|recall|tell me|told you) my ([\p{L}][\p{L} '’]*?)\s*[?.!]*\s*$/iu

const askedAbout = (question: string) => {
  const [asked, first, second] = ASKED_BY_NAME.exec(question) ?? []
  if (asked) return subject(first ?? second ?? '')
  return ASKED.find(([regexp]) => regexp.test(question))?.[1]
}

/** All that the user has told, in earlier messages and in the instructions. */
export const knownFacts = ({ instructions, earlier, question }: Talk): Fact[] =>
  [instructions, ...earlier, question].flatMap(factsIn)

/** `What is my name?` after `My name is Ada`; the newest word counts. */
export const recall: Skill = (talk) => {
  const about = askedAbout(talk.question)
  const fact = about && knownFacts(talk).findLast((known) => known.about === about)
  return fact ? `${capital(sentence(fact))}.` : undefined
}

export const notTold: Skill = ({ question }) => {
  const about = askedAbout(question)
  return about && `You have not told me ${about === 'likes' ? 'what you like' : `your ${about}`} yet.`
}

const REMEMBER = /^\s*(?:please\s+)?(?:remember|note|keep in mind)(?:\s+that)?[:,]?\s+([^?]+)$/i

/** A message that only tells something is acknowledged with what was understood. */
export const noted: Skill = ({ question }) => {
  const facts = question.includes('?') ? [] : factsIn(question)
  const told = REMEMBER.exec(question)?.[1]?.trim()
  if (!facts.length) return told && `I keep in mind, as long as we talk: “${brief(told)}”`
  const name = facts.find(({ about }) => about === 'name')
  const rest = facts.filter((fact) => fact !== name).map(sentence)
  const greeting = name ? `Nice to meet you, ${name.is}!` : 'Thank you for telling me.'
  return rest.length ? `${greeting} I have noted that ${rest.join(' and ')}.` : greeting
}
