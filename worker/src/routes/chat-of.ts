import type { Env } from '../env.ts'

/**
 * The object that owns a conversation of a person. The person is part of its name: with another one's conversation id
 * one only ever reaches an empty object of one's own.
 */
export const chatOf = (env: Env, userId: string, conversationId: string) =>
  env.CHAT.get(env.CHAT.idFromName(`${userId}/${conversationId}`))
