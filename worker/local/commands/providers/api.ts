import { Trouble } from '../trouble.ts'

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'
export type Api = <Answer>(method: Method, path: string, body?: object) => Promise<Answer>

const deadlineMs = 30_000

/** A provider's JSON API. What it refuses is trouble in its own words; the key is in none of them. */
export const openApi =
  (name: string, base: string, authorization: string): Api =>
  async <Answer>(method: Method, path: string, body?: object) => {
    const answer = await fetch(base + path, {
      method,
      headers: { authorization, accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
      signal: AbortSignal.timeout(deadlineMs),
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Trouble(`${name} refused ${method} ${path}: ${answer.status} ${text.slice(0, 500)}`)
    return (text === '' ? undefined : JSON.parse(text)) as Answer
  }

/** Where the providers' APIs are. */
export const bases = {
  neon: 'https://console.neon.tech/api/v2',
  upstash: 'https://api.upstash.com/v2',
  vercel: 'https://api.vercel.com',
}
export type Bases = typeof bases
