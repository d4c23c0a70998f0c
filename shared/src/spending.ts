import * as z from 'zod'
import { Ladder } from './board.ts'
import { Micros, Time } from './text.ts'

const Bucket = z.object({ spentMicros: Micros, reservedMicros: Micros, capMicros: Micros, resetsAt: Time })

export const UsageReport = z
  .object({
    today: Bucket,
    month: Bucket,
    caps: z.object({ turnMicros: Micros, dayMicros: Micros, monthMicros: Micros, instanceMonthMicros: Micros }),
    ladder: Ladder,
    byDay: z.array(z.object({ day: z.iso.date(), costMicros: Micros, calls: z.int() })),
    byModel: z.array(
      z.object({
        model: z.string(),
        costMicros: Micros,
        calls: z.int(),
        inputTokens: z.int(),
        outputTokens: z.int(),
      }),
    ),
  })
  .meta({ id: 'UsageReport' })
export type UsageReport = z.infer<typeof UsageReport>

export const UserPatch = z.strictObject({
  dailyCapMicros: Micros.nullable().optional(),
  monthlyCapMicros: Micros.nullable().optional(),
  disabled: z.boolean().optional(),
})
export type UserPatch = z.infer<typeof UserPatch>

export const AdminUser = z
  .object({
    id: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    dailyCapMicros: Micros.nullable(),
    monthlyCapMicros: Micros.nullable(),
    disabled: z.boolean(),
    spentThisMonthMicros: Micros,
    createdAt: Time,
  })
  .meta({ id: 'AdminUser' })
export type AdminUser = z.infer<typeof AdminUser>

export const InstancePatch = z.strictObject({
  monthlyCapMicros: Micros.nullable().optional(),
  paused: z.boolean().optional(),
  degrade: z.boolean().optional(),
})
export type InstancePatch = z.infer<typeof InstancePatch>

export const Instance = z
  .object({
    monthlyCapMicros: Micros.nullable().meta({ description: 'null: the cap of the settings' }),
    paused: z.boolean(),
    degrade: z.boolean(),
    spentThisMonthMicros: Micros,
  })
  .meta({ id: 'Instance' })
export type Instance = z.infer<typeof Instance>
