import type { Ask } from '../generation.ts'
import { chatModel } from '../catalogue.ts'
import type { JsonSchema } from '../message.ts'
import { arithmetic } from './arithmetic.ts'
import { counting } from './counting.ts'
import { exact } from './exact.ts'
import { knownFacts, noted, notTold, recall } from './facts.ts'
import { fill } from './filling.ts'
import { code, diagram, list, math, several, table } from './formats.ts'
import { fromFiles } from './from-files.ts'
import { inManner } from './manner.ts'
import { fromPassages, notInPassages } from './passages.ts'
import { prose, remarks } from './prose.ts'
import { goOn, mentioned, recap } from './recap.ts'
import { reflect, smalltalk } from './smalltalk.ts'
import { listenTo, type Skill, type Talk } from './talk.ts'
import { title, titleOf, titleOnOrders } from './title.ts'
import { callTool } from './tools.ts'

export type Reply = { text: string } | { tool: string; id: string; arguments: string }

/** Skills whose answer is wanted as it is, with nothing added. */
const BARE: Skill[] = [titleOnOrders, exact, title, prose]
/** The first that knows an answer gives it: what was said here before what the documents say, and those before samples. */
const PLEASANT: Skill[] = [
  recap,
  recall,
  smalltalk,
  arithmetic,
  counting,
  goOn,
  fromFiles,
  fromPassages,
  mentioned,
  notTold,
  several,
  diagram,
  table,
  code,
  math,
  list,
  noted,
  notInPassages,
]

const first = (skills: Skill[], talk: Talk) => {
  for (const skill of skills) {
    const text = skill(talk)
    if (text !== undefined) return text
  }
  return undefined
}

const resultOf = ({ toolResult }: Talk) => (toolResult === null ? undefined : `The tool answered:\n\n${toolResult}`)

const INTRODUCTION = '_I am the offline demo model: quick and free, but not clever._'

const pleasant = (talk: Talk, closing: boolean) => {
  const said = resultOf(talk) ?? first(PLEASANT, talk) ?? reflect(talk)
  const more = closing ? remarks(titleOf(talk.question), 2) : []
  const introduction = talk.answers.length || said.includes('offline demo model') ? [] : [INTRODUCTION]
  return inManner([said, ...more, ...introduction].join('\n\n'), talk.instructions)
}

const asJson = (schema: JsonSchema, talk: Talk) => {
  const facts = knownFacts(talk).map(({ about, verb, is }) => `The user's ${about} ${verb} ${is}`)
  const said = first(PLEASANT, talk) ?? titleOf(talk.question)
  const text = (property: string) =>
    property === 'title' ? (titleOnOrders(talk) ?? title(talk) ?? titleOf(talk.question)) : said
  const shape = schema.properties || schema.type ? schema : { properties: { answer: { type: 'string' } } }
  return JSON.stringify(fill(shape, { text, texts: facts, number: 1 }))
}

/** What the model says to a conversation; the same words to the same conversation. */
export const answer = (ask: Ask): Reply => {
  const talk = listenTo(ask)
  if (talk.toolResult !== null) return { text: pleasant(talk, false) }
  const forced = ask.toolChoice === 'auto' ? undefined : callTool(ask, talk)
  if (forced) return forced
  if (ask.schema) return { text: exact(talk) ?? asJson(ask.schema, talk) }
  const bare = first(BARE, talk)
  if (bare !== undefined) return { text: bare }
  return callTool(ask, talk) ?? { text: pleasant(talk, chatModel(ask.model).closing) }
}
