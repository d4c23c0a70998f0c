import type { BeginTurn, Begun, PathMessage } from '../adapters/database/begin.ts'
import { mostTokens, windowStep } from '../spending/price.ts'

type Placed = PathMessage & { depth: number }

/**
 * What a conversation's object knows of it after a turn: all that the next turn needs of the database, as long as nothing
 * else has changed the person's things since (`epoch`, see `till/till.ts`) and it follows on the last answer.
 */
export type Known = {
  epoch: number
  leafId: string
  /** The active path as far back as `window` reaches, oldest first. */
  path: Placed[]
  window: BeginTurn['window']
  models: Begun['models']
  instructions: Pick<Begun['instructions'], 'assistant' | 'conversation'>
}

/** The part of a path that a window takes in, cut where the statement in `begin.ts` cuts it. */
export const withinWindow = (path: Placed[], { maxBytes, maxMessages }: BeginTurn['window']): Placed[] => {
  let bytes = 0
  let from = path.length
  while (from > 0 && path.length - from < maxMessages) {
    bytes += mostTokens(path[from - 1]?.text ?? '')
    // The last message is taken in whatever its length.
    if (from < path.length && bytes > maxBytes) break
    from -= 1
  }
  const reached = path.slice(from)
  const first =
    reached.find(({ depth }) => depth % windowStep === 0) ??
    reached.find(({ role }) => role === 'user') ??
    reached.at(0)
  return first ? reached.slice(reached.indexOf(first)) : []
}

/** What is known after a turn of what was known before it. Nothing where files are part of the conversation. */
export const knownAfter = (
  begun: Begun,
  {
    epoch,
    turn,
    answer,
    isNew,
  }: { epoch: number; turn: BeginTurn; answer: Pick<PathMessage, 'text' | 'status'>; isNew: boolean },
): Known | undefined => {
  if (begun.files.length > 0) return undefined
  const before = begun.path.map((message, at) => ({ ...message, depth: begun.depth - begun.path.length + at }))
  const asked: Placed[] =
    turn.regenerate === null
      ? [{ id: begun.userMessageId, role: 'user', text: turn.text, status: 'complete', depth: begun.depth }]
      : []
  const said: Placed = { id: begun.messageId, role: 'assistant', ...answer, depth: begun.depth + asked.length }
  return {
    epoch,
    leafId: begun.messageId,
    path: withinWindow([...before, ...asked, said], turn.window),
    window: turn.window,
    // A new conversation keeps the model that its first turn asked for.
    models: isNew && turn.model !== null ? { ...begun.models, conversation: begun.model } : begun.models,
    instructions: { assistant: begun.instructions.assistant, conversation: begun.instructions.conversation },
  }
}

/** What is known of a conversation that does not exist yet. */
export const nothingYet = (window: BeginTurn['window']): Omit<Known, 'epoch' | 'leafId'> => ({
  path: [],
  window,
  models: { conversation: null, assistant: null },
  instructions: { assistant: '', conversation: '' },
})
