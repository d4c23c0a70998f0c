import type { Env } from '../env.ts'
import { chatName } from './turn.ts'

/** Calls that one request makes at most: a few levels reach thousands of conversations. */
const branches = 8

/** Has the objects of a person's conversations forget everything. */
export const eraseChats = async (chats: Env['CHAT'], userId: string, conversationIds: string[]): Promise<void> => {
  const parts = Array.from({ length: branches }, (_, part) => conversationIds.filter((_, at) => at % branches === part))
  await Promise.all(
    parts.map(async ([first, ...others]) => {
      if (first !== undefined) await chats.get(chats.idFromName(chatName(userId, first))).erase(userId, others)
    }),
  )
}
