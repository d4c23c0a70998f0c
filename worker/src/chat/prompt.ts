import type { Begun, PathMessage } from '../adapters/database/begin.ts'
import type { PromptMessage } from '../adapters/model.ts'

/** Comes first and never changes, so that a provider can keep it in its cache. */
export const systemText =
  'You are Macro AI, a helpful assistant. Answer in the language of the person. Use Markdown where it helps. ' +
  'Say so when you do not know.'

/** What the model is sent: system text, instructions from the widest to the narrowest, then the conversation, oldest first. */
export const promptOf = (
  { user, assistant, conversation }: Begun['instructions'],
  path: PathMessage[],
  text: string | null,
): PromptMessage[] => {
  const system = [systemText, user, assistant, conversation].filter((part) => part !== '').join('\n\n')
  const firstQuestion = path.findIndex(({ role }) => role === 'user')
  const said = path
    // Some models refuse a conversation that starts with an answer: its question was too long to fit.
    .slice(firstQuestion < 0 ? path.length : firstQuestion)
    // A failed answer was never said, and what nobody saw must not be continued.
    .filter((message) => message.text !== '' && message.status !== 'failed' && message.status !== 'streaming')
    .map(({ role, text: content }): PromptMessage => ({ role, content }))
  return [
    { role: 'system', content: system },
    ...said,
    ...(text === null ? [] : [{ role: 'user' as const, content: text }]),
  ]
}
