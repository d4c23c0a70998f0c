import { encodeEvent, type TurnEvent, type TurnEventData, type TurnEventType } from '@macro-ai/shared'

const keepAliveMs = 15_000
const encoder = new TextEncoder()
const keepAlive = encoder.encode(': still here\n\n')

/**
 * The numbered events of one turn. Readers hold only a position in it, so a slow one costs no memory and any number of
 * them see the same events, each exactly once.
 */
export class EventLog {
  readonly frames: string[]
  #ended = false
  #wake = Promise.withResolvers<void>()

  constructor(frames: string[] = [], ended = false) {
    this.frames = frames
    this.#ended = ended
  }

  append<Type extends TurnEventType>(type: Type, data: TurnEventData<Type>): void {
    this.frames.push(encodeEvent({ id: this.frames.length + 1, type, data } as TurnEvent))
    this.#wakeReaders()
  }

  end(): void {
    this.#ended = true
    this.#wakeReaders()
  }

  #wakeReaders() {
    this.#wake.resolve()
    this.#wake = Promise.withResolvers<void>()
  }

  /** Events after number `after`, then those to come, until the end. */
  read(after: number): ReadableStream<Uint8Array> {
    let position = after
    let timer: ReturnType<typeof setTimeout> | undefined
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (position >= this.frames.length && !this.#ended) {
            const quiet = new Promise<'quiet'>((resolve) => (timer = setTimeout(() => resolve('quiet'), keepAliveMs)))
            const news = await Promise.race([this.#wake.promise, quiet])
            clearTimeout(timer)
            if (news === 'quiet') return controller.enqueue(keepAlive)
          }
          if (position < this.frames.length) {
            const text = this.frames.slice(position).join('')
            position = this.frames.length
            controller.enqueue(encoder.encode(text))
          }
          if (this.#ended && position >= this.frames.length) controller.close()
        },
        cancel: () => clearTimeout(timer),
      },
      { highWaterMark: 0 },
    )
  }
}

/** The text that a turn's events carried, as a reader would have put it together. */
export const textOf = (frames: string[]): string =>
  frames
    .filter((frame) => frame.includes('\nevent: delta\n'))
    .map((frame) => (JSON.parse(frame.slice(frame.indexOf('data: ') + 6)) as { text: string }).text)
    .join('')
