import { createHash } from 'node:crypto'

/** OpenAI's figures: prefixes count from 1,024 tokens on, in steps of 128. */
const LEAST = 1024
const STEP = 128
const KEPT = 4096

/** Remembers the prompts' prefixes, as a hosted model's cache does, and tells how much of a prompt it has seen before. */
export const prefixCache = () => {
  const seen = new Map<string, true>()

  const remember = (prefix: string) => {
    seen.delete(prefix)
    seen.set(prefix, true)
    const oldest = seen.keys().next()
    if (seen.size > KEPT && !oldest.done) seen.delete(oldest.value)
  }

  /** How many of the prompt's first tokens were cached, and how many were put there now. */
  return (model: string, prompt: string[]) => {
    let cachedTokens = 0
    let keptTokens = 0
    let chain = model
    for (let end = STEP; end <= prompt.length; end += STEP) {
      const step = JSON.stringify([chain, prompt.slice(end - STEP, end)])
      chain = createHash('sha256').update(step).digest('base64')
      if (end < LEAST) continue
      if (seen.has(chain)) cachedTokens = end
      remember(chain)
      keptTokens = end
    }
    return { cachedTokens, writtenTokens: keptTokens - cachedTokens }
  }
}
export type PrefixCache = ReturnType<typeof prefixCache>
