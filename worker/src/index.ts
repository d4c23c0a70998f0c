import { onClock } from './alerts/alerts.ts'
import { app } from './app.ts'
import { depsOf } from './deps.ts'
import type { Env } from './env.ts'

export { Chat } from './chat/chat.ts'
export { Meter } from './metering/meter.ts'
export { Till } from './till/till.ts'

export default {
  fetch: app.fetch,
  scheduled: (_, env) => onClock(depsOf(env)),
} satisfies ExportedHandler<Env>
