import { CODE, MATH, TABLES } from './samples.ts'
import type { Skill } from './talk.ts'

const WISH = String.raw`\b(?:show|make|give|draw|write|create|build|need|want|list|put|as|in|with|please|example|some|an?)\b`
/** A wish stands near the start; looking further costs the square of the length. */
const LOOKED_AT = 1000
const wishes = (question: string, thing: string) =>
  new RegExp(String.raw`${WISH}[^.!?\n]*\b(?:${thing})\b|^\W*(?:${thing})\b`, 'i').test(question.slice(0, LOOKED_AT))

/** `of apples, pears and plums` names the items itself. */
const itemsIn = (question: string): string[] => {
  const named = /\b(?:of|with|for|from|between|comparing)\s+([^?!\n]+?)[\s.?!]*$/i.exec(question)?.[1] ?? ''
  const items = named.split(/\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|to|vs\.?)\s+/).filter(Boolean)
  return items.length > 1 ? items : []
}

const rowsFor = (question: string): string[][] => {
  const items = itemsIn(question)
  if (items.length)
    return [['Item', 'Letters', 'Place'], ...items.map((item, at) => [item, `${item.length}`, `${at + 1}`])]
  const topic = Object.keys(TABLES).find((name) => new RegExp(`\\b${name}s?\\b`, 'i').test(question))
  return TABLES[topic ?? 'plan'] ?? []
}

const row = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`

export const table: Skill = ({ question }) => {
  if (!wishes(question, 'table')) return undefined
  const [head = [], ...rows] = rowsFor(question)
  return `Here is a table:\n\n${[head, head.map(() => '---'), ...rows].map(row).join('\n')}`
}

export const list: Skill = ({ question }) => {
  if (!wishes(question, 'list|bullets?|bullet points?')) return undefined
  const ordered = /\b(?:numbered|ordered|steps?)\b/i.test(question)
  const items = rowsFor(question).slice(1)
  const lines = items.map(([name, ...rest], at) => `${ordered ? `${at + 1}.` : '-'} **${name}**: ${rest[0]}`)
  const named = itemsIn(question).map((item, at) => `${ordered ? `${at + 1}.` : '-'} ${item}`)
  return `Here is a list:\n\n${(named.length ? named : lines).join('\n')}`
}

const LANGUAGES: Record<string, RegExp> = {
  python: /\bpython\b/i,
  rust: /\brust\b/i,
  sql: /\bsql\b/i,
  bash: /\b(?:bash|shell)\b/i,
  html: /\bhtml\b/i,
}

export const code: Skill = ({ question }) => {
  if (!wishes(question, 'code|function|script|program|snippet|query')) return undefined
  const language = Object.keys(LANGUAGES).find((name) => LANGUAGES[name]?.test(question)) ?? 'typescript'
  return `Here is an example:\n\n\`\`\`${language}\n${CODE[language]}\n\`\`\``
}

export const math: Skill = ({ question }) =>
  wishes(question, 'maths?|mathematics|formula|equation|katex|latex') ? MATH : undefined

export const diagram: Skill = ({ question }) => {
  if (!wishes(question, 'diagram|flow ?chart|mermaid')) return undefined
  const items = itemsIn(question)
  const steps = items.length ? items : ['Question', 'Look it up', 'Answer']
  const node = (label: string, at: number) => `  n${at}["${label.replace(/["[\]]/g, '')}"]`
  const arrows = steps.slice(1).map((_, at) => `  n${at} --> n${at + 1}`)
  return `Here is a diagram:\n\n\`\`\`mermaid\nflowchart LR\n${[...steps.map(node), ...arrows].join('\n')}\n\`\`\``
}

const FORMATS = [diagram, table, code, math, list]
const LEAST = 2

/** `A table, some code and a formula` gives all that it names, in that order. */
export const several: Skill = (talk) => {
  // What a table or list is of: its items.
  if (itemsIn(talk.question).length > 0) return undefined
  const parts = talk.question.slice(0, LOOKED_AT).split(/,|\band\b/)
  const shown = parts.flatMap((question) => {
    for (const of of FORMATS) {
      const text = of({ ...talk, question })
      if (text !== undefined) return [{ of, text }]
    }
    return []
  })
  const kinds = new Set(shown.map(({ of }) => of))
  return shown.length >= LEAST && kinds.size === shown.length ? shown.map(({ text }) => text).join('\n\n') : undefined
}
