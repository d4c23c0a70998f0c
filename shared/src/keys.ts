import * as z from 'zod'
import { Line, Micros, Time } from './text.ts'

/** What a key may be used for. */
export const KeyScope = z.enum(['chat', 'embeddings', 'models'])
export type KeyScope = z.infer<typeof KeyScope>

const everything: KeyScope[] = [...KeyScope.options]

export const NewKey = z.strictObject({
  name: Line.max(80),
  capMicros: Micros.nullable().default(null).meta({ description: 'a month; null: only your own caps' }),
  expiresAt: Time.nullable().default(null),
  scopes: z.array(KeyScope).min(1).max(3).default(everything),
})
export type NewKey = z.infer<typeof NewKey>

const key = {
  id: z.string(),
  name: z.string(),
  hint: z.string().meta({ description: 'how the key begins and ends' }),
  scopes: z.array(KeyScope),
  capMicros: Micros.nullable(),
  spentThisMonthMicros: Micros,
  expiresAt: Time.nullable(),
  createdAt: Time,
}

/** A key for other programs, as its owner sees it. */
export const ApiKey = z.object(key).meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof ApiKey>

export const MadeKey = z
  .object({ ...key, key: z.string().meta({ description: 'shown this once' }) })
  .meta({ id: 'MadeKey' })
export type MadeKey = z.infer<typeof MadeKey>
