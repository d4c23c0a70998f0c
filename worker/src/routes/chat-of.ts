import { chatName } from '../chat/turn.ts'
import type { Env } from '../env.ts'
import { Problem, unavailable } from '../problem.ts'

const stubOf = (env: Env, userId: string, conversationId: string) =>
  env.CHAT.get(env.CHAT.idFromName(chatName(userId, conversationId)))

export type ChatStub = ReturnType<typeof stubOf>

/**
 * Asks the object that owns a conversation of a person. The person is part of its name: with another one's conversation
 * id one only ever reaches an empty object of one's own. The object can be moved or reset at any moment, and every
 * question may be repeated, so it is: once, with a new stub, as a broken one stays broken.
 */
export const askChat = async <Answer>(
  env: Env,
  userId: string,
  conversationId: string,
  question: (chat: ChatStub) => Promise<Answer>,
): Promise<Answer> => {
  try {
    return await question(stubOf(env, userId, conversationId))
  } catch (error) {
    if (error instanceof Problem) throw error
    return question(stubOf(env, userId, conversationId)).catch((again: unknown) => {
      throw unavailable('This conversation is being moved. Try again in a moment.', again)
    })
  }
}
