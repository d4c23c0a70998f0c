import { app } from './app.ts'

export { Chat } from './chat/chat.ts'
export default app
