import type { Usage } from '@macro-ai/shared'
import { isTitle, oneLine, titleOf } from '@macro-ai/shared/title'
import type { Models, PromptMessage } from '../adapters/model.ts'
import { log } from '../log.ts'
import { costMicros, mostTokens, nothingUsed, overhead, safeEstimate } from '../spending/price.ts'
import type { Held } from '../spending/purse.ts'
import { ModelFailure } from './failure.ts'

const orders =
  'Write a title of 3 to 6 words for the conversation that begins with this message, in its language. ' +
  'Reply with the title alone: no quotes, no full stop.'

/** The beginning of a message says what it is about. */
const mostCharacters = 1_000

/** What a title is made from; nothing where the message itself is short enough to be one. */
const titlePromptOf = (text: string): (PromptMessage & { content: string })[] | null =>
  isTitle(text)
    ? null
    : [
        { role: 'system', content: orders },
        { role: 'user', content: [...text].slice(0, mostCharacters).join('') },
      ]

/** Bound on the tokens of that prompt; 0 where there is none. */
export const titleTokensOf = (text: string): number =>
  titlePromptOf(text)?.reduce(
    (tokens, { content }) => tokens + mostTokens(content) + overhead.tokensPerMessage,
    overhead.baseTokens,
  ) ?? 0

/** What a model made of it, without the quotes and prefixes that some add all the same. */
const cleaned = (text: string): string | null => {
  const line = oneLine(text.trim().split('\n')[0] ?? '').replace(/^(?:title\s*:\s*|[#*\s]+)/i, '')
  const bare = line.replace(/^["“”'«»*]+|["“”'«»*.]+$/gu, '').trim()
  return bare === '' ? null : titleOf(bare)
}

/** The most that {@link titleTokensOf} gives for any message. */
export const mostTitleTokens = titleTokensOf('\u{10FFFF}'.repeat(mostCharacters))

export type Named = { title: string | null; usage: Usage }
type Asked = { held: Held; text: string; signal: AbortSignal }

/** Never throws: without a title the first words stay. `usage` is what asking cost all the same. */
const ask = async (models: Pick<Models, 'complete'>, { held, text, signal }: Asked): Promise<Named> => {
  const prompt = titlePromptOf(text)
  if (!prompt) return { title: null, usage: nothingUsed }
  try {
    const { text: said, usage } = await models.complete(held, prompt, signal)
    return {
      title: cleaned(said),
      usage: usage
        ? { ...usage, costMicros: costMicros(held.model, usage) }
        : safeEstimate(held.model, held.inputTokens, said),
    }
  } catch (error) {
    log.warn('title', { turnId: held.id, error: String(error) })
    const isFree = !signal.aborted && error instanceof ModelFailure && error.kind !== 'lost'
    return {
      title: null,
      usage: isFree ? nothingUsed : safeEstimate(held.model, held.inputTokens, '', held.model.maxOutputTokens),
    }
  }
}

/** How long an answer that is complete waits for its title. */
const patienceMs = 1_500

/** A title on the way: asked for once the answer has begun, so that a model that is away fails the answer alone. */
export const openTitle = (
  models: Pick<Models, 'complete'>,
  { held, text, onTitle }: { held: Held; text: string; onTitle: (title: string) => void },
) => {
  const late = new AbortController()
  let asked: Promise<Named> | undefined
  return {
    begin: () => {
      asked ??= ask(models, { held, text, signal: late.signal }).then((named) => {
        if (named.title !== null) onTitle(named.title)
        return named
      })
    },
    /** The answer is over: what has become of the title, and what it cost. Nothing when it was not asked for. */
    end: async ({ patiently }: { patiently: boolean }): Promise<Named | undefined> => {
      const timer = setTimeout(() => late.abort(), patiently ? patienceMs : 0)
      const named = await asked
      clearTimeout(timer)
      return named
    },
  }
}
