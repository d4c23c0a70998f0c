import type { ModelList } from '@macro-ai/shared'

const bytes = (text: string): number => new TextEncoder().encode(text).byteLength

/** What a turn sends along: the messages before it, and the instructions, the person's and the conversation's. */
export type Context = { said: readonly { text: string }[]; instructions: readonly string[]; useDocuments?: boolean }

/**
 * The most the next message can cost, in micro-dollars: the Worker's own arithmetic over the messages it would send
 * along, where every byte counts as a token. What is reserved is never more, and what is charged nearly always far less.
 */
export const worstCostMicros = (
  { worst }: ModelList[number],
  { said, instructions, useDocuments }: Context,
  text: string,
): number => {
  let messages = 1
  let context = 0
  for (const message of said.toReversed()) {
    const more = context + bytes(message.text)
    if (messages > 1 && (more > worst.maxContextBytes || messages > worst.maxContextMessages)) break
    context = more
    messages++
  }
  const fixed = worst.baseTokens + bytes(instructions.join('')) + (useDocuments ? worst.passageTokens : 0)
  const tokens = fixed + context + bytes(text) + messages * worst.tokensPerMessage
  const title = said.length === 0 ? worst.titleMicros : 0
  return Math.ceil((tokens * worst.inMicrosPerMTok) / 1_000_000) + worst.outMicros + title
}
