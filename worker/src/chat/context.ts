import type { NewTurn, Source } from '@macro-ai/shared'
import type { Begun } from '../adapters/database/begin.ts'
import type { PromptMessage } from '../adapters/model.ts'
import type { Deps } from '../deps.ts'
import { readAttached } from '../files/attached.ts'
import { needsContext, retrieve, soughtFor } from '../knowledge/retrieval.ts'
import type { Embedded } from '../vectors.ts'
import { promptOf } from './prompt.ts'

export type Context = {
  prompt: PromptMessage[]
  /** What was found in documents, when the turn asked for them. */
  sources?: Source[]
  /** Whether some of the documents have to be read again to be found as well as the others. */
  incomplete?: boolean
  /** The question's embedding, for the cache. */
  asked?: Embedded | undefined
}

/**
 * What an answer is made from besides the conversation. A question that stands alone is looked up at once, beside the
 * statement that begins the turn; one that points back, when that has told what to.
 */
export const openContext = (
  deps: Deps,
  userId: string,
  { text, conversationId, assistantId, useKnowledge, regenerate }: NewTurn,
) => {
  const find = (question: string) =>
    retrieve(deps, { userId, targets: [conversationId, ...(assistantId ? [assistantId] : [])], question })
  const early = useKnowledge && !regenerate && !needsContext(text) ? find(text) : undefined

  /** The question that is answered, with the one before it. */
  const sought = ({ path }: Begun, isNewText: boolean): string => {
    const questions = path.filter(({ role }) => role === 'user').map((message) => message.text)
    const question = isNewText ? text : (questions.pop() ?? text)
    return soughtFor(question, questions.at(-1))
  }

  return {
    of: async (begun: Begun, isNewText: boolean): Promise<Context> => {
      const [attached, retrieved] = await Promise.all([
        readAttached(deps, userId, begun),
        useKnowledge ? (early ?? find(sought(begun, isNewText))) : undefined,
      ])
      const prompt = promptOf(begun, isNewText ? text : null, attached, retrieved)
      if (!retrieved) return { prompt }
      const { sources, incomplete, asked } = retrieved
      return { prompt, sources, incomplete, asked }
    },
  }
}
