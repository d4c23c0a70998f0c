import { Micros, Time } from '@macro-ai/shared'
import * as z from 'zod'

/** A person as the database knows them, and as the cache keeps them. */
export const Person = z.object({
  id: z.string(),
  email: z.string().nullable(),
  name: z.string().nullable(),
  defaultModel: z.string().nullable(),
  instructions: z.string(),
  memory: z.boolean(),
  /** Whether the database has what documents and memories are kept in. */
  knowledge: z.boolean(),
  /** The owner's overrides of the instance's caps. */
  dailyCapMicros: Micros.nullable(),
  monthlyCapMicros: Micros.nullable(),
  createdAt: Time,
  revision: z.number(),
  /** Seconds since the epoch: tokens issued up to then are refused. */
  signedOutAt: z.number().nullable(),
  disabled: z.boolean(),
  /** Of what this person or all together may keep, the share that is used where least is left. */
  keptShare: z.number().default(0),
  databaseBytes: z.number().default(0),
})
export type Person = z.infer<typeof Person>
