import * as z from 'zod'

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
