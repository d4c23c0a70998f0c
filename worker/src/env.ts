import type { Chat } from './chat/chat.ts'

/** The bindings of wrangler.toml. The variables beside them are read by `settings.ts`. */
export type Env = {
  CHAT: DurableObjectNamespace<Chat>
  LIMIT_ADDRESS: RateLimit
  LIMIT_USER: RateLimit
}
