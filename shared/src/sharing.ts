import * as z from 'zod'
import { Id } from './id.ts'
import { Time } from './text.ts'

export const ShareOptions = z.strictObject({
  messageId: Id.optional().meta({
    description: 'the last message to share; default: the end of the path that is shown',
  }),
  days: z.int().min(1).max(365).default(30),
})
export type ShareOptions = z.infer<typeof ShareOptions>

export const Share = z
  .object({
    url: z.url(),
    token: z.string().meta({ description: 'told this once' }),
    expiresAt: Time,
  })
  .meta({ id: 'Share' })
export type Share = z.infer<typeof Share>

export const ShareList = z.object({
  links: z.int().meta({ description: 'how many work' }),
  expiresAt: Time.nullable().meta({ description: 'when the last of them ends' }),
})
export type ShareList = z.infer<typeof ShareList>

/** What a link shows: words as they were when it was made, and nothing else of the conversation or whose it is. */
export const SharedConversation = z
  .object({
    title: z.string(),
    messages: z.array(
      z.object({
        role: z.enum(['user', 'assistant']),
        text: z.string(),
        model: z.string().nullable(),
        modelLabel: z.string().nullable().meta({ description: 'its name, or its id where it has none here any more' }),
      }),
    ),
    sharedAt: Time,
    expiresAt: Time,
  })
  .meta({ id: 'SharedConversation' })
export type SharedConversation = z.infer<typeof SharedConversation>
