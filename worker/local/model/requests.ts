import type { Message } from './message.ts'

/** What one call asked for and what came of it; suites assert on these through `GET /demo/requests`. */
export type Call = {
  path: string
  model: string
  bytes: number
  messages: Message[]
  maxTokens: number | null
  /** The client left before the last token. */
  aborted: boolean
  sentTokens: number
  at: string
}

const KEPT = 50

export const requestLog = () => {
  const calls: Call[] = []
  return {
    /** Oldest first. */
    list: () => calls,
    clear: () => void calls.splice(0),
    add: (asked: Omit<Call, 'aborted' | 'sentTokens' | 'at'>): Call => {
      const call = { ...asked, aborted: false, sentTokens: 0, at: new Date().toISOString() }
      calls.push(call)
      if (calls.length > KEPT) calls.shift()
      return call
    },
  }
}
export type RequestLog = ReturnType<typeof requestLog>
