import type { Usage } from '@macro-ai/shared'
import { openRepeated } from './repeated.ts'

/** What one read of a model's stream brought. */
export type Piece = {
  text: string
  /** Events with text in them: at least as many tokens. */
  tokens: number
  usage?: Omit<Usage, 'costMicros'>
  /** The provider said `[DONE]` or why it finished. */
  finished: boolean
  /** An error that came inside a stream that had begun well. */
  error?: string
}

export type Counts = {
  prompt_tokens?: number
  completion_tokens?: number
  prompt_tokens_details?: { cached_tokens?: number } | null
}
type Chunk = {
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[]
  usage?: Counts | null
  error?: { message?: string } | string | null
}

const count = (value: unknown) => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0)

/** What a provider counted; nothing where it counted nothing, since a prompt of no tokens cannot be asked. */
export const tokensIn = (usage: Counts | null | undefined): Omit<Usage, 'costMicros'> | undefined => {
  const inputTokens = count(usage?.prompt_tokens)
  if (inputTokens === 0) return undefined
  return {
    inputTokens,
    cachedTokens: count(usage?.prompt_tokens_details?.cached_tokens),
    outputTokens: count(usage?.completion_tokens),
  }
}

/** Characters of an event that has not come to its end: of more it never will. */
export const mostPending = 1_000_000

/** Reads the chat completions stream in whatever pieces it arrives. Anything it does not know is passed over. */
export const completionReader = () => {
  const decoder = new TextDecoder()
  const repeated = openRepeated()
  let rest = ''

  const readLine = (line: string, piece: Piece) => {
    if (!line.startsWith('data:')) return
    const data = line.slice(5).trim()
    if (data === '[DONE]') {
      piece.finished = true
      return
    }
    let chunk: Chunk
    try {
      chunk = JSON.parse(data) as Chunk
    } catch {
      return
    }
    if (typeof chunk !== 'object' || chunk === null) return
    if (chunk.error) piece.error = typeof chunk.error === 'string' ? chunk.error : (chunk.error.message ?? 'unknown')
    const choice = chunk.choices?.[0]
    const content = choice?.delta?.content
    if (typeof content === 'string' && content !== '') {
      piece.text += content
      piece.tokens += 1
      if (!choice?.finish_reason && !chunk.usage && !chunk.error) repeated.learn(line, content)
    }
    if (choice?.finish_reason) piece.finished = true
    piece.usage = tokensIn(chunk.usage) ?? piece.usage
  }

  return (bytes: Uint8Array | undefined): Piece => {
    const piece: Piece = { text: '', tokens: 0, finished: false }
    const lines = rest + (bytes ? decoder.decode(bytes, { stream: true }) : `${decoder.decode()}\n`)
    let at = 0
    for (;;) {
      const again = repeated.textAt(lines, at)
      if (again) {
        piece.text += again.text
        if (again.text !== '') piece.tokens += 1
        // Between two events stands an empty line.
        at = again.next + (lines[again.next] === '\n' ? 1 : 0)
        continue
      }
      const end = lines.indexOf('\n', at)
      if (end < 0) break
      readLine(lines.slice(at, end + 1), piece)
      at = end + 1
    }
    rest = lines.slice(at)
    if (rest.length > mostPending) piece.error = 'an event without an end'
    return piece
  }
}
