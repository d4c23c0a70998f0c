/** A Redis string inside the engine: one character a byte, so that any bytes survive. */
export const toBytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1')
export const fromBytes = (bytes: string) => Buffer.from(bytes, 'latin1')

/** `OK` and its kind, which are no strings on the wire. */
export type Status = { status: string }
export type Reply = string | number | null | Status | Reply[]

export const ok: Status = { status: 'OK' }

/** What Redis answers with a minus sign in front. */
export class RedisError extends Error {}

/** One Redis, embedded or real. */
export type Cache = {
  run: (command: string[]) => Promise<Reply>
  /** All or, when one is no valid command, none. */
  transaction: (commands: string[][]) => Promise<(Reply | RedisError)[]>
  close: () => Promise<void>
}
