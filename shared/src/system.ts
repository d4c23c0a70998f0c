import * as z from 'zod'
import { Running } from './board.ts'
import { Time } from './text.ts'

export const Health = z.object({ status: z.literal('ok'), version: z.string() }).meta({ id: 'Health' })
export type Health = z.infer<typeof Health>
const Check = z.object({ ok: z.boolean(), ms: z.int(), detail: z.string().optional() })
export const Ready = z
  .object({
    status: z.enum(['ok', 'degraded']),
    checks: z.object({ database: Check, cache: Check, identity: Check, model: Check }),
  })
  .meta({ id: 'Ready' })
export type Ready = z.infer<typeof Ready>

/** What the app is made of, as its status names it. */
export const parts = ['app', 'database', 'cache', 'identity', 'model'] as const
export const Part = z.enum(parts)
export type Part = z.infer<typeof Part>

const Well = z.enum(['ok', 'trouble'])
export const Status = z
  .object({
    status: Well,
    parts: z.array(
      z.object({
        part: Part,
        status: Well,
        since: Time.nullable(),
        days: z.array(z.object({ day: z.iso.date(), minutes: z.int() })).meta({ description: 'Minutes in trouble' }),
      }),
    ),
    running: Running,
    at: Time,
  })
  .meta({ id: 'Status' })
export type Status = z.infer<typeof Status>
