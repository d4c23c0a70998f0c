import { setImmediate, setTimeout } from 'node:timers/promises'

/** `human` reads like a hosted model, `instant` never waits, a number is tokens a second. */
export type Pace = 'human' | 'instant' | number

export const readPace = (text: string | undefined): Pace | undefined => {
  if (text === 'human' || text === 'instant') return text
  const tokensPerSecond = Number(text)
  return tokensPerSecond > 0 && Number.isFinite(tokensPerSecond) ? tokensPerSecond : undefined
}

const FIRST_TOKEN_MS = 250
const TOKENS_PER_SECOND = 60
/** Instant answers still let the rest of the process run this often. */
const TOKENS_PER_TURN_OF_THE_LOOP = 32

/** Up to ±40 % of a token's time, the same for the same position. */
const jitter = (index: number) => (((index * 2654435761) >>> 16) % 81) / 100 - 0.4

/** Resolves after `ms`, or at once when `gone` fires. */
export const pause = (ms: number, gone: AbortSignal) =>
  setTimeout(ms, undefined, { signal: gone }).catch(() => undefined)

/** A function to await before each token. It keeps to a schedule, so late timers do not slow the answer as a whole. */
export const pacer = (pace: Pace, slowness: number) => {
  const started = performance.now()
  const tokenMs = (1000 / (pace === 'human' ? TOKENS_PER_SECOND : Number(pace))) * slowness
  const firstMs = pace === 'human' ? FIRST_TOKEN_MS * slowness : 0
  return async (index: number, gone: AbortSignal) => {
    const waitMs = pace === 'instant' ? 0 : firstMs + (index + jitter(index)) * tokenMs - (performance.now() - started)
    if (waitMs > 0) await pause(waitMs, gone)
    else if (index % TOKENS_PER_TURN_OF_THE_LOOP === 0) await setImmediate()
  }
}

/** Resolves when the client has left. */
export const left = (gone: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (gone.aborted) resolve()
    else gone.addEventListener('abort', () => resolve(), { once: true })
  })
