import { app } from './app.ts'

export { Chat } from './chat/chat.ts'
export { Meter } from './metering/meter.ts'
export default app
