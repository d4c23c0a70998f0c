import { keyStems } from '../stems.ts'
import type { Skill } from './talk.ts'

export type Passage = { n: number; title: string; text: string }

const TAGGED = /<(passage|source|document)\b([^>]*)>([\s\S]*?)<\/\1>/g
const attribute = (attributes: string, names: string) =>
  new RegExp(`\\b(?:${names})\\s*=\\s*["']?([^"'>]*)`).exec(attributes)?.[1]?.trim()

const tagged = (text: string): Passage[] =>
  [...text.matchAll(TAGGED)].flatMap(([, , attributes = '', body = '']) => {
    const n = Number(attribute(attributes, 'n|id|index'))
    return Number.isInteger(n) && n > 0
      ? [{ n, title: attribute(attributes, 'title|name') ?? '', text: body.trim() }]
      : []
  })

/** `[1] Title: text`. In a user's message a blank line ends it, for the question may follow; elsewhere the next number does. */
const NUMBERED = {
  user: /^\[(\d{1,3})\][ \t]*([^\n]+(?:\n(?!\[\d{1,3}\])[^\n]+)*)\n*/gm,
  system: /^\[(\d{1,3})\][ \t]*((?:(?!^\[\d{1,3}\])[\s\S])+)/gm,
}

const numbered = ([, n, body = '']: RegExpMatchArray): Passage => {
  const [, title = '', text = body] = /^([^:\n]{1,120}):\s+([\s\S]+)$/.exec(body) ?? []
  return { n: Number(n), title: title.trim(), text: text.trim() }
}

/** The numbered passages in a message, and the message without them. */
export const readPassages = (text: string, from: 'user' | 'system'): { passages: Passage[]; rest: string } => {
  const inTags = tagged(text)
  if (inTags.length)
    return {
      passages: inTags,
      rest: text
        .replace(TAGGED, '')
        .replace(/^\s*Question:\s*/, '')
        .trimStart(),
    }
  const passages = [...text.matchAll(NUMBERED[from])].map(numbered)
  if (!passages.length) return { passages, rest: text }
  const rest = text.replace(NUMBERED[from], '')
  return { passages, rest: from === 'user' ? (/\bQuestion:\s*([\s\S]*)$/.exec(rest)?.[1] ?? rest).trimStart() : rest }
}

export const sentences = (text: string) =>
  text.match(/[^.!?\n]+(?:[.!?](?!\s)[^.!?\n]+)*[.!?]?/g)?.map((one) => one.trim()) ?? []

/** How much of what is wanted, from 0 to 1, the text has words for. */
export const share = (wanted: Set<string>, text: string) => {
  const there = new Set(keyStems(text))
  return [...wanted].filter((stem) => there.has(stem)).length / (wanted.size || 1)
}

const ENOUGH = 0.5
const MOST_CITED = 3

/** What the passages say about the question, sentence by sentence, each with its number. */
export const fromPassages: Skill = ({ question, passages }) => {
  const wanted = new Set(keyStems(question))
  const cited = passages
    .map((passage) => ({ passage, fit: share(wanted, `${passage.title} ${passage.text}`) }))
    .filter(({ fit }) => fit >= ENOUGH)
    .sort((a, b) => b.fit - a.fit || a.passage.n - b.passage.n)
    .slice(0, MOST_CITED)
  if (!cited.length) return undefined
  const quotes = cited.map(({ passage: { n, title, text } }) => {
    const ranked = sentences(text).map((sentence, at) => ({ sentence, at, fit: share(wanted, sentence) }))
    const best = ranked.sort((a, b) => b.fit - a.fit || a.at - b.at).slice(0, 2)
    const quote = best
      .sort((a, b) => a.at - b.at)
      .map(({ sentence }) => sentence)
      .join(' ')
    return `${title ? `**${title}** says: ` : ''}${quote} [${n}]`
  })
  return `From your documents:\n\n${quotes.join('\n\n')}`
}

export const notInPassages: Skill = ({ question, passages }) =>
  passages.length && keyStems(question).length
    ? `That is not in your documents. I looked at ${passages.length === 1 ? 'one passage' : `${passages.length} passages`} and none answers it.`
    : undefined
