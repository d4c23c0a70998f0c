import type { Begun, PathMessage } from '../adapters/database/begin.ts'
import type { PromptMessage, PromptPart } from '../adapters/model.ts'
import { passageRules, withPassages, type Retrieved } from '../knowledge/passages.ts'
import { mostTokens } from '../spending/price.ts'

/** Comes first and never changes, so that a provider can keep it in its cache. */
export const systemText =
  'You are Macro AI, a helpful assistant. Answer in the language of the person. Use Markdown where it helps. ' +
  'Say so when you do not know.'

const remembering =
  'The person asked you to remember the following. Use it only where it matters for the answer, and then say so in ' +
  'passing, like “(remembered: …)”:'

/** Bound on the tokens of what the app itself says in a prompt. */
export const systemTokens = mostTokens(`${systemText}\n\n${remembering}\n`)

/** What goes with a message: its files as the model reads them. */
export type Attached = ReadonlyMap<string | null, PromptPart[]>

const questionOf = (text: string, files: PromptPart[] = []): PromptMessage => ({
  role: 'user',
  content: files.length === 0 ? text : [...files, { type: 'text', text }],
})

/** Whether a message of the path was said: a failed answer was not, and what nobody saw must not be continued. */
const wasSaid = ({ text, status }: PathMessage) => text !== '' && status !== 'failed' && status !== 'streaming'

/** What the model is sent: system text, instructions from the widest to the narrowest, what is remembered, then the conversation, oldest first. */
export const promptOf = (
  { instructions, path }: Pick<Begun, 'instructions' | 'path'>,
  text: string | null,
  attached: Attached = new Map(),
  retrieved?: Retrieved,
): PromptMessage[] => {
  const { user, assistant, conversation, remembered } = instructions
  const system = [
    systemText,
    ...(retrieved ? [passageRules] : []),
    user,
    assistant,
    conversation,
    remembered && `${remembering}\n${remembered}`,
  ]
  const firstQuestion = path.findIndex(({ role }) => role === 'user')
  const said = path
    // Some models refuse a conversation that starts with an answer: its question was too long to fit.
    .slice(firstQuestion < 0 ? path.length : firstQuestion)
    .filter(wasSaid)
  const lastId = text === null ? said.findLast(({ role }) => role === 'user')?.id : null
  const asked = (id: string | null, question: string) =>
    questionOf(retrieved && id === lastId ? withPassages(question, retrieved) : question, attached.get(id))
  return [
    { role: 'system', content: system.filter((part) => part !== '').join('\n\n') },
    ...said.map(({ id, role, text: content }): PromptMessage =>
      role === 'user' ? asked(id, content) : { role, content },
    ),
    ...(text === null ? [] : [asked(null, text)]),
  ]
}
