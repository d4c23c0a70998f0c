import type { Message } from '@macro-ai/shared'

/** A file that goes along with a message: what the API tells of it, and all that a draft keeps. */
export type Attached = Message['attachments'][number]

/** What one message may carry, as the contract has it. */
export const mostAttached = 10

export const sameFiles = (one: readonly Attached[] = [], other: readonly Attached[] = []): boolean =>
  one.length === other.length && one.every(({ id }, at) => id === other[at]?.id)
