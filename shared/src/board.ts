import * as z from 'zod'
import { Micros, Time } from './text.ts'

const Share = z.number().min(0).meta({ description: '1 is the limit itself' })

/** How far a free tier, or a cap of the owner, is used. */
export const Limit = z
  .object({
    id: z.string(),
    service: z.string(),
    metric: z.string(),
    used: z.number().min(0),
    limit: z.number().min(0),
    unit: z.string(),
    period: z.enum(['request', 'day', 'month', 'total']),
    share: Share,
    forecastShare: Share.meta({ description: 'where the period ends as things go' }),
    forecastLowShare: Share,
    forecastHighShare: Share.meta({ description: 'low and high are the likely range' }),
    runsOutAt: Time.nullable().meta({ description: 'null: not within the period; of storage, not within a year' }),
    past: z.enum(['stops', 'bills']),
    then: z.string(),
    estimated: z.boolean().meta({ description: 'derived from what was seen, not counted itself' }),
    provider: z
      .object({ used: z.number(), difference: z.number(), at: Time })
      .nullable()
      .meta({ description: 'what the provider itself says, where its key is set' }),
    source: z.string(),
    asOf: z.iso.date(),
  })
  .meta({ id: 'Limit' })
export type Limit = z.infer<typeof Limit>

/** A step of the ladder by which the app gets cheaper instead of sending a bill. */
export const LadderStep = z.enum(['none', 'cheaper', 'shorter', 'plain', 'free', 'read-only'])
export type LadderStep = z.infer<typeof LadderStep>

export const Ladder = z
  .object({
    step: LadderStep,
    reason: z.string().nullable(),
    share: Share.nullable().meta({ description: 'of the month’s money; null on no step' }),
    resetsAt: Time.nullable(),
  })
  .meta({ id: 'Ladder' })
export type Ladder = z.infer<typeof Ladder>

/** What rests before a free tier is used up, so that what is left of it lasts for the rest. */
export const Gate = z.enum(['cache', 'api', 'files', 'documents', 'sign-up', 'turns'])
export type Gate = z.infer<typeof Gate>

/** A gate that is shut, the limit that shuts it, and until when: null where no new period opens it, but more room. */
export const Reduction = z
  .object({
    gate: Gate,
    resource: z.string(),
    service: z.string(),
    metric: z.string(),
    period: z.enum(['day', 'month', 'total']),
    share: Share,
    resetsAt: Time.nullable(),
  })
  .meta({ id: 'Reduction' })
export type Reduction = z.infer<typeof Reduction>

/** What the app does less of at the moment, for everybody here. */
export const Running = z.object({ ladder: Ladder, reductions: z.array(Reduction) }).meta({ id: 'Running' })
export type Running = z.infer<typeof Running>

/** What a growing instance should do next, from its own figures. */
export const Stage = z
  .object({
    stage: z.int().min(0).max(3),
    name: z.string(),
    why: z.array(z.string()),
    reasons: z
      .array(
        z.object({
          sign: z.enum([
            'users',
            'requestsADay',
            'databaseBytes',
            'cacheBytes',
            'cacheHitShare',
            'slowQueryShare',
            'coldStarts',
            'room',
            'forecast',
          ]),
          value: z.number(),
          bound: z.number(),
          limit: z.string().nullable(),
        }),
      )
      .meta({
        description: 'the same as `why`, one by one, for who writes it in another language; `limit` is one’s id',
      }),
    change: z.array(z.string()),
    poundsAMonth: z.object({ from: z.number(), to: z.number() }),
    measured: z.object({
      users: z.int(),
      requestsADay: z.number(),
      databaseBytes: z.number(),
      cacheBytes: z.number(),
      cacheHitShare: z.number().nullable(),
      slowQueryShare: z.number().nullable(),
      coldStarts: z.number().meta({ description: 'isolates started a day' }),
    }),
  })
  .meta({ id: 'Stage' })
export type Stage = z.infer<typeof Stage>

export const Board = z
  .object({
    items: z.array(Limit),
    nextCursor: z.null(),
    stage: Stage,
    ladder: Ladder,
    reductions: z.array(Reduction),
    degrade: z.boolean(),
    paused: z.boolean(),
    /** When the ledger and the database's size were read; in the past while the database is away. */
    factsAt: Time.nullable(),
  })
  .meta({ id: 'Board' })
export type Board = z.infer<typeof Board>

export const SpendingQuery = z.object({ days: z.coerce.number().int().min(1).max(366).default(31) })

const Spent = { costMicros: Micros, calls: z.int(), inputTokens: z.int(), outputTokens: z.int() }

/** What the whole instance spent on models, by UTC day. */
export const SpendingReport = z
  .object({
    from: z.iso.date(),
    to: z.iso.date(),
    totalMicros: Micros,
    byDay: z.array(z.object({ day: z.iso.date(), ...Spent })),
    byUser: z.array(z.object({ userId: z.string().nullable(), email: z.string().nullable(), ...Spent })),
    byModel: z.array(z.object({ model: z.string(), ...Spent })),
    byPurpose: z.array(z.object({ purpose: z.string(), ...Spent })),
  })
  .meta({ id: 'SpendingReport' })
export type SpendingReport = z.infer<typeof SpendingReport>
