import type { Held } from '../spending/purse.ts'
import type { Beginning } from './beginning.ts'
import type { Context } from './context.ts'
import type { EventLog } from './event-log.ts'
import type { TurnRecord } from './journal.ts'
import type { openTitle } from './title.ts'

/** An answer while it is being written. */
export type Live = {
  record: TurnRecord
  events: EventLog
  stop: AbortController
  /** Resolves when the answer is over and saved, or could not be saved yet. */
  over: Promise<void>
  /** How many events are in the journal. */
  written: number
}

/** What it takes to write one. */
export type Run = {
  held: Held
  /** What the model is sent; finding it may take a look into documents and files. Never fails. */
  context: Promise<Context>
  title: ReturnType<typeof openTitle> | null
  requestId: string
  reservedMicros: number
  known: Beginning['known']
}
