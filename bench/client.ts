import { newId } from '@macro-ai/shared'

export type Heard = { firstMs: number; reads: number; longestGapMs: number; bytes: number; messageId: string | null }

/** Reads an answer to its end; `firstMs` is when the model's first word came, `messageId` what our stream begins with. */
export const hear = async (asked: Promise<Response>): Promise<Heard> => {
  const started = performance.now()
  const response = await asked
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  const decoder = new TextDecoder()
  let [firstMs, reads, longestGapMs, bytes] = [NaN, 0, 0, 0]
  let last: number | undefined
  let messageId: string | null = null
  for await (const part of response.body ?? []) {
    const now = performance.now()
    if (Number.isNaN(firstMs)) {
      const text = decoder.decode(part)
      messageId ??= /"messageId":"([^"]+)"/.exec(text)?.[1] ?? null
      if (!text.includes('word')) continue
      firstMs = now - started
    }
    if (last !== undefined) longestGapMs = Math.max(longestGapMs, now - last)
    last = now
    reads++
    bytes += part.byteLength
  }
  return { firstMs, reads, longestGapMs, bytes, messageId }
}

/** Asks the model itself, or what relays it on OpenAI's own terms. */
export const askModel = (url: string, text: string, headers: Record<string, string> = {}) =>
  hear(
    fetch(url, {
      method: 'POST',
      headers: { authorization: 'Bearer bench', 'content-type': 'application/json', ...headers },
      body: JSON.stringify({
        model: 'demo',
        stream: true,
        stream_options: { include_usage: true },
        messages: [{ role: 'user', content: text }],
      }),
    }),
  )

const json = (url: URL, path: string, body: object, token?: string) =>
  fetch(new URL(path, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  })

/** Somebody who is signed in to our app or to the original's. */
export const signIn = async (url: URL) => {
  const answer = await json(url, '/auth/sign-in', { email: 'demo@macro.local', password: 'Demo-passw0rd' })
  if (!answer.ok) throw new Error(`Signing in: ${answer.status} ${await answer.text()}`)
  const { accessToken: token } = (await answer.json()) as { accessToken: string }
  const headers = { authorization: `Bearer ${token}` }
  return {
    token,
    get: async <Value>(path: string): Promise<Value> => {
      const got = await fetch(new URL(path, url), { headers })
      if (!got.ok) throw new Error(`${path}: ${got.status} ${await got.text()}`)
      return (await got.json()) as Value
    },
    send: (method: string, path: string, body?: object) =>
      fetch(new URL(path, url), {
        method,
        headers: { ...headers, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      }),
    /** One turn; of a conversation of its own unless `place` says where. */
    turn: (
      text: string,
      place: { conversationId?: string; parentId?: string | null; turnId?: string; useKnowledge?: boolean } = {},
    ) => json(url, '/turns', { turnId: newId(), conversationId: newId(), parentId: null, text, ...place }, token),
  }
}

export type Person = Awaited<ReturnType<typeof signIn>>
