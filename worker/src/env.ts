import type { Mailer } from './adapters/alerts.ts'
import type { Chat } from './chat/chat.ts'
import type { Meter } from './metering/meter.ts'
import type { Till } from './till/till.ts'

/** The bindings of wrangler.toml. The variables beside them are read by `settings.ts`. */
export type Env = {
  CHAT: DurableObjectNamespace<Chat>
  METER: DurableObjectNamespace<Meter>
  TILL: DurableObjectNamespace<Till>
  /** Absent where the instance has no R2: files are then off. */
  FILES?: R2Bucket
  /** Sends alerts, where it is bound. */
  EMAIL?: Mailer
  /** Used where DATABASE_DRIVER says so. */
  HYPERDRIVE?: Hyperdrive
  LIMIT_ADDRESS: RateLimit
  LIMIT_USER: RateLimit
  VERSION?: WorkerVersionMetadata
}
