import { tokenise } from '../tokens.ts'
import { titleOf } from './title.ts'
import type { Skill } from './talk.ts'

const ASKS =
  /\b(?:write|give me|say|produce|generate)\s+(?:me\s+)?(?:about\s+|around\s+|exactly\s+|roughly\s+|some\s+)?(\d[\d,]*)[\s-](words?|tokens?)\b(?:[^.\n]*?\b(?:about|on)\s+(.+))?/i
const MOST = 200_000

const OPENERS = [
  'In practice',
  'As a rule',
  'Early on',
  'Seen from afar',
  'With some care',
  'More often than not',
  'Step by step',
]
const SUBJECTS = [
  'the simple plan',
  'a patient reader',
  'every small detail',
  'the first draft',
  'a quiet habit',
  'the whole idea',
  'one good example',
]
const VERBS = [
  'grows into',
  'gives way to',
  'rests on',
  'leads back to',
  'says much about',
  'is shaped by',
  'makes room for',
]
const OBJECTS = [
  'what came before',
  'a **clearer** picture',
  'work that lasts',
  'the *next* question',
  'an honest measure',
  '`one` plain answer',
  'things worth keeping',
]
const CLOSERS = [
  'and that is enough for now',
  'though not all at once',
  'which few people expect',
  'as time will tell',
  'and so it goes on',
]

/** A small generator of numbers (mulberry32): the same text always gives the same prose. */
const random = (seed: string) => {
  let state = [...seed].reduce((hash, char) => Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16777619), 2166136261)
  return (below: number) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Markdown without end: headings, paragraphs and now and then a list or a quotation. */
function* paragraphs(topic: string): Generator<string, never> {
  const next = random(topic)
  const pick = (from: string[]) => from[next(from.length)] ?? ''
  const sentence = () =>
    `${pick(OPENERS)}, ${next(4) ? pick(SUBJECTS) : topic.toLowerCase()} ${pick(VERBS)} ${pick(OBJECTS)}${next(2) ? `, ${pick(CLOSERS)}` : ''}.`
  const several = (count: number) => Array.from({ length: count }, sentence)
  for (let at = 0; ; at += 1) {
    if (at % 6 === 0) yield `## ${topic}, part ${at / 6 + 1}`
    else if (at % 6 === 3)
      yield several(3)
        .map((item) => `- ${item}`)
        .join('\n')
    else if (at % 6 === 5) yield `> ${sentence()}`
    else yield several(3 + next(3)).join(' ')
  }
}

/** A few paragraphs on a topic, without a heading. */
export const remarks = (topic: string, count: number): string[] => {
  const all = paragraphs(topic)
  all.next()
  return Array.from({ length: count }, () => all.next().value)
}

const countWords = (text: string) => text.match(/\S+/g)?.length ?? 0
const firstWords = (text: string, count: number) => {
  const next = [...text.matchAll(/\S+/g)][count]
  return text.slice(0, next?.index).trimEnd()
}

const atLeast = (topic: string, amount: number, measure: (text: string) => number) => {
  const parts: string[] = []
  let got = 0
  for (const paragraph of paragraphs(topic)) {
    if (got >= amount) break
    parts.push(paragraph)
    got += measure(paragraph)
  }
  return parts.join('\n\n')
}

/** `Write 300 words about tides` gives that many words of Markdown; `write 1000 tokens` that many tokens. */
export const prose: Skill = ({ question }) => {
  const [asked, amount, unit, about] = ASKS.exec(question) ?? []
  if (!asked || !amount || !unit) return undefined
  const count = Math.min(Number(amount.replaceAll(',', '')), MOST)
  const topic = titleOf(about ?? 'Nothing in particular')
  if (/token/i.test(unit)) {
    const text = atLeast(topic, count, (part) => tokenise(part).length)
    return tokenise(text).slice(0, count).join('')
  }
  return firstWords(atLeast(topic, count, countWords), count)
}
