import { encodeEvent, type Source, type TurnEvent, type TurnEventData, type TurnEventType } from '@macro-ai/shared'

const keepAliveMs = 15_000
const encoder = new TextEncoder()
const keepAlive = encoder.encode(': still here\n\n')

/** Of an answer that is such events: neither kept nor held back on its way. */
export const streamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
}

/**
 * The numbered events of one turn. Readers hold only a position in it, so a slow one costs no memory and any number of
 * them see the same events, each exactly once.
 */
export class EventLog {
  readonly frames: string[]
  #ended = false
  #wake = Promise.withResolvers<'news' | 'quiet'>()
  #lastAt = 0
  /** One for all readers and events: in workerd timers are dear. */
  #silence: ReturnType<typeof setTimeout> | undefined

  constructor(frames: string[] = [], ended = false) {
    this.frames = frames
    this.#ended = ended
  }

  append<Type extends TurnEventType>(type: Type, data: TurnEventData<Type>): void {
    this.frames.push(encodeEvent({ id: this.frames.length + 1, type, data } as TurnEvent))
    this.#lastAt = Date.now()
    this.#wakeReaders('news')
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#silence)
    this.#wakeReaders('news')
  }

  #wakeReaders(why: 'news' | 'quiet') {
    this.#wake.resolve(why)
    this.#wake = Promise.withResolvers()
  }

  /** Resolves with the next event, or when there was none for a while. */
  #next(): Promise<'news' | 'quiet'> {
    this.#silence ??= setTimeout(() => this.#look(), keepAliveMs)
    return this.#wake.promise
  }

  #look() {
    const leftMs = this.#lastAt + keepAliveMs - Date.now()
    this.#silence = leftMs > 0 ? setTimeout(() => this.#look(), leftMs) : undefined
    if (leftMs <= 0) this.#wakeReaders('quiet')
  }

  /** Events after number `after`, then those to come, until the end. */
  read(after: number): ReadableStream<Uint8Array> {
    let position = after
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (position >= this.frames.length && !this.#ended && (await this.#next()) === 'quiet')
            return controller.enqueue(keepAlive)
          if (position < this.frames.length) {
            const text = this.frames.slice(position).join('')
            position = this.frames.length
            controller.enqueue(encoder.encode(text))
          }
          if (this.#ended && position >= this.frames.length) controller.close()
        },
      },
      { highWaterMark: 0 },
    )
  }
}

const dataOf = (frame: string): unknown => JSON.parse(frame.slice(frame.indexOf('data: ') + 6))

/** The passages that a turn's events named. */
export const sourcesOf = (frames: string[]): Source[] => {
  const frame = frames.find((frame) => frame.includes('\nevent: sources\n'))
  return frame === undefined ? [] : (dataOf(frame) as TurnEventData<'sources'>).items
}

/** The text that a turn's events carried, as a reader would have put it together. */
export const textOf = (frames: string[]): string =>
  frames
    .filter((frame) => frame.includes('\nevent: delta\n'))
    .map((frame) => (dataOf(frame) as TurnEventData<'delta'>).text)
    .join('')
