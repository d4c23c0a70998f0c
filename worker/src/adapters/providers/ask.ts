import type { Metric } from '@macro-ai/shared'
import type * as z from 'zod'

/** How much of a metric its provider has counted. */
export type Told = Partial<Record<Metric, number>>
/** A provider that can be asked what it has counted by now. */
export type Source = { name: string; ask: (now: Date) => Promise<Told> }

/** Nobody waits for these answers: what takes longer is asked another time. */
const timeoutMs = 5_000

const answerOf = async (url: string, init: RequestInit): Promise<Response> => {
  const answer = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
  if (answer.ok) return answer
  await answer.body?.cancel()
  throw new Error(`${new URL(url).host} answered ${answer.status}`)
}

/** Asks for JSON, and takes it only in the shape that is expected. */
export const askFor = async <Schema extends z.ZodType>(
  schema: Schema,
  url: string,
  init: RequestInit = {},
): Promise<z.infer<Schema>> => schema.parse(await (await answerOf(url, init)).json())

/** Asks for JSON Lines. */
export const askForLines = async <Schema extends z.ZodType>(
  schema: Schema,
  url: string,
  init: RequestInit = {},
): Promise<z.infer<Schema>[]> => {
  const text = await (await answerOf(url, init)).text()
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => schema.parse(JSON.parse(line)))
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
export const monthOf = (now: Date): Date => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1))
export const sumOf = (amounts: number[]): number => amounts.reduce((sum, amount) => sum + amount, 0)
